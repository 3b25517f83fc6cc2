/** `fairlead init`: a place to start from. Never overwrites, so that it can be run again. @module */
import { AppError } from '../../core/errors.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import { TEMPLATES } from '../../workflows/index.js';
import { environmentTemplate } from './environment-template.js';
import { IGNORED, webhookTemplate, type InitFile } from './init-files.js';

const WEBHOOK = 'webhook';
const CONFIG_NAMES = ['ts', 'mts', 'mjs', 'js', 'json'].map((extension) => `fairlead.config.${extension}`);

export async function init(
  { world, print, globals }: CommandContext,
  _words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const here = world.files(world.cwd);
  const exists = async (path: string): Promise<boolean> => (await here.size(path)) !== undefined;
  const hasConfig = (await Promise.all(CONFIG_NAMES.map(exists))).includes(true);
  const files: { path: string; done: 'written' | 'kept' | 'extended' }[] = [];
  for (const { path, text } of await filesOf(world, flags['template'] ?? WEBHOOK)) {
    const isKept = (await exists(path)) || (path.startsWith('fairlead.config') && hasConfig);
    if (!isKept && !globals.dryRun) await here.write(path, new TextEncoder().encode(text), 0o644);
    files.push({ path, done: isKept ? 'kept' : 'written' });
  }
  files.push({ path: '.gitignore', done: await extendIgnored(here, globals.dryRun) });
  print.result({ files }, { rows: 'files', columns: ['done', 'path'] });
  const isWebhook = (flags['template'] ?? WEBHOOK) === WEBHOOK;
  print.note(
    isWebhook ? `Next: node --test (runs the test of the handler), then ${world.command} dev` : 'Next: node --test',
  );
  return 0;
}

/** @throws AppError `invalid_argument` for a template that there is not */
async function filesOf(world: CommandContext['world'], template: unknown): Promise<readonly InitFile[]> {
  const variables = await world.connectorVariables();
  if (template === WEBHOOK) return webhookTemplate(await world.exampleEvent(), variables);
  const files = Object.hasOwn(TEMPLATES, String(template)) ? TEMPLATES[String(template)] : undefined;
  if (files !== undefined) return [...files, { path: '.env.example', text: environmentTemplate(variables) }];
  const problem = `there are ${[WEBHOOK, ...Object.keys(TEMPLATES)].join(', ')}`;
  throw new AppError('invalid_argument', { argument: 'template', problem });
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
