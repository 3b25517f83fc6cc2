/**
 * Connections to the server, and what its errors mean. Statements are unnamed and sessions hold no state, so that any
 * session may carry the next statement: a pooler in transaction mode may sit in between.
 *
 * @module
 */
import type { Pool, PoolClient, PoolConfig } from 'pg';
import { AppError, isAppError } from '../../core/errors.js';
import { fromStoredText, toStoredText } from '../../core/stored-text.js';

export type Parameter = null | boolean | number | string | Uint8Array;

/** How one speaks to the database: each statement on its own, or several in one transaction. */
export interface Sql {
  all<Row>(sql: string, ...parameters: Parameter[]): Promise<Row[]>;
  one<Row>(sql: string, ...parameters: Parameter[]): Promise<Row | undefined>;
  /** @returns how many rows it changed. */
  run(sql: string, ...parameters: Parameter[]): Promise<number>;
}

/** A statement that has no answer by then is given up, and its connection with it: the network may be gone. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** A sweep over the whole database takes its time. */
const SWEEP_TIMEOUT_MS = 30 * 60_000;
/** Our own end of a statement comes first: it knows what is to be done about it. */
const SERVER_LATER_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 30_000;

/** Deadlock and serialization failure: the transaction is gone as if it had never been, and is simply begun again. */
const TRANSIENT = new Set(['40001', '40P01']);
const TRIES = 6;

export interface DatabaseOptions {
  url: string;
  /** Connections of this process, at most. */
  connections: number;
  /** What the server calls its sessions; default `fairlead`, which is what nodes are known by. */
  name?: string;
}

export class Database implements Sql {
  #isClosed = false;

  private constructor(
    private readonly pool: Pool,
    /** Host, port and database: what messages may say of the address. */
    readonly place: string,
  ) {}

  /** Connects at the first statement. @throws AppError `config_invalid` when the address is none. */
  static async open({ url, connections, name = 'fairlead' }: DatabaseOptions): Promise<Database> {
    // Nobody without a PostgreSQL loads its client.
    const { default: pg } = await import('pg');
    const config: PoolConfig = {
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      keepAlive: true,
      application_name: name,
      types: { getTypeParser: (oid) => PARSERS.get(oid as number) ?? asIs },
    };
    const pool = new pg.Pool(config);
    // A connection that breaks while nobody uses it: the next statement opens another.
    pool.on('error', () => {});
    // While somebody uses it, the pool does not listen: the statement under way rejects, and that is enough.
    pool.on('connect', (client) => client.on('error', () => {}));
    return new Database(pool, placeOf(url));
  }

  async all<Row>(sql: string, ...parameters: Parameter[]): Promise<Row[]> {
    return (await this.#retried((client) => query(client, sql, parameters))).rows as Row[];
  }

  async one<Row>(sql: string, ...parameters: Parameter[]): Promise<Row | undefined> {
    return (await this.all<Row>(sql, ...parameters))[0];
  }

  async run(sql: string, ...parameters: Parameter[]): Promise<number> {
    return (await this.#retried((client) => query(client, sql, parameters))).rowCount ?? 0;
  }

  /** Runs in one transaction; begun again when the server could not fit it between others. */
  transaction<Result>(run: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#transaction(run, STATEMENT_TIMEOUT_MS);
  }

  /** As {@link transaction}, for what takes its time: nobody else may need what it locks. */
  sweep<Result>(run: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#transaction(run, SWEEP_TIMEOUT_MS);
  }

  #transaction<Result>(run: (sql: Sql) => Promise<Result>, timeoutMs: number): Promise<Result> {
    return this.#retried(async (client) => {
      await query(client, `begin; ${limitsOf(timeoutMs)}`, undefined);
      try {
        const result = await run(over(client, timeoutMs));
        await query(client, 'commit', undefined);
        return result;
      } catch (error) {
        // After a broken connection this fails as well; the server rolls back by itself then.
        if (!isBroken(error)) await query(client, 'rollback', undefined);
        throw error;
      }
    });
  }

  /** One state of everything, read at leisure. */
  snapshot<Result>(run: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#retried(async (client) => {
      const limits = limitsOf(SWEEP_TIMEOUT_MS);
      await query(client, `begin isolation level repeatable read, read only; ${limits}`, undefined);
      try {
        return await run(over(client, SWEEP_TIMEOUT_MS));
      } finally {
        await query(client, 'rollback', undefined).catch(() => {});
      }
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.pool.end();
  }

  /** Cuts every connection, as the end of the process does. */
  abandon(): void {
    this.#isClosed = true;
    const { _clients: clients } = this.pool as unknown as {
      _clients?: { connection: { stream: { destroy(): void } } }[];
    };
    for (const { connection } of clients ?? []) connection.stream.destroy();
    void this.pool.end().catch(() => {});
  }

  async #retried<Result>(run: (client: PoolClient) => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#withClient(run);
      } catch (error) {
        if (TRANSIENT.has(codeOf(error) ?? '') && tries < TRIES) continue;
        throw asStoreError(error, this.place);
      }
    }
  }

  async #withClient<Result>(run: (client: PoolClient) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new AppError('store_unavailable', { problem: 'The store is closed.' });
    const client = await this.pool.connect();
    let broken = false;
    try {
      return await run(client);
    } catch (error) {
      broken = isBroken(error);
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

/**
 * What the server ends by itself when we are gone and nobody told it: the locks of a transaction that nobody goes on
 * with. For this transaction alone, because a session may be somebody else's next. A statement on its own holds its
 * locks no longer than it runs; how long that may be, a role can be told (docs/guide/scale.md).
 */
function limitsOf(timeoutMs: number): string {
  const afterOursMs = timeoutMs + SERVER_LATER_MS;
  return `set local statement_timeout = ${afterOursMs}; set local idle_in_transaction_session_timeout = ${afterOursMs}`;
}

function over(client: PoolClient, timeoutMs: number): Sql {
  const all = async <Row>(sql: string, ...parameters: Parameter[]): Promise<Row[]> =>
    (await query(client, sql, parameters, timeoutMs)).rows as Row[];
  return {
    all,
    one: async <Row>(sql: string, ...parameters: Parameter[]) => (await all<Row>(sql, ...parameters))[0],
    run: async (sql, ...parameters) => (await query(client, sql, parameters, timeoutMs)).rowCount ?? 0,
  };
}

function query(
  client: PoolClient,
  text: string,
  parameters: readonly Parameter[] | undefined,
  timeoutMs = STATEMENT_TIMEOUT_MS,
) {
  const values = parameters?.map(toWire);
  return client.query({
    text,
    ...(values === undefined ? {} : { values }),
    query_timeout: timeoutMs,
  } as never) as Promise<{
    rows: unknown[];
    rowCount: number | null;
  }>;
}

function toWire(value: Parameter): unknown {
  if (typeof value === 'string') return toStoredText(value);
  if (value instanceof Uint8Array && !Buffer.isBuffer(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return value;
}

const asIs = (text: string): unknown => text;

/** By type: `pg_type.dat`. Integers of 8 bytes are safe ones here, see the schema. */
const PARSERS = new Map<number, (text: string) => unknown>([
  [16, (text) => text === 't'],
  [17, bytesOf],
  [20, Number],
  [21, Number],
  [23, Number],
  [25, fromStoredText],
  [1700, Number],
]);

/** `\x` and hexadecimal digits. */
function bytesOf(text: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = Buffer.from(text.slice(2), 'hex');
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The code that the server or the network gave, where there is one. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Five characters that the server sent; everything else that has a code is the network's. */
function isFromServer(error: unknown): boolean {
  return (error as { severity?: unknown }).severity !== undefined && codeOf(error) !== undefined;
}

/** What is known to be no fault of the verb: the server goes, comes, is full, is a copy that cannot be written to. */
const UNAVAILABLE = /^(08|53|57P|58|25006)/;

/** After these a connection is not used again. */
function isBroken(error: unknown): boolean {
  if (isAppError(error)) return false;
  return !isFromServer(error) || /^(08|57P|25006|XX)/.test(codeOf(error)!);
}

/** The store's error for the client's or the server's; its words name no secret: the address is left out. */
export function asStoreError(error: unknown, place: string): unknown {
  if (isAppError(error)) return error;
  const code = codeOf(error);
  const words = (error as Error).message;
  if (isFromServer(error)) {
    if (code === 'XX001' || code === 'XX002') {
      return new AppError('store_corrupt', { problem: `${place}: ${words}` }, { cause: error });
    }
    if (!UNAVAILABLE.test(code!) && !code!.startsWith('28') && code !== '3D000') return error;
  } else if (error instanceof TypeError || error instanceof RangeError) return error;
  return new AppError('store_unavailable', { problem: `${place}: ${words}` }, { cause: error });
}

/** Host, port and database, without who and what word. @throws AppError `config_invalid` */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) throw invalidUrl('is not an address like postgres://user@host:5432/database');
  const { protocol, hostname, port, pathname } = new URL(url);
  if (protocol !== 'postgres:' && protocol !== 'postgresql:') throw invalidUrl('does not begin with postgres://');
  return `postgres://${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
}

function invalidUrl(problem: string): AppError {
  return new AppError('config_invalid', { where: 'FAIRLEAD_DATABASE_URL', problem });
}
