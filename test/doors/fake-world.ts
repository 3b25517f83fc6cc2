/** A terminal, files and a data directory for the CLI, all in memory. */
import { NO_RULES } from '../../src/policy/index.js';
import { join } from 'node:path';
import type { Files } from '../../src/core/ports.js';
import { readConfig } from '../../src/config.js';
import { CONNECTORS } from '../../src/connectors/index.js';
import { LISTED_ACTIONS } from '../../src/connectors/listed-actions.js';
import { loadTools } from '../../src/doors/mcp/index.js';
import { principalOfProcess, runCli, type CliWorld, type DatabaseTools } from '../../src/doors/cli/index.js';
import { memoryFiles, VirtualClock, type MemoryFiles } from '../../src/testing/index.js';
import { verify, diagnose, providers } from '../../src/verify.js';
import { SPECIAL_COMMANDS } from '../../src/doors/cli/special-commands.js';
import type { Setting } from './setting.js';

// Virtual time does not wait for modules that are loaded late: they are loaded before it begins.
await Promise.all([import('../../src/doors/cli/program.js'), ...SPECIAL_COMMANDS.map(({ load }) => load())]);

export interface Run {
  exit: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  isTty?: boolean;
  columns?: number;
  verifyAuditFile?: CliWorld['verifyAuditFile'];
  database?: DatabaseTools;
  variables?: Record<string, string>;
  stdin?: string;
  /** Answers to questions, in order; `undefined` ends the input. */
  answers?: (string | undefined)[];
  files?: MemoryFiles;
  /** What git prints; without it there is no repository. */
  git?: (words: readonly string[]) => string | undefined;
}

const none = (): Promise<never> => Promise.reject(new Error('no database in this world'));
const NO_DATABASE: DatabaseTools = { schema: none, migrate: none, facts: none, summary: none, move: none };

/** Runs one line, split at spaces; quoted parts stay together. */
export async function run(setting: Setting, line: string, options: RunOptions = {}): Promise<Run> {
  const argv = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]!);
  return await runArgv(setting, argv, options);
}

export async function runArgv(setting: Setting, argv: readonly string[], options: RunOptions = {}): Promise<Run> {
  const out: string[] = [];
  const err: string[] = [];
  const world = fakeWorld(setting, argv, options, out, err);
  const exit = await setting.clock.runUntil(runCli(world));
  return { exit, stdout: out.join(''), stderr: err.join('') };
}

function fakeWorld(
  setting: Setting,
  argv: readonly string[],
  {
    isTty = false,
    columns = 100,
    variables = {},
    stdin = '',
    answers = [],
    files = memoryFiles(),
    verifyAuditFile = async () => ({ ok: true }),
    database = NO_DATABASE,
    git,
  }: RunOptions,
  out: string[],
  err: string[],
): CliWorld {
  const stream = (to: string[]) => ({
    isTty,
    columns,
    write: (text: string) => void to.push(text),
    drained: async () => {},
  });
  const questions = [...answers];
  const rooted = (root: string): Files => rootedFiles(files, root);
  return {
    command: 'fairlead',
    argv,
    version: '0.1.0',
    variables,
    cwd: '/work',
    stdin: { isTty, read: async () => new TextEncoder().encode(stdin) },
    stdout: stream(out),
    stderr: stream(err),
    ask: async (question) => {
      err.push(question);
      return questions.shift();
    },
    clock: setting.clock,
    random: setting.random,
    log: setting.gateway.log,
    files: rooted,
    onStop: () => new AbortController().signal,
    machine: {
      nodeVersion: '20.20.2',
      platform: 'linux',
      engineVersion: async () => '3.53.0',
      freeBytes: async () => 10 * 2 ** 30,
      mode: async () => undefined,
      isPortFree: async () => true,
      git: async (_folder, words) => git?.(words),
      moveFile: async () => {},
      removeFile: async (path) => void files.contents.delete(path),
      removeEmptyFolder: async () => false,
    },
    loadConfig: async ({ dataDir, host, port }) =>
      readConfig({
        variables: {
          ...variables,
          ...(dataDir === undefined ? {} : { FAIRLEAD_DATA_DIR: dataDir }),
          ...(host === undefined ? {} : { FAIRLEAD_HOST: host }),
          ...(port === undefined ? {} : { FAIRLEAD_PORT: port }),
        },
        cwd: '/work',
      }),
    checkConfig: async () => ({ handlers: 0, policy: NO_RULES, knownFindings: [] }),
    connectors: async () => CONNECTORS,
    connectorProblems: async () => ({ provider: 'none', actions: [], problems: [] }),
    connectorVariables: async () => [
      { name: 'EXAMPLE_TOKEN', provider: 'example', makes: 'connection' },
      { name: 'EXAMPLE_WEBHOOK_SECRET', provider: 'example', makes: 'source' },
    ],
    ownership: (config) => ({
      dataDir: config.dataDir,
      clock: setting.clock,
      acquireLock: async () => ({ release() {} }),
      acquireStandby: async () => ({ release() {} }),
      open: async () => ({ gateway: setting.gateway, close: async () => {} }),
      readServer: async () => undefined,
      send: async () => ({ ok: false, sent: 'no', detail: 'ENOENT' }),
      token: async () => variables['FAIRLEAD_API_KEY'],
      principal: principalOfProcess({ isTty, variables }),
    }),
    openServer: () => Promise.reject(new Error('no server in this world')),
    demo: async () => true,
    simulatedProviders: async () => [],
    tools: () =>
      loadTools({
        connectors: CONNECTORS,
        policy: NO_RULES,
        environment: 'sandbox',
        listedActions: LISTED_ACTIONS,
        version: '0.1.0',
        onUnforeseen: String,
        onMalformed: () => undefined,
        clock: new VirtualClock(0),
        secret: 'of this test',
      }),
    verifyLibrary: async () => ({ verify, diagnose, providers }),
    databaseProblems: async () => [],
    keyArchive: { seal: async () => new Uint8Array(), open: async () => [] },
    replaceDatabase: async () => undefined,
    database: () => database,
    verifyAuditFile,
    exampleEvent: async () => ({ provider: 'example', type: 'thing.made' }),
  };
}

/** The part of a tree in memory below `root`. */
export function rootedFiles(files: MemoryFiles, root: string): Files {
  return {
    read: (path) => files.read(join(root, path)),
    readAt: (path, offset, length) => files.readAt(join(root, path), offset, length),
    write: (path, bytes) => files.write(join(root, path), bytes),
    append: (path, bytes) => files.append(join(root, path), bytes),
    size: (path) => files.size(join(root, path)),
    truncate: (path, size) => files.truncate(join(root, path), size),
  };
}
