/** What a command is given: its arguments, the terminal, files, time, and the ways to the data. @module */
import type { ConnectorDefinition } from '../../core/connector.js';
import type { DatabaseFacts, SchemaFacts } from '../../core/database-facts.js';
import type { KnownFinding } from '../../core/known-finding.js';
import type { StoreSummary } from '../../core/portable.js';
import type { Clock, Files, Log, Random } from '../../core/ports.js';
import type { Environment } from '../../core/scope.js';
import type { Gateway, Policy } from '../../operations/index.js';
import type { OwnerLock } from './await-ownership.js';
import type { ExampleEvent } from './init-files.js';
import type { OwnershipParts } from './own-or-attach.js';
import type { ServerFile } from './server-file.js';
import type { AgentTools } from './agent-tools.js';
import type { ConnectorVariable } from './variables.js';
import type { VerifyLibrary } from './verify-library.js';

/** The part of the configuration that commands look at. */
export interface CliConfig {
  environment: Environment;
  dataDir: string;
  listen: { host: string; port: number };
  publicListen?: { host: string; port: number };
  auditLogPath: string;
}

export interface ConfigFlags {
  dataDir?: string;
  configPath?: string;
  host?: string;
  port?: string;
  role?: string;
  /** `stripe=4651,google=4652`. */
  proxy?: string;
}

export interface OutputStream {
  isTty: boolean;
  /** Characters of a line; 80 where nobody knows. */
  columns: number;
  write(text: string): void;
  /** Resolves when what was written has been taken far enough to write more. */
  drained(): Promise<void>;
}

/** A Fairlead that listens and works until it is told to stop. */
export interface RunningServer {
  server: ServerFile;
  gateway: Gateway;
  /** Resolves with the reason when it cannot go on (the disk fails). */
  failed: Promise<unknown>;
  /** Not ready any more, accepts nothing, ends what is in flight within 25 s, releases the data directory. */
  drain(): Promise<void>;
}

/** A simulated provider on loopback, for `dev` and `sandbox`. */
export interface SimulatedProvider {
  provider: string;
  /** Base URL of its API. */
  url: string;
  /** The same on a port of its own, for clients that keep no path of a base URL. */
  ownUrl: string;
  /** The page that shows what they received. */
  page: string;
  /** What its connector reads from the environment, e.g. the token that it takes. */
  variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface Machine {
  nodeVersion: string;
  platform: string;
  /** Version of the database engine. */
  engineVersion(): Promise<string>;
  /** Bytes free to this user on the file system of `path`, `undefined` when it cannot be known. */
  freeBytes(path: string): Promise<number | undefined>;
  /** Permission bits, `undefined` when there is no such file. */
  mode(path: string): Promise<number | undefined>;
  isPortFree(host: string, port: number): Promise<boolean>;
  /** What git prints in this folder; `undefined` when there is no git, or no repository. */
  git(folder: string, words: readonly string[]): Promise<string | undefined>;
  /** Within one file system, for its owner alone. */
  moveFile(from: string, to: string): Promise<void>;
  /** One that is not there is no failure. */
  removeFile(path: string): Promise<void>;
  /** Gives whether it is gone; a folder with something in it stays. */
  removeEmptyFolder(path: string): Promise<boolean>;
}

export interface CliWorld {
  /** How this program is called where it runs, for commands that people are told to type: `fairlead`, `npx fairlead`. */
  command: string;
  /** Without the interpreter and the script. */
  argv: readonly string[];
  version: string;
  variables: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdin: { isTty: boolean; read(maxBytes: number): Promise<Uint8Array> };
  stdout: OutputStream;
  stderr: OutputStream;
  /** Asks at the terminal; `undefined` when the answer was refused (end of input). */
  ask(question: string, options: { hidden: boolean }): Promise<string | undefined>;
  clock: Clock;
  random: Random;
  log: Log;
  files(root: string): Files;
  machine: Machine;
  /** Asked for by commands that shut down in order; the first signal aborts it, the second ends the process. */
  onStop(): AbortSignal;
  /** From flags and environment; the file is read when something is opened. @throws AppError `config_invalid`. */
  loadConfig(flags: ConfigFlags): Promise<CliConfig>;
  /** Reads everything, the file too. @throws AppError `config_invalid`. */
  checkConfig(
    flags: ConfigFlags,
  ): Promise<{ filePath?: string; handlers: number; policy: Policy; knownFindings: readonly KnownFinding[] }>;
  /** All connectors, those of the configuration among them. */
  connectors(flags: ConfigFlags): Promise<readonly ConnectorDefinition[]>;
  /** What the connector in a file of the user does not keep to. @throws AppError `config_invalid` */
  connectorProblems(path: string): Promise<{ provider: string; actions: string[]; problems: string[] }>;
  /** Variables that connectors honour, for help and for the template of `.env`. */
  connectorVariables(): Promise<readonly ConnectorVariable[]>;
  ownership(config: CliConfig): OwnershipParts;
  /** Starts the whole server under a lock, with simulated providers in the place of real ones. */
  openServer(
    config: CliConfig,
    lock: OwnerLock,
    options: { kind: 'serve' | 'dev'; simulated?: readonly SimulatedProvider[] },
  ): Promise<RunningServer>;
  /** Starts simulated providers: all, unless names are given. @throws AppError `invalid_argument`, `port_in_use`. */
  simulatedProviders(options?: { names: readonly string[]; port: number }): Promise<SimulatedProvider[]>;
  /** Runs the demo. @returns whether everything held */
  demo(options: DemoOptions): Promise<boolean>;
  /** The operations as tools for agents. */
  tools(flags: ConfigFlags): Promise<AgentTools>;
  verifyLibrary(): Promise<VerifyLibrary>;
  /** Whether the database in a file is sound: the problems, none if it is. */
  databaseProblems(path: string): Promise<string[]>;
  /** Checks an export of the audit log in a file; `-` is stdin. */
  verifyAuditFile(path: string, by: { checkpoint: string; publicKey: string }): Promise<{ ok: boolean }>;
  keyArchive: KeyArchive;
  /** The database under the store. */
  database(config: CliConfig): DatabaseTools;
  /** Puts a copy in the place of a database; gives the name under which the old one stays. */
  replaceDatabase(from: string, to: string, stamp: string): Promise<string | undefined>;
  /** An event there are samples of, for what `init` writes. */
  exampleEvent(): Promise<ExampleEvent>;
}

/** All of it past the operations: nobody serves from the store meanwhile, or it does not matter. */
export interface DatabaseTools {
  schema(): Promise<SchemaFacts>;
  /** @returns what was applied. @throws AppError `conflict` while a process owns the file */
  migrate(): Promise<SchemaFacts>;
  facts(): Promise<DatabaseFacts>;
  /** What a move would carry. */
  summary(options: { nodesStopped: boolean }): Promise<StoreSummary>;
  /** Copies everything into the empty store at `to`; see `moveStore` for what it throws. `next`: what to do then. */
  move(
    to: string,
    options: { nodesStopped: boolean },
    onProgress: (progress: { what: string; done: number; total: number }) => void,
  ): Promise<StoreSummary & { from: string; to: string; next: string[] }>;
}

export interface DemoOptions {
  /** Only this workflow. Default: the main job, then every workflow. */
  story?: string;
  keep: boolean;
  seed: number;
  /** Progress, for people. */
  note: (line: string) => void;
  /** The result. */
  print: (text: string) => void;
}

/** The key files of a data directory under a passphrase. */
export interface KeyArchive {
  seal(dataDir: string, passphrase: string): Promise<Uint8Array>;
  /** Relative paths and contents. @throws AppError `verification_failed` for a wrong passphrase or a changed file. */
  open(sealed: Uint8Array, passphrase: string): Promise<{ path: string; bytes: Uint8Array }[]>;
}
