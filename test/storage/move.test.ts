/** A store with some of everything moves between drivers and back, and nobody can tell. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { moveStore } from '../../src/compose/move-store.js';
import type { PortableTarget } from '../../src/core/portable.js';
import type { Store } from '../../src/core/store.js';
import { fillPostgres, openPostgres, readPostgres } from '../../src/storage/postgres/index.js';
import { fillSqlite, openSqliteInProcess, readSqlite } from '../../src/storage/sqlite/index.js';
import { codeOf } from '../../src/testing/store-conformance/suite.js';
import { hasPostgres, TestPostgres } from '../support/postgres.js';
import { SERVERS_PLACE } from '../support/postgres-cluster.js';
import {
  everything,
  heldCheckpoint,
  LONG_KEY,
  newWorld,
  populate,
  SCOPES,
  sequence,
  verify,
  type World,
} from './moved-world.js';

const EVENTS = 90;
let folder: string;
let world: World;
let count = 0;

beforeEach(() => {
  folder = mkdtempSync(join(SERVERS_PLACE, 'fairlead-move-'));
  world = newWorld();
});
afterEach(() => rmSync(folder, { recursive: true }));

const nextPath = (): string => join(folder, `${count++}.db`);
const openFile = (path: string): Promise<Store> => openSqliteInProcess(path, { clock: world.clock });

/** A file that is filled and closed. */
async function filledFile(): Promise<{ path: string; held: string[]; said: unknown }> {
  const path = nextPath();
  const store = await openFile(path);
  await populate(store, world, EVENTS);
  const held = [await heldCheckpoint(store, 'sandbox'), await heldCheckpoint(store, 'live')];
  // Whoever opens a file ends the claims of the process before; so does the next.
  await store.system.close();
  const again = await openFile(path);
  const said = await everything(again);
  await again.system.close();
  return { path, held, said };
}

async function copied(from: string, target: PortableTarget): Promise<void> {
  try {
    await readSqlite(from, (source) => moveStore(source, target, () => {}));
  } finally {
    await target.close();
  }
}

async function expectWhole(store: Store, said: unknown, [sandbox, live]: string[]): Promise<void> {
  expect(await store.system.integrity()).toEqual([]);
  expect(await everything(store)).toEqual(said);
  await sequence(store, world.clock);
  expect(await verify(store, 'sandbox', [sandbox!])).toMatchObject({ ok: true, problems: [] });
  expect(await verify(store, 'live', [live!])).toMatchObject({ ok: true, problems: [] });
}

describe('a move to another file', () => {
  it('leaves a store that says the same, and proves the checkpoints of before', async () => {
    const { path, held, said } = await filledFile();
    const target = nextPath();
    await copied(path, await fillSqlite(target, 0));
    const store = await openFile(target);
    await expectWhole(store, said, held);
    await store.system.close();
  });

  it('that was cut short is not served from, and can be begun again', async () => {
    const { path, held, said } = await filledFile();
    const target = nextPath();
    const half = await fillSqlite(target, 0);
    await readSqlite(path, async (source) => {
      const cut = { ...half, addLog: () => Promise.reject(new Error('killed')) };
      await expect(moveStore(source, cut, () => {})).rejects.toThrow('killed');
    });
    await half.close();
    expect(await codeOf(openFile(target))).toBe('store_unfinished');
    expect(await codeOf(readSqlite(target, async () => {}))).toBe('store_unfinished');
    await copied(path, await fillSqlite(target, 0));
    const store = await openFile(target);
    await expectWhole(store, said, held);
    await store.system.close();
  });

  it('that is not empty is refused', async () => {
    const { path } = await filledFile();
    const { path: filled } = await filledFile();
    const target = await fillSqlite(filled, 0);
    expect(await codeOf(readSqlite(path, (source) => moveStore(source, target, () => {})))).toBe('conflict');
    await target.close();
  });

  it('that comes out different stays marked', async () => {
    const { path } = await filledFile();
    const target = nextPath();
    const lossy = await fillSqlite(target, 0);
    const losing = { ...lossy, addRows: async () => {} };
    expect(await codeOf(readSqlite(path, (source) => moveStore(source, losing, () => {})))).toBe('verification_failed');
    await lossy.close();
    expect(await codeOf(openFile(target))).toBe('store_unfinished');
  });
});

describe.skipIf(!hasPostgres())('a move to PostgreSQL and back', () => {
  let postgres: TestPostgres;

  beforeAll(async () => {
    postgres = await TestPostgres.start();
  }, 90_000);
  afterAll(() => postgres.stop());

  const openServer = (url: string): Promise<Store> => openPostgres({ url, clock: world.clock });

  it('leaves stores that say the same, and prove the checkpoints of before', async () => {
    const { path, held, said } = await filledFile();
    const url = await postgres.createDatabase();
    await copied(path, await fillPostgres({ url }, 0));
    const server = await openServer(url);
    expect(await server.system.integrity()).toEqual([]);
    expect(await everything(server)).toEqual(said);
    await server.system.close();

    const back = await fillSqlite(nextPath(), 0);
    await readPostgres({ url, despiteNodes: false }, (source) => moveStore(source, back, () => {}));
    await back.close();
    const store = await openFile(back.place);
    await expectWhole(store, said, held);
    await store.system.close();

    const again = await openServer(url);
    await expectWhole(again, said, held);
    await again.system.close();
  }, 60_000);

  it('keeps what is known: keys of deliveries, of calls, of steps, however long', async () => {
    const { path } = await filledFile();
    const url = await postgres.createDatabase();
    await copied(path, await fillPostgres({ url }, 0));
    const back = await fillSqlite(nextPath(), 0);
    await readPostgres({ url, despiteNodes: false }, (source) => moveStore(source, back, () => {}));
    await back.close();
    for (const store of [await openServer(url), await openFile(back.place)]) {
      const { make } = newWorld();
      for (let at = 0; at < 3; at += 1) make.source();
      const [scope] = SCOPES;
      const [event] = (await store.events.list(scope!, {}, { limit: 1 })).rows;
      const copy = make.event({ key: event!.key });
      expect(await store.events.accept(scope!, copy)).toMatchObject({ kind: 'duplicate', eventId: event!.id });
      expect(await store.calls.begin(scope!, make.call({ key: LONG_KEY }))).toMatchObject({ kind: 'done' });
      const step = { key: LONG_KEY, entity: 'other', from: [null], to: 'x', keyTtlMs: 1 };
      expect(await store.state.transition(scope!, step)).toMatchObject({ kind: 'applied', replayed: true });
      await store.system.close();
    }
  }, 60_000);

  it('that was cut short is not served from, and can be begun again', async () => {
    const { path, held, said } = await filledFile();
    const url = await postgres.createDatabase();
    const half = await fillPostgres({ url }, 0);
    await readSqlite(path, async (source) => {
      const cut = { ...half, derive: () => Promise.reject(new Error('killed')) };
      await expect(moveStore(source, cut, () => {})).rejects.toThrow('killed');
    });
    await half.close();
    expect(await codeOf(openServer(url))).toBe('store_unfinished');
    await copied(path, await fillPostgres({ url }, 0));
    const server = await openServer(url);
    await expectWhole(server, said, held);
    await server.system.close();
  }, 60_000);

  it('is refused while a node runs, and when the source was written to meanwhile', async () => {
    const { path } = await filledFile();
    const url = await postgres.createDatabase();
    await copied(path, await fillPostgres({ url }, 0));
    const node = await openServer(url);
    await node.leader!.lead('keeper', 'somebody', 10_000);
    const target = await fillSqlite(nextPath(), 0);
    expect(await codeOf(readPostgres({ url, despiteNodes: false }, async () => {}))).toBe('conflict');
    const writing = { ...target, derive: async () => node.audit.append(SCOPES[0]!, [world.make.entry()]) };
    const moving = readPostgres({ url, despiteNodes: true }, (source) =>
      moveStore(source, { ...writing, summary: () => source.summary() }, () => {}),
    );
    expect(await codeOf(moving)).toBe('conflict');
    await target.close();
    await node.system.close();
  }, 60_000);
});
