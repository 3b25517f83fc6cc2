/** Results to stdout or a file, everything else to stderr. @module */
import { basename, dirname, resolve } from 'node:path';
import type { ErrorView } from '../../core/errors.js';
import type { TextStream } from '../../core/operation.js';
import { terminalSafe } from '../../core/text.js';
import type { Globals } from './globals.js';
import { bold, escapeJson, renderJson, renderText, type TableShape } from './render.js';
import type { CliWorld } from './world.js';

export class Printer {
  #file: string[] = [];
  #isStreaming = false;
  #companion: TextStream['companion'];

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
    if (text === '' && table !== undefined) this.note(table.empty ?? 'Nothing there.');
    this.text(text);
  }

  /** Result text as it is: the caller has made it safe. */
  text(text: string): void {
    if (this.#outputPath() !== undefined) this.#file.push(text);
    else this.world.stdout.write(text);
  }

  /** A piece of a result that is too long to be held. In a file it gets its name when all of it is there. */
  async stream(text: string, isJson: boolean): Promise<void> {
    const path = this.#outputPath();
    if (path === undefined) {
      const { stdout } = this.world;
      stdout.write(isJson ? escapeJson(text) : stdout.isTty ? terminalSafe(text) : text);
      return await stdout.drained();
    }
    const draft = this.world.files(dirname(path));
    if (!this.#isStreaming) await draft.write(partial(path), new Uint8Array());
    this.#isStreaming = true;
    await draft.append(partial(path), new TextEncoder().encode(text));
  }

  /** A short text that belongs to a stream: beside the file, or as a remark. */
  companion(companion: TextStream['companion']): void {
    if (companion === undefined) return;
    this.#companion = companion;
    if (this.#outputPath() === undefined) this.note(`The ${companion.name} that covers it:\n${companion.text}`);
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
      terminalSafe(
        `error: ${title}\n  ${view.detail}\n  ${view.help}\n  More: ${this.world.command} help ${view.code}\n`,
      ).replace(title, this.#color(stderr.isTty) ? bold(title) : title),
    );
  }

  /** Writes what was collected for `--output FILE`. */
  async close(): Promise<void> {
    const path = this.#outputPath();
    if (path === undefined) return;
    const files = this.world.files(dirname(path));
    const companion = this.#companion;
    if (companion !== undefined) {
      await files.write(`${basename(path)}.${companion.name}`, new TextEncoder().encode(companion.text));
    }
    if (this.#isStreaming) await this.world.machine.moveFile(resolve(dirname(path), partial(path)), path);
    if (this.#file.length === 0) return;
    const text = new TextEncoder().encode(this.#file.join(''));
    this.#file = [];
    await files.write(basename(path), text);
  }

  #outputPath(): string | undefined {
    const { output } = this.globals;
    return output === undefined || output === '-' ? undefined : resolve(this.world.cwd, output);
  }

  #color(isTty: boolean): boolean {
    const { variables } = this.world;
    if (!this.globals.color || variables['NO_COLOR'] || variables['TERM'] === 'dumb') return false;
    return isTty || Boolean(variables['FORCE_COLOR']);
  }
}

function partial(path: string): string {
  return `${basename(path)}.partial`;
}
