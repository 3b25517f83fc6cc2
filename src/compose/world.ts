/** What the CLI is given in the real world. @module */
import { join, resolve } from 'node:path';
import { findConfigFile, loadConfigFile, type MadeCode } from '../config-file.js';
import { readConfig, type Config } from '../config.js';
import { findPolicyFile, loadPolicyFile } from '../policy-file.js';
import { AppError, isAppError } from '../core/errors.js';
import type { Files } from '../core/ports.js';
import {
  commandName,
  principalOfProcess,
  readLocalCredential,
  readServerFile,
  type CliConfig,
  type CliWorld,
  type ConfigFlags,
  type OwnerLock,
  type OwnershipParts,
  type SimulatedProvider,
} from '../doors/cli/index.js';
import {
  createLog,
  freePort,
  guardedNet,
  logged,
  machine,
  openFiles,
  openKeys,
  realClock,
  realDns,
  realRandom,
  replaceDatabase,
  sealKeys,
  sendLocal,
  type StartedThread,
  type Terminal,
} from '../host/index.js';
import { ownerLockPath, type HeldDirectory } from '../open-parts.js';
import { EarlyWriter, tryAcquireOwnerLock, WRITER_THREAD } from '../storage/sqlite/index.js';
import { VERSION } from '../version.js';
import { agentTools } from './agents.js';
import { databaseTools } from './database-tools.js';
import { checkMarkedKeys } from './marked-keys.js';
import { openOwner } from './owner.js';

/** What only the program's entry knows. */
export interface ProcessFacts {
  argv: readonly string[];
  /** What the interpreter was started with. */
  script: string;
  variables: Readonly<Record<string, string | undefined>>;
  cwd: string;
  terminal: Terminal;
  /** The thread of a writer, for a command line that will own the directory: it loads while we load. */
  early?: StartedThread | undefined;
  onStop(): AbortSignal;
}

type Variables = ProcessFacts['variables'];

export function realWorld({ argv, script, variables, cwd, terminal, early, onStop }: ProcessFacts): CliWorld {
  const random = realRandom();
  const files = (root: string): Files => openFiles(root, random);
  const wholeOf = new WeakMap<CliConfig, () => Promise<Config>>();
  const wholeConfig = (flags: ConfigFlags): Promise<Config> => readWholeConfig(withFlags(variables, flags), cwd, flags);
  const log = createLog({ clock: realClock });
  const writer = early && new EarlyWriter(logged(early, WRITER_THREAD.entry, log));
  const tryLock = writer === undefined ? tryAcquireOwnerLock : (path: string) => writer.tryLock(path);
  const isTty = terminal.stdin.isTty || terminal.stdout.isTty || terminal.stderr.isTty;

  return {
    command: commandName(script, cwd),
    argv,
    version: VERSION,
    variables,
    cwd,
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    stderr: terminal.stderr,
    ask: terminal.ask,
    clock: realClock,
    random,
    log,
    files,
    onStop,
    machine: { ...machine, engineVersion },
    async loadConfig(flags) {
      // The environment alone: enough to find the data directory, and quick.
      const config = namingFlags(flags, () => readConfig({ variables: withFlags(variables, flags), cwd }));
      wholeOf.set(config, writer === undefined ? () => wholeConfig(flags) : readEarly(wholeConfig(flags)));
      return config;
    },
    async checkConfig(flags) {
      const config = await wholeConfig(flags);
      checkMarkedKeys(config);
      const { filePath, handlers, policy, knownFindings } = config;
      return { policy, knownFindings, handlers: handlers.length, ...(filePath === undefined ? {} : { filePath }) };
    },
    connectors: async (flags) => await allConnectors(await wholeConfig(flags)),
    connectorProblems: async (path) => (await import('./check-connector.js')).checkConnector(resolve(cwd, path)),
    connectorVariables: async () => (await import('./connector-variables.js')).connectorVariables(),
    ownership: (config): OwnershipParts => ({
      dataDir: config.dataDir,
      clock: realClock,
      acquireLock: () => acquireLock(files(config.dataDir), ownerLockPath(config.dataDir), tryLock),
      acquireStandby: () => acquireLock(files(config.dataDir), join(config.dataDir, 'standby.lock'), tryLock),
      open: async (lock) => await openUnder(lock, wholeOf.get(config)?.() ?? wholeConfig({}), 'command'),
      readServer: () => readServerFile(files(config.dataDir)),
      send: sendLocal,
      token: async () => variables['FAIRLEAD_API_KEY'] || (await readLocalCredential(files(config.dataDir))),
      principal: principalOfProcess({ isTty, variables }),
    }),
    async openServer(config, lock, { kind, simulated = [] }) {
      const own = wholeOf.get(config)?.() ?? wholeConfig({});
      const owner = await openUnder(Object.assign(lock, { writer }), withSimulated(own, simulated), kind);
      return { ...owner, drain: owner.close };
    },
    simulatedProviders: startSimulated,
    demo: (options) => demoUntilStopped(options, onStop()),
    tools: async (flags) => await agentTools(await wholeConfig(flags), { clock: realClock, random, log }),
    verifyLibrary: () => import('../verify.js'),
    databaseProblems: async (path) => (await import('../storage/sqlite/index.js')).verifyBackup(path),
    verifyAuditFile: async (path, by) => await verifyAuditFile(path === '-' ? path : resolve(cwd, path), by),
    replaceDatabase,
    database: (config) => databaseOf(config, variables, cwd, files),
    exampleEvent,
    keyArchive: { seal: (dataDir, passphrase) => sealKeys(dataDir, passphrase, random), open: openKeys },
  };
}

async function allConnectors(config: Config) {
  return [...(await import('../connectors/index.js')).CONNECTORS, ...config.connectors];
}

/** The environment alone says which database it is. */
function databaseOf({ dataDir }: CliConfig, variables: Variables, cwd: string, files: (root: string) => Files) {
  const { database } = readConfig({ variables, cwd });
  return databaseTools(database === undefined ? { dataDir } : { dataDir, database }, {
    cwd,
    nowMs: () => realClock.nowMs(),
    files,
    lock: (folder) => acquireLock(files(folder), ownerLockPath(folder), tryAcquireOwnerLock),
  });
}

/** For a program that will own the directory: read while its writer starts. Who needs it hears what is wrong with it. */
function readEarly(config: Promise<Config>): () => Promise<Config> {
  config.catch(() => undefined);
  return () => config;
}

async function startSimulated(options?: { names: readonly string[]; port: number }): Promise<SimulatedProvider[]> {
  const { startSandboxes } = await import('../sandbox/index.js');
  // Their webhooks go to this machine alone.
  const net = guardedNet({ dns: realDns(realClock), allowedPrivateHosts: ['localhost', '127.0.0.0/8'] });
  return await startSandboxes({ clock: realClock, net, ...options });
}

async function demoUntilStopped(options: Parameters<CliWorld['demo']>[0], signal: AbortSignal): Promise<boolean> {
  const { runDemo, tellStories, STORY_NAMES } = await import('../demo/index.js');
  const { story, print } = options;
  if (story !== undefined && !STORY_NAMES.includes(story))
    throw new AppError('invalid_argument', { argument: 'workflow', problem: `there are ${STORY_NAMES.join(', ')}` });
  if (story !== undefined) return await tellStories([story], print);
  const stopped = (): Promise<void> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const told = await tellStories(STORY_NAMES, print);
  return (await runDemo({ ...options, port: await freePort(), stopped })) && told;
}

/** A flag stands for the variable of the same meaning. */
function withFlags(variables: Variables, { dataDir, host, port, role, proxy }: ConfigFlags): Variables {
  return {
    ...variables,
    ...(dataDir === undefined ? {} : { FAIRLEAD_DATA_DIR: dataDir }),
    ...(host === undefined ? {} : { FAIRLEAD_HOST: host }),
    ...(port === undefined ? {} : { FAIRLEAD_PORT: port }),
    ...(role === undefined ? {} : { FAIRLEAD_ROLE: role }),
    ...(proxy === undefined ? {} : { FAIRLEAD_PROXY_PORTS: proxy }),
  };
}

const FLAG_OF: Readonly<Record<string, keyof ConfigFlags>> = {
  FAIRLEAD_HOST: 'host',
  FAIRLEAD_PORT: 'port',
  FAIRLEAD_ROLE: 'role',
  FAIRLEAD_PROXY_PORTS: 'proxy',
};

/** Who gave a flag is told about the flag, and not about the variable that it stands for. */
function namingFlags<T>(flags: ConfigFlags, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isAppError(error, 'config_invalid')) throw error;
    const flag = FLAG_OF[error.data.where];
    if (flag === undefined || flags[flag] === undefined) throw error;
    throw new AppError('invalid_argument', { argument: `--${flag}`, problem: error.data.problem });
  }
}

/** Seen from the working directory, as everybody means it who types it. */
async function namedConfigFile(cwd: string, named: string): Promise<string> {
  const path = resolve(cwd, named);
  if ((await machine.mode(path)) !== undefined) return path;
  throw new AppError('config_invalid', { where: path, problem: 'there is no such file' });
}

async function readWholeConfig(variables: Variables, cwd: string, flags: ConfigFlags): Promise<Config> {
  const path = flags.configPath === undefined ? findConfigFile(cwd) : await namedConfigFile(cwd, flags.configPath);
  const policyPath = findPolicyFile(cwd);
  const policy = policyPath === undefined ? {} : { policy: await loadPolicyFile(policyPath) };
  if (path === undefined) return readConfig({ variables, cwd, ...policy });
  const made: MadeCode = new Map();
  return readConfig({ variables, cwd, file: { path, value: await loadConfigFile(path, made), made }, ...policy });
}

/** Simulated providers take the place of the real ones, and are reached although they are on loopback. */
async function withSimulated(given: Promise<Config>, simulated: readonly SimulatedProvider[]): Promise<Config> {
  const config = await given;
  // One without variables is nobody's connection: it is called by its address.
  const connected = simulated.filter((one) => Object.keys(one.variables).length > 0);
  const connections = Object.fromEntries(connected.map(({ provider, url }) => [provider, { baseUrl: url }]));
  const variables = Object.assign({}, ...simulated.map((provider) => provider.variables)) as Record<string, string>;
  return {
    ...config,
    connections: { ...connections, ...config.connections },
    variables: { ...variables, ...config.variables },
    allowedPrivateHosts: [...config.allowedPrivateHosts, ...simulated.map(({ url }) => new URL(url).host)],
  };
}

async function openUnder(
  lock: HeldDirectory,
  config: Promise<Config>,
  kind: 'serve' | 'dev' | 'command',
): ReturnType<typeof openOwner> {
  try {
    // Together: a promise that fails while nobody waits for it would end the process.
    const whole = await config;
    return await openOwner(whole, lock, kind);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The folder is made private and ignores itself, so that no secret of it is committed by accident. */
async function acquireLock(
  files: Files,
  path: string,
  tryLock: typeof tryAcquireOwnerLock,
): Promise<OwnerLock | undefined> {
  if ((await files.size('.gitignore')) === undefined) await files.write('.gitignore', new TextEncoder().encode('*\n'));
  return await tryLock(path);
}

async function engineVersion(): Promise<string> {
  const { loadBinding } = await import('../storage/sqlite/index.js');
  return (await loadBinding()).version;
}

/** Of the provider that first steps are made with, or the first there is. */
async function exampleEvent(): Promise<{ provider: string; type: string }> {
  const { SAMPLES } = await import('../connectors/samples.generated.js');
  const sets = Object.entries(SAMPLES);
  const [provider, set] = sets.find(([, one]) => one.forFirstSteps === true) ?? sets[0] ?? [];
  return { provider: provider ?? 'generic', type: set?.types[0] ?? '*' };
}

/** A proof file of one entry says so in its first line; everything else is lines of the log. */
async function verifyAuditFile(path: string, by: { checkpoint: string; publicKey: string }) {
  const { verifyLines, verifyProof } = await import('../audit/index.js');
  const lines = machine.linesOf(path);
  const first = await lines.next();
  if (first.done === true || !first.value.startsWith('c2sp.org/tlog-proof')) {
    return await verifyLines(chained(first.value ?? '', lines), by.checkpoint, [by.publicKey]);
  }
  let text = '';
  for await (const line of chained(first.value, lines)) text += `${line}\n`;
  const origin = text.slice(text.indexOf('\n\n') + 2).split('\n', 1)[0]!;
  const verdict = verifyProof(text, origin, [by.publicKey]);
  if (!verdict.ok) return verdict;
  const { root, ...checkpoint } = verdict.checkpoint;
  return { ...verdict, checkpoint: { ...checkpoint, root: Buffer.from(root).toString('base64') } };
}

async function* chained(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}
