/**
 * Hints between nodes: NOTIFY over any session, LISTEN over one of our own, which no pooler may stand before. A hint
 * says that there are jobs, and nothing else; who misses one looks a little later.
 *
 * @module
 */
import type { Client } from 'pg';
import type { HintVerbs } from '../../core/node.js';
import type { Clock, Log } from '../../core/ports.js';
import { placeOf, type Sql } from './database.js';

const CHANNEL = 'fairlead_jobs';
const CONNECT_TIMEOUT_MS = 5_000;
/** Until a lost session is replaced; doubled as long as that fails. */
const AGAIN_MS = 1_000;
const AGAIN_MAX_MS = 30_000;

export interface ListenerOptions {
  /** Address of the server itself. A secret like the other one. */
  url: string;
  clock: Pick<Clock, 'after'>;
  log: Log;
}

export function hintsOver(sql: Sql, listener: ListenerOptions | undefined): HintVerbs {
  return {
    async tell() {
      await sql.run(`select pg_notify('${CHANNEL}', '')`);
    },
    ...(listener && {
      listen: (onHint) => {
        const listening = new Listening(listener, onHint);
        return () => listening.end();
      },
    }),
  };
}

class Listening {
  #client: Client | undefined;
  #isEnded = false;
  #againMs = AGAIN_MS;
  #cancel: (() => void) | undefined;
  #connecting: Promise<void>;

  constructor(
    private readonly options: ListenerOptions,
    private readonly onHint: () => void,
  ) {
    this.#connecting = this.#connect();
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    this.#cancel?.();
    await this.#connecting;
    await this.#client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const { default: pg } = await import('pg');
    if (this.#isEnded) return;
    const { url } = this.options;
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'fairlead listener',
    });
    client.on('notification', () => this.onHint());
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    this.#client = client;
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      this.#againMs = AGAIN_MS;
      // What was told before we listened was told to nobody.
      this.onHint();
    } catch {
      this.#lost(client);
    }
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => {});
    if (this.#isEnded) return;
    const againMs = this.#againMs;
    this.#againMs = Math.min(AGAIN_MAX_MS, againMs * 2);
    const { url, clock, log } = this.options;
    log('warn', 'hints of new jobs do not arrive; they are found by looking', { place: placeOf(url), againMs });
    this.#cancel = clock.after(againMs, () => (this.#connecting = this.#connect()));
  }
}
