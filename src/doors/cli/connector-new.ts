/** `fairlead connector new`: a connector that passes its test at once, to be changed into yours. Never overwrites. @module */
import { AppError } from '../../core/errors.js';
import type { CommandContext } from './command-context.js';
import { connectorTemplate } from './connector-files.js';

const NAME = /^[a-z][a-z0-9-]{1,40}$/;

export async function connectorNew(context: CommandContext, words: readonly unknown[]): Promise<number> {
  const { world, print, globals } = context;
  const name = String(words[0]);
  if (!NAME.test(name) || name.endsWith('-')) {
    throw new AppError('invalid_argument', { argument: 'name', problem: 'a lower-case word of letters, digits and -' });
  }
  const taken = (await context.connectors()).some(({ provider }) => provider === name);
  if (taken) throw new AppError('conflict', { what: 'connector', problem: `there is one called "${name}" already` });
  const here = world.files(world.cwd);
  const files: { path: string; done: 'written' | 'kept' }[] = [];
  for (const { path, text } of connectorTemplate(name)) {
    const isKept = (await here.size(path)) !== undefined;
    if (!isKept && !globals.dryRun) await here.write(path, new TextEncoder().encode(text), 0o644);
    files.push({ path, done: isKept ? 'kept' : 'written' });
  }
  print.result({ files }, { rows: 'files', columns: ['done', 'path'] });
  print.note(`Next: ${world.command} connector check connectors/${name}, and in fairlead.config.ts:`);
  print.note(`  import { connector as ${camel(name)} } from './connectors/${name}/index.mjs';`);
  print.note(`  export default defineConfig({ connectors: [${camel(name)}] });`);
  return 0;
}

const camel = (name: string): string => name.replace(/-+(.)/g, (_, letter: string) => letter.toUpperCase());
