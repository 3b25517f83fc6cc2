/**
 * The one adapter over the `node:sqlite` API: which engine is loaded, how a connection is set up, what its errors mean.
 *
 * @module
 */
import { builtinModules, createRequire } from 'node:module';
import { AppError } from '../../core/errors.js';

export type Parameter = null | number | string | Uint8Array;

/** The part of a prepared statement that the driver uses; integers come back as numbers, blobs as Uint8Array. */
export interface Statement {
  run(...parameters: Parameter[]): { changes: number | bigint };
  get(...parameters: Parameter[]): unknown;
  all(...parameters: Parameter[]): unknown[];
  setReturnArrays(enabled: boolean): void;
}

/** The part of `DatabaseSync` that the driver uses. */
export interface Connection {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
  readonly isTransaction: boolean;
}

export interface Binding {
  readonly version: string;
  open(path: string, options: { readOnly: boolean }): Connection;
}

interface SqliteModule {
  DatabaseSync: new (path: string, options?: { readOnly?: boolean }) => Connection;
}

/** The first release without the WAL-reset bug (sqlite.org/wal.html, "The WAL-Reset Bug"). */
const VERSION_MIN = [3, 51, 3] as const;

/** How long a statement waits for a lock that another connection holds. */
const BUSY_TIMEOUT_MS = 5_000;

/** 8 MiB of pages: what a group writes, and the upper levels of every tree. The rest is the file cache's. */
const CACHE_KIB = 8 * 1024;

let loading: Promise<Binding> | undefined;

/** Loads the engine once. @throws AppError `store_unavailable` when it is missing or too old. */
export function loadBinding(): Promise<Binding> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Binding> {
  const { DatabaseSync } = loadModule();
  const version = versionOf(new DatabaseSync(':memory:'));
  if (isOlder(version, VERSION_MIN)) {
    const problem = `SQLite ${version} is too old; ${VERSION_MIN.join('.')} or newer is needed.`;
    throw new AppError('store_unavailable', { problem });
  }
  return { version, open: (path, options) => new DatabaseSync(path, options) };
}

/**
 * Node lists `node:sqlite` among its modules once it is no longer experimental; before that the package is better. By
 * `require`, because an import of the package takes twice as long, and every start waits for it.
 */
function loadModule(): SqliteModule {
  const name = builtinModules.includes('node:sqlite') ? 'node:sqlite' : '@photostructure/sqlite';
  return createRequire(import.meta.url)(name) as SqliteModule;
}

function versionOf(connection: Connection): string {
  const { version } = connection.prepare('select sqlite_version() as version').get() as { version: string };
  connection.close();
  return version;
}

function isOlder(version: string, than: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [at, least] of than.entries()) {
    const part = parts[at] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

/**
 * Opens the connection that writes. Every COMMIT is one fsync of the log (on macOS F_FULLFSYNC, because plain fsync
 * does not reach the disk there); the log is copied into the file only when the committer says so.
 */
export function openWriter(binding: Binding, path: string): Connection {
  return opening(path, () => {
    const connection = binding.open(path, { readOnly: false });
    return setUp(connection, [
      `pragma busy_timeout = ${BUSY_TIMEOUT_MS}`,
      'pragma journal_mode = wal',
      'pragma synchronous = full',
      'pragma fullfsync = on',
      'pragma checkpoint_fullfsync = on',
      'pragma wal_autocheckpoint = 0',
      `pragma cache_size = -${CACHE_KIB}`,
      ...FOR_BOTH,
    ]);
  });
}

/** Opens a connection that can only read. The file must be there. */
export function openReader(binding: Binding, path: string): Connection {
  return opening(path, () => {
    const connection = binding.open(path, { readOnly: true });
    return setUp(connection, [`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`, ...FOR_BOTH]);
  });
}

const FOR_BOTH = [
  'pragma temp_store = memory',
  'pragma foreign_keys = off',
  'pragma trusted_schema = off',
  'pragma cell_size_check = on',
];

function setUp(connection: Connection, pragmas: readonly string[]): Connection {
  try {
    for (const pragma of pragmas) connection.exec(pragma);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function opening<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw asStoreError(error, path);
  }
}

/** Primary result codes, https://sqlite.org/rescode.html. */
const CODES = { busy: 5, locked: 6, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 } as const;

/** SQLITE_IOERR_SHMSIZE: the index of the log could not grow. Nothing was written: a full disk, not a broken one. */
const IOERR_SHMSIZE = 10 | (19 << 8);

/** What a failure of the engine means for the store. `bug` is everything that should not happen. */
export type Failure = 'io' | 'full' | 'corrupt' | 'locked' | 'bug';

export function failureOf(error: unknown): Failure {
  const extended = extendedCode(error);
  if (extended === IOERR_SHMSIZE) return 'full';
  switch (extended === undefined ? -1 : extended & 0xff) {
    case CODES.ioerr:
    case CODES.cantopen:
      return 'io';
    case CODES.full:
      return 'full';
    case CODES.corrupt:
    case CODES.notadb:
      return 'corrupt';
    case CODES.busy:
    case CODES.locked:
      return 'locked';
    default:
      return 'bug';
  }
}

function extendedCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === 'number' ? code : undefined;
}

/** The store's error for an engine's error; the engine's own words hold file names and SQL, no data. */
export function asStoreError(error: unknown, path: string): unknown {
  if (error instanceof AppError || extendedCode(error) === undefined) return error;
  const problem = `${path}: ${(error as Error).message}`;
  switch (failureOf(error)) {
    case 'locked':
      return new AppError('store_locked', { path }, { cause: error });
    case 'corrupt':
      return new AppError('store_corrupt', { problem }, { cause: error });
    case 'io':
    case 'full':
      return new AppError('store_unavailable', { problem }, { cause: error });
    case 'bug':
      return error;
  }
}
