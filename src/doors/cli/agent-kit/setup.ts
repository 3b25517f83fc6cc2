/** `fairlead agent setup`: tells the clients of agents about Fairlead, beside what their files say already; or undoes it. @module */
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../core/errors.js';
import { isObject, parseJson } from '../../../core/json.js';
import type { CommandContext } from '../command-context.js';
import type { ParsedFlags } from '../command-input.js';
import { isKitClient, KIT_CLIENTS, kitFiles, type KitClient } from './kit-clients.js';
import type { KitFacts, KitFile } from './kit-file.js';
import { planFile, planUndo, type Planned, type SetupEntry } from './setup-plan.js';

/** In the data directory, which belongs to one user alone: it holds what stood in files of theirs. */
export const SETUP_FILE = 'agent-setup.json';
const FILE_BYTES_MAX = 1024 * 1024;
const FILE_MODE = 0o644;
const TABLE = { rows: 'files', columns: ['done', 'path', 'says'] };

export async function agentSetup(
  context: CommandContext,
  _words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  return flags['undo'] === true ? await undo(context) : await setUp(context, flags);
}

async function setUp(context: CommandContext, flags: ParsedFlags): Promise<number> {
  const { world, print, globals } = context;
  const facts = await factsOf(context, flags['http'] === true);
  const files = clientsOf(flags['client']).flatMap((client) => kitFiles(client, facts));
  const record = await readRecord(context);
  const plans: { file: KitFile; plan: Planned }[] = [];
  for (const file of uniquePaths(files)) {
    const known = record.find((entry) => isSame(entry, file));
    plans.push({ file, plan: planFile(file, await readText(context, file), known) });
  }
  if (flags['print'] === true) {
    for (const { file, plan } of plans)
      if (plan.done !== 'kept') print.text(`# ${placeOf(context, file)}\n${plan.text.trimEnd()}\n\n`);
    return 0;
  }
  const changes = plans.flatMap(({ file, plan }) => (plan.done === 'kept' ? [] : [{ file, plan }]));
  if (changes.length > 0 && !globals.dryRun) {
    await confirm(
      context,
      changes.map(({ file }) => placeOf(context, file)),
    );
    // The way back is on disk before the first file changes.
    const others = record.filter((entry) => !changes.some(({ file }) => isSame(entry, file)));
    await writeRecord(context, [...others, ...changes.map(({ plan }) => plan.entry)]);
    for (const { file, plan } of changes) await writeText(context, file, plan.text);
  }
  const rows = plans.map(({ file, plan: { done, ...rest } }) => ({
    done,
    path: placeOf(context, file),
    says: 'says' in rest ? rest.says : undefined,
  }));
  print.result({ files: rows }, TABLE);
  print.note(`To undo: ${world.command} agent setup --undo`);
  return 0;
}

async function undo(context: CommandContext): Promise<number> {
  const { print, globals } = context;
  const record = await readRecord(context);
  const plans = [];
  for (const entry of record) plans.push({ entry, plan: planUndo(entry, await readText(context, entry)) });
  if (!globals.dryRun && record.length > 0) {
    await confirm(
      context,
      record.map((entry) => placeOf(context, entry)),
    );
    for (const { entry, plan } of plans) {
      if (plan.done === 'restored') await writeText(context, entry, plan.text);
      if (plan.done === 'removed') await remove(context, rootOf(context, entry), entry.path);
    }
    const { dataDir } = await context.config();
    await remove(context, dirname(dataDir), join(basename(dataDir), SETUP_FILE));
  }
  const rows = plans.map(({ entry, plan: { done, ...rest } }) => ({
    done,
    path: placeOf(context, entry),
    says: 'says' in rest ? rest.says : undefined,
  }));
  print.result({ files: rows }, TABLE);
  return 0;
}

async function factsOf(context: CommandContext, overHttp: boolean): Promise<KitFacts> {
  const { world } = context;
  const { listen, dataDir } = await context.config();
  const [program = 'fairlead', ...rest] = world.command.split(' ');
  const command: KitFacts['command'] = program === 'npx' ? ['npx', '--no-install', ...rest] : [program, ...rest];
  const tools = await context.tools();
  return {
    command,
    project: world.cwd,
    dataDir,
    platform: world.machine.platform,
    tools: tools.list().map(({ name, annotations }) => ({ name, reads: annotations.readOnlyHint })),
    ...(overHttp ? { url: `http://${listen.host}:${listen.port}/mcp` } : {}),
  };
}

function clientsOf(given: unknown): KitClient[] {
  const names = Array.isArray(given) ? (given as unknown[]) : ['claude-code'];
  return names.map((name) => {
    if (isKitClient(name)) return name;
    throw new AppError('invalid_argument', { argument: 'client', problem: `there are ${KIT_CLIENTS.join(', ')}` });
  });
}

/** Several clients read AGENTS.md. */
function uniquePaths(files: readonly KitFile[]): KitFile[] {
  return files.filter((file, index) => files.findIndex((other) => isSame(other, file)) === index);
}

function isSame(one: Pick<KitFile, 'root' | 'path'>, other: Pick<KitFile, 'root' | 'path'>): boolean {
  return one.root === other.root && one.path === other.path;
}

async function confirm({ world, globals }: CommandContext, paths: readonly string[]): Promise<void> {
  if (globals.yes) return;
  const list = paths.join(', ');
  if (!globals.mayAsk || !world.stdin.isTty) {
    throw new AppError('invalid_argument', { argument: 'yes', problem: `add --yes to change ${list}` });
  }
  const typed = await world.ask(`This changes ${list}. Go on? (yes) `, { hidden: false });
  if (typed?.trim() !== 'yes') {
    throw new AppError('invalid_argument', { argument: 'confirmation', problem: 'nothing was changed' });
  }
}

function rootOf({ world }: CommandContext, { root }: Pick<KitFile, 'root'>): string {
  if (root === 'project') return world.cwd;
  const home = world.variables['HOME'] ?? world.variables['USERPROFILE'];
  if (home !== undefined && home !== '') return home;
  throw new AppError('invalid_argument', { argument: 'HOME', problem: 'it is not set, and the file lies there' });
}

function placeOf(context: CommandContext, file: Pick<KitFile, 'root' | 'path'>): string {
  return file.root === 'project' ? file.path : join(rootOf(context, file), file.path);
}

async function readText(context: CommandContext, file: Pick<KitFile, 'root' | 'path'>): Promise<string | undefined> {
  const files = context.world.files(rootOf(context, file));
  const size = await files.size(file.path);
  if (size === undefined) return undefined;
  const refuse = (problem: string): AppError => new AppError('conflict', { what: file.path, problem });
  if (size > FILE_BYTES_MAX) throw refuse(`it is larger than ${FILE_BYTES_MAX} bytes`);
  const bytes = await files.read(file.path);
  try {
    return bytes && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refuse('it is not UTF-8');
  }
}

async function writeText(context: CommandContext, file: Pick<KitFile, 'root' | 'path'>, text: string): Promise<void> {
  const root = rootOf(context, file);
  const mode = (await context.world.machine.mode(join(root, file.path))) ?? FILE_MODE;
  await context.world.files(root).write(file.path, new TextEncoder().encode(text), mode & 0o777);
}

/** With the folders that it leaves empty. */
async function remove({ world }: CommandContext, root: string, path: string): Promise<void> {
  await world.machine.removeFile(join(root, path));
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    if (!(await world.machine.removeEmptyFolder(join(root, folder)))) return;
  }
}

async function readRecord(context: CommandContext): Promise<SetupEntry[]> {
  const { dataDir } = await context.config();
  const bytes = await context.world.files(dataDir).read(SETUP_FILE);
  if (bytes === undefined) return [];
  const parsed = parseJson(bytes);
  const entries = parsed.ok && isObject(parsed.value) ? parsed.value['files'] : undefined;
  if (Array.isArray(entries)) return entries as SetupEntry[];
  throw new AppError('conflict', { what: join(dataDir, SETUP_FILE), problem: 'it is damaged; remove it to go on' });
}

async function writeRecord(context: CommandContext, files: readonly SetupEntry[]): Promise<void> {
  const { dataDir } = await context.config();
  const text = `${JSON.stringify({ version: 1, files }, undefined, 2)}\n`;
  await context.world.files(dataDir).write(SETUP_FILE, new TextEncoder().encode(text), 0o600);
}
