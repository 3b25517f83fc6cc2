/** The store as the commands of `fairlead db` see it: its schema, its facts, and the way into another one. @module */
import { basename, dirname, resolve } from 'node:path';
import { DATABASE_FILE, databasePath } from '../compose.js';
import type { Config, DatabaseConfig } from '../config.js';
import { AppError } from '../core/errors.js';
import type { Files } from '../core/ports.js';
import type { PortableSource, PortableTarget } from '../core/portable.js';
import type { DatabaseTools, OwnerLock } from '../doors/cli/index.js';
import { moveStore } from './move-store.js';

export interface DatabaseWorld {
  cwd: string;
  nowMs(): number;
  files(root: string): Files;
  /** `undefined`: another process has the directory. */
  lock(dataDir: string): Promise<OwnerLock | undefined>;
}

const sqlite = () => import('../storage/sqlite/index.js');
const postgres = () => import('../storage/postgres/index.js');

export function databaseTools(config: Pick<Config, 'dataDir' | 'database'>, world: DatabaseWorld): DatabaseTools {
  const { database, dataDir } = config;
  const path = databasePath(dataDir);
  return {
    async schema() {
      if (database !== undefined) return await (await postgres()).postgresSchema(database.url);
      await refuseMissing(world, dataDir);
      return await (await sqlite()).sqliteSchema(path);
    },
    async migrate() {
      if (database !== undefined) return await (await postgres()).migratePostgres(database);
      return await underLock(world, dataDir, async () => (await sqlite()).migrateSqlite(path, world.nowMs()));
    },
    async facts() {
      if (database !== undefined) return await (await postgres()).postgresFacts(database.url);
      await refuseMissing(world, dataDir);
      return await (await sqlite()).sqliteFacts(path);
    },
    summary: ({ nodesStopped }) => reading(config, world, nodesStopped, (source) => source.summary()),
    async move(to, { nodesStopped }, onProgress) {
      const goal = goalOf(to, world.cwd, database);
      return await reading(config, world, nodesStopped, async (source) => {
        return await filling(goal, world, dataDir, async (target) => ({
          ...(await moveStore(source, target, onProgress)),
          next: nextSteps(goal, dataDir),
        }));
      });
    },
  };
}

/** Runs with one state of the store in hand, which nobody writes to. */
async function reading<Result>(
  { database, dataDir }: Pick<Config, 'dataDir' | 'database'>,
  world: DatabaseWorld,
  despiteNodes: boolean,
  use: (source: PortableSource) => Promise<Result>,
): Promise<Result> {
  if (database !== undefined) return await (await postgres()).readPostgres({ url: database.url, despiteNodes }, use);
  await refuseMissing(world, dataDir);
  return await underLock(world, dataDir, async () => (await sqlite()).readSqlite(databasePath(dataDir), use));
}

type Goal = { kind: 'postgres'; database: DatabaseConfig } | { kind: 'sqlite'; path: string };

/** @throws AppError `invalid_argument`. It never shows the address. */
function goalOf(to: string, cwd: string, database: DatabaseConfig | undefined): Goal {
  if (to.startsWith('sqlite:')) {
    const path = resolve(cwd, to.slice('sqlite:'.length));
    if (basename(path) === DATABASE_FILE) return { kind: 'sqlite', path };
    throw invalid(`the file is called ${DATABASE_FILE}, in a data directory, e.g. sqlite:.fairlead/${DATABASE_FILE}`);
  }
  if (!URL.canParse(to) || !/^postgres(ql)?:$/.test(new URL(to).protocol)) {
    throw invalid('it is postgres://user@host:5432/database, sqlite:PATH, or env:NAME of a variable that holds one');
  }
  if (to === database?.url) throw invalid('that is the store itself');
  return { kind: 'postgres', database: { url: to, mayLoseAcknowledged: database?.mayLoseAcknowledged ?? false } };
}

function invalid(problem: string): AppError {
  return new AppError('invalid_argument', { argument: '--to', problem });
}

async function filling<Result>(
  goal: Goal,
  world: DatabaseWorld,
  dataDir: string,
  use: (target: PortableTarget) => Promise<Result>,
): Promise<Result> {
  const fill = async (open: () => Promise<PortableTarget>): Promise<Result> => {
    const target = await open();
    try {
      return await use(target);
    } finally {
      await target.close();
    }
  };
  if (goal.kind === 'postgres') {
    const { fillPostgres } = await postgres();
    return await fill(() => fillPostgres(goal.database, world.nowMs()));
  }
  const { fillSqlite } = await sqlite();
  if (goal.path === databasePath(dataDir)) await refuseSame(world, dataDir);
  return await underLock(world, dirname(goal.path), () => fill(() => fillSqlite(goal.path, world.nowMs())));
}

/** Of a store on PostgreSQL the file of the data directory is another store; of one in that file it is the same. */
async function refuseSame(world: DatabaseWorld, dataDir: string): Promise<void> {
  const lock = await world.lock(dataDir);
  if (lock === undefined) throw invalid('that file is in use: it is the store itself, or a server has it');
  await lock.release();
}

async function underLock<Result>(world: DatabaseWorld, dataDir: string, run: () => Promise<Result>): Promise<Result> {
  const lock = await world.lock(dataDir);
  if (lock === undefined) {
    throw new AppError('conflict', { what: dataDir, problem: 'a process runs on this data; stop it first' });
  }
  try {
    return await run();
  } finally {
    await lock.release();
  }
}

async function refuseMissing(world: DatabaseWorld, dataDir: string): Promise<void> {
  if ((await world.files(dataDir).size(DATABASE_FILE)) !== undefined) return;
  throw new AppError('conflict', {
    what: databasePath(dataDir),
    problem: 'there is no store yet; the first start makes it',
  });
}

/** What the installation has to be told, by variables; the keys are no part of the store. */
function nextSteps(goal: Goal, dataDir: string): string[] {
  if (goal.kind === 'postgres') {
    return [
      'Set FAIRLEAD_DATABASE_URL to the address that was given as --to, then start the server.',
      `The keys stay in ${dataDir}/keys: every node needs a copy of them.`,
    ];
  }
  const folder = dirname(goal.path);
  if (folder === dataDir) return ['Unset FAIRLEAD_DATABASE_URL, then start the server.'];
  return [
    `Copy ${dataDir}/keys to ${folder}/keys: without the keys no secret opens and no checkpoint can be signed.`,
    `Unset FAIRLEAD_DATABASE_URL, set FAIRLEAD_DATA_DIR to ${folder}, then start the server.`,
  ];
}
