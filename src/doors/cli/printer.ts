/** Results to stdout or a file, everything else to stderr. @module */
import { basename, dirname, resolve } from 'node:path';
import type { ErrorView } from '../../core/errors.js';
import { terminalSafe } from '../../core/text.js';
import type { Globals } from './globals.js';
import { bold, escapeJson, renderJson, renderText, type TableShape } from './render.js';
import type { CliWorld } from './world.js';

export class Printer {
  #file: string[] = [];

  constructor(
    private readonly world: CliWorld,
    private readonly globals: Globals,
  ) {}

  /** A result in the form that was asked for. */
  result(output: unknown, table?: TableShape): void {
    const { json } = this.globals;
    const isTty = this.world.stdout.isTty && this.globals.output === undefined;
    if (json !== undefined) return this.text(renderJson(output, json, table, isTty));
    const style = { isTty, columns: this.world.stdout.columns, color: this.#color(isTty) };
    const text = renderText(output, table, style);
    if (text === '' && table !== undefined) this.note('Nothing there.');
    this.text(text);
  }

  /** Result text as it is: the caller has made it safe. */
  text(text: string): void {
    if (this.globals.output !== undefined && this.globals.output !== '-') this.#file.push(text);
    else this.world.stdout.write(text);
  }

  /** A remark for people; not with --quiet. */
  note(text: string): void {
    if (!this.globals.quiet) this.world.stderr.write(`${terminalSafe(text)}\n`);
  }

  error(view: ErrorView): void {
    const { stderr } = this.world;
    if (this.globals.json !== undefined) return stderr.write(`${escapeJson(JSON.stringify({ error: view }))}\n`);
    const title = `${view.title} (${view.code})`;
    stderr.write(
      terminalSafe(`error: ${title}\n  ${view.detail}\n  ${view.help}\n  More: fairlead help ${view.code}\n`).replace(
        title,
        this.#color(stderr.isTty) ? bold(title) : title,
      ),
    );
  }

  /** Writes what was collected for `--output FILE`. */
  async close(): Promise<void> {
    const { output } = this.globals;
    if (output === undefined || output === '-' || this.#file.length === 0) return;
    const path = resolve(this.world.cwd, output);
    const text = new TextEncoder().encode(this.#file.join(''));
    this.#file = [];
    await this.world.files(dirname(path)).write(basename(path), text);
  }

  #color(isTty: boolean): boolean {
    const { variables } = this.world;
    if (!this.globals.color || variables['NO_COLOR'] || variables['TERM'] === 'dumb') return false;
    return isTty || Boolean(variables['FORCE_COLOR']);
  }
}
