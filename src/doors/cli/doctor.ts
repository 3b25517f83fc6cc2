/** `fairlead doctor`: what can be checked from outside, and what the owner of the data says about itself. @module */
import { join } from 'node:path';
import { ERRORS, toAppError } from '../../core/errors.js';
import { operationNamed, type Check, type Operation } from '../../operations/index.js';
import { agentOf } from './agent-marks.js';
import { LOCAL_CREDENTIAL_FILE } from './local-credential.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import type { CliConfig, CliWorld } from './world.js';

const OPERATION = operationNamed('system.doctor');
const GO_LIVE = operationNamed('system.goLive');
const NODE_MIN: readonly [number, number] = [20, 19];
const FREE_BYTES_MIN = 512 * 1024 * 1024;
/** Where `backup --with-keys` leaves word that the keys exist a second time. */
export const KEYS_EXPORTED_FILE = 'keys/exported.json';
const CONFIGURATION = 'configuration';

/** A note is no fault: something to know, or to do when there is something to lose. */
type NotedCheck = Check & { note?: true };

/** Exit 0 when all is well, 78 when the configuration cannot be used, 11 when another check fails. */
export async function doctor(context: CommandContext, _words: readonly unknown[], flags: ParsedFlags): Promise<number> {
  const { world } = context;
  const checks: NotedCheck[] = [nodeCheck(world), await engineCheck(world)];
  const config = await configCheck(context, checks);
  if (config !== undefined) {
    checks.push(...(await fileChecks(world, config)));
    checks.push(await diskCheck(world, config), await keyExportCheck(world, config), identityCheck(world));
    checks.push(...(await ownerChecks(context)));
    if (context.ownsData) checks.push(await portCheck(world, config));
    if (flags['goLive'] === true) checks.push(...(await goLiveChecks(context)));
  }
  const ok = checks.every((check) => check.ok);
  if (context.globals.json !== undefined) context.print.result({ ok, checks }, { rows: 'checks', columns: [] });
  else for (const check of checks) context.print.result(line(check));
  if (ok) return 0;
  const isConfigured = checks.every(({ name, ok: holds }) => holds || name !== CONFIGURATION);
  return isConfigured ? ERRORS.verification_failed.exit : ERRORS.config_invalid.exit;
}

function line({ ok, note, name, says }: NotedCheck): string {
  return `${ok ? (note === true ? 'note' : 'ok  ') : 'FAIL'}  ${name}: ${says}`;
}

function nodeCheck({ machine }: CliWorld): Check {
  const [major = 0, minor = 0] = machine.nodeVersion.split('.').map(Number);
  const ok = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  const says = ok ? machine.nodeVersion : `${machine.nodeVersion} is too old; install ${NODE_MIN.join('.')} or newer`;
  return { name: 'node', ok, says };
}

async function engineCheck({ machine }: CliWorld): Promise<Check> {
  try {
    return { name: 'sqlite', ok: true, says: await machine.engineVersion() };
  } catch (thrown) {
    return { name: 'sqlite', ok: false, says: problemOf(thrown) };
  }
}

/** The configuration, unless it cannot be used at all. */
async function configCheck(context: CommandContext, checks: Check[]): Promise<CliConfig | undefined> {
  try {
    const { filePath, handlers } = await context.checkConfig();
    const says = filePath === undefined ? 'no file; the environment alone' : `${filePath}, ${handlers} handlers`;
    checks.push({ name: CONFIGURATION, ok: true, says });
  } catch (thrown) {
    checks.push({ name: CONFIGURATION, ok: false, says: problemOf(thrown) });
  }
  return await context.config().catch(() => undefined);
}

/** What holds secrets belongs to one user alone. */
async function fileChecks({ machine }: CliWorld, { dataDir }: CliConfig): Promise<Check[]> {
  if (machine.platform === 'win32') return [];
  const wanted = [
    ['', 0o700],
    ['keys', 0o700],
    ['keys/vault.json', 0o600],
    [LOCAL_CREDENTIAL_FILE, 0o600],
  ] as const;
  const open: string[] = [];
  for (const [path, widest] of wanted) {
    const mode = await machine.mode(join(dataDir, path));
    if (mode !== undefined && (mode & ~widest) !== 0) open.push(`chmod ${widest.toString(8)} ${join(dataDir, path)}`);
  }
  const says = open.length === 0 ? `${dataDir} is private` : `others can read it; run: ${open.join(' && ')}`;
  return [{ name: 'permissions', ok: open.length === 0, says }];
}

async function diskCheck({ machine }: CliWorld, { dataDir }: CliConfig): Promise<Check> {
  const free = (await machine.freeBytes(dataDir)) ?? (await machine.freeBytes('.'));
  if (free === undefined) return { name: 'disk', ok: true, says: 'free space is not known on this file system' };
  const mebibytes = `${Math.floor(free / 2 ** 20)} MiB free`;
  const ok = free >= FREE_BYTES_MIN;
  return {
    name: 'disk',
    ok,
    says: ok ? mebibytes : `${mebibytes}; below ${FREE_BYTES_MIN / 2 ** 20} MiB writes will soon fail`,
  };
}

/** No check that fails: a fresh installation has nothing to lose yet. It says so until it is done. */
async function keyExportCheck(world: CliWorld, { dataDir }: CliConfig): Promise<NotedCheck> {
  const name = 'key export';
  const exported = (await world.files(dataDir).size(KEYS_EXPORTED_FILE)) !== undefined;
  if (exported) return { name, ok: true, says: 'the keys were exported' };
  const says = `the keys exist only here; without them no backup opens. Run: ${world.command} backup --with-keys`;
  return { name, ok: true, note: true, says };
}

function identityCheck({ variables }: CliWorld): NotedCheck {
  const name = 'identity';
  const agent = agentOf(variables);
  if (agent === undefined) return { name, ok: true, says: 'no mark of a coding agent' };
  return { name, ok: true, note: true, says: `this shell acts as an agent (${agent}): no administration` };
}

async function ownerChecks(context: CommandContext): Promise<Check[]> {
  try {
    const { checks } = (await context.call(OPERATION, {})) as { checks: Check[] };
    const { server } = await context.access();
    const says =
      server === undefined ? 'none runs; the data was opened for this check' : `process ${server.pid} answers`;
    return [...checks, { name: 'server', ok: true, says }];
  } catch (thrown) {
    return [{ name: 'data', ok: false, says: problemOf(thrown) }];
  }
}

async function goLiveChecks(context: CommandContext): Promise<Check[]> {
  const { projectChecks } = await import('./go-live.js');
  return [...(await answersOf(context, GO_LIVE)), ...(await projectChecks(context))];
}

async function answersOf(context: CommandContext, operation: Operation): Promise<Check[]> {
  try {
    return ((await context.call(operation, {})) as { checks: Check[] }).checks;
  } catch (thrown) {
    return [{ name: operation.name, ok: false, says: problemOf(thrown) }];
  }
}

async function portCheck({ machine }: CliWorld, { listen }: CliConfig): Promise<Check> {
  const free = listen.port === 0 || (await machine.isPortFree(listen.host, listen.port));
  const address = `${listen.host}:${listen.port}`;
  return {
    name: 'port',
    ok: free,
    says: free ? `${address} is free` : `another program listens on ${address}; set FAIRLEAD_PORT to a free port`,
  };
}

function problemOf(thrown: unknown): string {
  const { message, row } = toAppError(thrown, () => 'doctor');
  return `${message.replace(/[.\s]*$/, '.')} ${row.help}`;
}
