/**
 * A transaction-mode pooler in between: after each transaction the session may be anybody's. A proxy in this process
 * looks at every message of the protocol, and resets the session on the server whenever a transaction has ended, so that
 * whatever a session was given to remember is gone; named statements are refused at sight.
 */
import { createServer, connect, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPostgres } from '../../src/storage/postgres/index.js';
import { everything, newWorld, populate, sequence, SCOPES } from '../storage/moved-world.js';
import { claim, settle } from '../../src/testing/store-conformance/index.js';
import { hasPostgres, TestPostgres } from '../support/postgres.js';

const DISCARD = (() => {
  const text = Buffer.from('discard all\0');
  const head = Buffer.alloc(5);
  head.write('Q');
  head.writeInt32BE(text.length + 4, 1);
  return Buffer.concat([head, text]);
})();

interface Seen {
  named: number;
  resets: number;
  sets: string[];
}

/** Cuts a stream into messages; the first of a client has no type. */
class Messages {
  #rest: Buffer = Buffer.alloc(0);

  constructor(private hasStarted: boolean) {}

  *of(chunk: Buffer): Generator<Buffer> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const lengthAt = this.hasStarted ? 1 : 0;
      if (this.#rest.length < lengthAt + 4) return;
      const size = this.#rest.readInt32BE(lengthAt) + lengthAt;
      if (this.#rest.length < size) return;
      yield this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
      this.hasStarted = true;
    }
  }
}

/** Between a client and its session: a reset goes to the server after each transaction, and its answer to nobody. */
function pooled(client: Socket, port: number, seen: Seen): void {
  const server = connect({ port, host: '127.0.0.1', noDelay: true });
  client.setNoDelay(true);
  const [asked, answered] = [new Messages(false), new Messages(true)];
  let isResetting = false;
  let isAuthenticated = false;
  const held: Buffer[] = [];
  client.on('data', (chunk: Buffer) => {
    for (const message of asked.of(chunk)) {
      const type = String.fromCharCode(message[0]!);
      if (isAuthenticated && (type === 'P' || type === 'B')) {
        // Parse begins with the name of the statement; Bind with that of the portal and then that of the statement.
        if (message[5] !== 0 || (type === 'B' && message[6] !== 0)) seen.named += 1;
      }
      if (type === 'Q' || type === 'P') {
        const text = message.toString('latin1');
        if (/\bset\s+(?!local)[a-z_.]+\s*(=|to)\s/i.test(text) && /^[QP].{4}\0*\s*set\b/is.test(text))
          seen.sets.push(text);
        if (/\blisten\b|pg_advisory_lock\b|create temp|declare .* cursor with hold/i.test(text)) seen.sets.push(text);
      }
      if (isResetting) held.push(message);
      else server.write(message);
    }
  });
  server.on('data', (chunk: Buffer) => {
    for (const message of answered.of(chunk)) {
      const isReady = message[0] === 'Z'.charCodeAt(0);
      if (isResetting) {
        if (!isReady) continue;
        isResetting = false;
        for (const one of held.splice(0)) server.write(one);
        continue;
      }
      client.write(message);
      if (!isReady) continue;
      const isIdle = message[5] === 'I'.charCodeAt(0);
      if (isAuthenticated && isIdle) {
        isResetting = true;
        seen.resets += 1;
        server.write(DISCARD);
      }
      isAuthenticated = true;
    }
  });
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.on('error', () => {});
    one.on('close', () => other.destroy());
  }
}

describe.skipIf(!hasPostgres())('through a pooler in transaction mode', () => {
  let postgres: TestPostgres;
  let proxy: Server;
  const seen: Seen = { named: 0, resets: 0, sets: [] };

  beforeAll(async () => {
    postgres = await TestPostgres.start();
  }, 90_000);

  afterAll(async () => {
    proxy?.close();
    await postgres.stop();
  });

  it('the store is whole, and asks no session to remember anything', async () => {
    const direct = await postgres.createStore();
    const { port } = new URL(direct);
    proxy = createServer((client) => pooled(client, Number(port), seen));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port: pooledPort } = proxy.address() as { port: number };
    const url = Object.assign(new URL(direct), { port: String(pooledPort) }).href;
    const world = newWorld();
    const [one, other] = [
      await openPostgres({ url, clock: world.clock }),
      await openPostgres({ url, clock: world.clock }),
    ];
    await populate(one, world, 30);
    await sequence(other, world.clock);
    expect(await settle(other, await claim(other), { outcome: 'completed' })).toEqual([]);
    expect(await one.leader!.lead('keeper', 'one', 1_000)).toBe(1);
    expect(await one.events.accept(SCOPES[0]!, world.make.event())).toEqual({ kind: 'stored' });
    expect(await everything(one)).toEqual(await everything(other));
    expect(await one.system.integrity()).toEqual([]);
    await one.system.close();
    await other.system.close();
    expect(seen.resets).toBeGreaterThan(100);
    expect({ named: seen.named, sets: seen.sets }).toEqual({ named: 0, sets: [] });
  }, 60_000);
});
