/**
 * Connections that are kept for the next exchange, apart by name and by the address that was checked for it.
 *
 * @module
 */
import type { Dispatcher } from 'undici';
import type { Target } from './check-url.js';
import { loadPool } from './load-pool.js';
import { pinnedConnector, type ConnectorOptions } from './pinned-connector.js';

const POOLS_MAX = 256;
const CONNECTIONS_PER_POOL_MAX = 64;
const HEADER_BYTES_MAX = 64 * 1024;
const IDLE_MS = 4_000;
const IDLE_ASKED_FOR_MAX_MS = 60_000;

/** A connection that stands to another address of the same name is never taken, so a changed answer is checked anew. */
export class Pools {
  readonly #options: ConnectorOptions;
  readonly #pools = new Map<string, Dispatcher>();
  /** The newest of the map. */
  #last: { key: string; pool: Dispatcher } | undefined;

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  for(target: Target, address: string): Dispatcher {
    const key = `${target.origin} ${address}`;
    if (key === this.#last?.key) return this.#last.pool;
    const pool = this.#pools.get(key) ?? open(target, address, this.#options);
    // The map's order is that of last use.
    this.#pools.delete(key);
    this.#pools.set(key, pool);
    this.#last = { key, pool };
    if (this.#pools.size > POOLS_MAX) this.#closeOldest();
    return pool;
  }

  /** Ends all connections, those in use too. */
  async destroy(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    this.#last = undefined;
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #closeOldest(): void {
    const [key, pool] = this.#pools.entries().next().value!;
    this.#pools.delete(key);
    void pool.close();
  }
}

function open(target: Target, address: string, options: ConnectorOptions): Dispatcher {
  const Pool = loadPool();
  return new Pool(target.origin, {
    connect: pinnedConnector(target, address, options),
    connections: CONNECTIONS_PER_POOL_MAX,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_ASKED_FOR_MAX_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    // The exchange has one deadline of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
