/**
 * A PostgreSQL for tests: one of their own on a temporary folder, or the one that FAIRLEAD_TEST_POSTGRES_URL names.
 * Where there is neither, tests are skipped with the reason printed; in CI that is a failure.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres, type RunningPostgres } from '../../bench/servers/postgres.mjs';
import { openPostgres } from '../../src/storage/postgres/index.js';
import { VirtualClock } from '../../src/testing/index.js';
import { requirePart } from '../requirements.js';
import { copyCluster, SERVERS_PLACE } from './postgres-cluster.js';

const GIVEN = process.env['FAIRLEAD_TEST_POSTGRES_URL'];

/** Autovacuum begins transactions of its own, which would hold up the order of the audit log for a moment. */
const SETTINGS = { autovacuum: 'off', max_connections: '200', shared_buffers: '64MB' };

/** Whether tests can have a server. Says why not. @throws Error in CI, where they must have one */
export function hasPostgres(): boolean {
  if (GIVEN !== undefined) return true;
  const { available, reason } = requirePart('postgres');
  if (!available) console.warn(`skipped: ${reason}; FAIRLEAD_TEST_POSTGRES_URL may name one`);
  return available;
}

export class TestPostgres {
  #folder: string | undefined;
  #server: RunningPostgres | undefined;
  #count = 0;
  readonly #templates = new Map<number | undefined, Promise<string>>();
  readonly #made: string[] = [];

  private constructor(readonly settings: Readonly<Record<string, string>>) {}

  /** @param settings of a server of our own; with some, the given one is not used */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<TestPostgres> {
    const postgres = new TestPostgres(settings);
    if (GIVEN === undefined || Object.keys(settings).length > 0) {
      postgres.#folder = mkdtempSync(join(SERVERS_PLACE, 'fairlead-postgres-'));
      copyCluster(postgres.#folder);
      await postgres.startServer();
    }
    return postgres;
  }

  get pid(): number {
    return this.#server!.pid;
  }

  /** Again after {@link stopServer}, at the same address. */
  async startServer(): Promise<void> {
    const port = this.#server?.port;
    const options = { settings: { ...SETTINGS, ...this.settings }, ...(port === undefined ? {} : { port }) };
    this.#server = await startPostgres(this.#folder!, options);
  }

  /** Cuts every session. What is committed is kept. */
  async stopServer(): Promise<void> {
    await this.#server?.stop();
  }

  url(database: string): string {
    if (this.#server === undefined) return Object.assign(new URL(GIVEN!), { pathname: `/${database}` }).href;
    return `postgres://bench@127.0.0.1:${this.#server.port}/${database}`;
  }

  /** The address of a new, empty database. */
  async createDatabase(template = 'template1'): Promise<string> {
    const name = `fairlead_test_${process.pid}_${this.#count++}`;
    await this.run(`create database ${name} template ${template}`);
    this.#made.push(name);
    return this.url(name);
  }

  /**
   * The address of a new database with the schema of a store: a copy of one that was migrated once.
   *
   * @param atMs when it was made, for a test that counts its partitions; now where that does not matter
   */
  async createStore(atMs?: number): Promise<string> {
    const template = this.#templates.get(atMs) ?? this.#migrated(atMs);
    this.#templates.set(atMs, template);
    return this.createDatabase(await template);
  }

  async #migrated(atMs?: number): Promise<string> {
    const url = await this.createDatabase();
    const clock = atMs === undefined ? {} : { clock: new VirtualClock(atMs) };
    await (await openPostgres({ url, ...clock })).system.close();
    return new URL(url).pathname.slice(1);
  }

  /** Runs a statement where databases are made, or in one of them. */
  async run(sql: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: database.includes('://') ? database : this.url(database) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends every other session of a database and waits until the last one is gone. */
  async cutSessions(url: string): Promise<void> {
    const name = new URL(url).pathname.slice(1);
    await this.run(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`,
    );
  }

  async stop(): Promise<void> {
    if (this.#folder === undefined) {
      for (const name of this.#made) await this.run(`drop database if exists ${name} with (force)`);
      return;
    }
    await this.stopServer();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
