/** `fairlead init`: a place to start from. Never overwrites, so that it can be run again. @module */
import { AppError } from '../../core/errors.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import { IGNORED, webhookTemplate } from './init-files.js';

const CONFIG_NAMES = ['ts', 'mts', 'mjs', 'js', 'json'].map((extension) => `fairlead.config.${extension}`);

export async function init(
  { world, print, globals }: CommandContext,
  _words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const template = flags['template'] ?? 'webhook';
  if (template !== 'webhook') {
    throw new AppError('invalid_argument', { argument: 'template', problem: 'there is only webhook so far' });
  }
  const here = world.files(world.cwd);
  const exists = async (path: string): Promise<boolean> => (await here.size(path)) !== undefined;
  const hasConfig = (await Promise.all(CONFIG_NAMES.map(exists))).includes(true);
  const files: { path: string; done: 'written' | 'kept' | 'extended' }[] = [];
  for (const { path, text } of webhookTemplate(await world.exampleEvent(), await world.connectorVariables())) {
    const isKept = (await exists(path)) || (path.startsWith('fairlead.config') && hasConfig);
    if (!isKept && !globals.dryRun) await here.write(path, new TextEncoder().encode(text), 0o644);
    files.push({ path, done: isKept ? 'kept' : 'written' });
  }
  files.push({ path: '.gitignore', done: await extendIgnored(here, globals.dryRun) });
  print.result({ files }, { rows: 'files', columns: ['done', 'path'] });
  print.note(`Next: ${world.command} dev`);
  return 0;
}

/** Adds the lines that are missing, and leaves the rest as it is. */
async function extendIgnored(
  here: ReturnType<CommandContext['world']['files']>,
  dryRun: boolean,
): Promise<'written' | 'kept' | 'extended'> {
  const bytes = await here.read('.gitignore');
  const text = bytes === undefined ? '' : new TextDecoder().decode(bytes);
  const known = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  const missing = IGNORED.filter((line) => !known.has(line));
  if (missing.length === 0) return 'kept';
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  if (!dryRun) {
    await here.write('.gitignore', new TextEncoder().encode(`${text}${separator}${missing.join('\n')}\n`), 0o644);
  }
  return bytes === undefined ? 'written' : 'extended';
}
