/** Secrets, connections, and what a rotation of the key needs. @module */
import type { Rewrap, SealedRecord } from '../../core/secret.js';
import type { Store } from '../../core/store.js';
import { LIVE, OTHER, SANDBOX, type Part, type Stage } from './suite.js';

const PAGE = { limit: 100, order: 'oldest' } as const;

export const secretsPart: Part = {
  name: 'secrets, connections',
  tests: {
    'a secret is kept as bytes, by kind and name': async ({ store, clock, make, expect }) => {
      const at = clock.nowMs();
      const secret = make.secret('globex');
      expect(await store.secrets.put(SANDBOX, 'named', secret)).toEqual({ kind: 'stored', version: 1 });
      expect(await store.secrets.put(LIVE, 'named', make.secret('globex'))).toEqual({ kind: 'stored', version: 1 });
      const { expectedVersion: _expected, ...given } = secret;
      const row = { ...given, kind: 'named', version: 1, createdAtMs: at, updatedAtMs: at };
      expect(await store.secrets.get(SANDBOX, 'named', 'globex')).toEqual(row);
      expect(await store.secrets.get(SANDBOX, 'connection', 'globex')).toBe(undefined);
      expect(await store.secrets.get(OTHER, 'named', 'globex')).toBe(undefined);
      const { sealed: _sealed, ...summary } = row;
      expect(await store.secrets.list(SANDBOX, 'named', PAGE)).toEqual({ rows: [summary] });
      expect(await store.secrets.list(SANDBOX, 'connection', PAGE)).toEqual({ rows: [] });
      expect(await store.secrets.list(OTHER, 'named', PAGE)).toEqual({ rows: [] });
      expect(await store.secrets.delete(OTHER, 'named', 'globex')).toBe(false);
      expect(await store.secrets.delete(SANDBOX, 'connection', 'globex')).toBe(false);
      expect(await store.secrets.delete(SANDBOX, 'named', 'globex')).toBe(true);
      expect(await store.secrets.delete(SANDBOX, 'named', 'globex')).toBe(false);
      expect(await store.secrets.get(SANDBOX, 'named', 'globex')).toBe(undefined);
      expect((await store.secrets.get(LIVE, 'named', 'globex'))?.version).toBe(1);
    },

    'a value is replaced only by who knows which one is there': async ({ store, clock, make, expect }) => {
      const at = clock.nowMs();
      const first = make.secret('token');
      const next = { ...make.secret('token'), id: first.id, expectedVersion: 1 };
      expect(await store.secrets.put(SANDBOX, 'connection', next)).toEqual({ kind: 'conflict', version: 0 });
      await store.secrets.put(SANDBOX, 'connection', first);
      expect(await store.secrets.put(SANDBOX, 'connection', first)).toEqual({ kind: 'conflict', version: 1 });
      const stranger = { ...next, id: make.newId('secret') };
      expect(await store.secrets.put(SANDBOX, 'connection', stranger)).toEqual({ kind: 'conflict', version: 1 });
      await clock.advance(5);
      expect(await store.secrets.put(SANDBOX, 'connection', next)).toEqual({ kind: 'stored', version: 2 });
      expect(await store.secrets.put(SANDBOX, 'connection', next)).toEqual({ kind: 'conflict', version: 2 });
      const { expectedVersion: _expected, ...given } = next;
      const row = { ...given, kind: 'connection', version: 2, createdAtMs: at, updatedAtMs: at + 5 };
      expect(await store.secrets.get(SANDBOX, 'connection', 'token')).toEqual(row);
    },

    'of many that replace one value at once, one does': async ({ store, make, expect }) => {
      const first = make.secret('token');
      await store.secrets.put(SANDBOX, 'connection', first);
      const puts = Array.from({ length: 30 }, () =>
        store.secrets.put(SANDBOX, 'connection', { ...make.secret('token'), id: first.id, expectedVersion: 1 }),
      );
      const answers = await Promise.all(puts);
      expect(answers.filter(({ kind }) => kind === 'stored').length).toBe(1);
      expect(answers.filter(({ kind, version }) => kind === 'conflict' && version === 2).length).toBe(29);
    },

    'secrets are listed page by page, both ways': async ({ store, make, expect }) => {
      for (const name of ['c', 'a', 'b']) await store.secrets.put(SANDBOX, 'named', make.secret(name));
      const namesOf = async (order: 'newest' | 'oldest'): Promise<string[]> => {
        const first = await store.secrets.list(SANDBOX, 'named', { limit: 2, order });
        const second = await store.secrets.list(SANDBOX, 'named', { limit: 2, order, cursor: first.cursor! });
        expect(second.cursor).toBe(undefined);
        return [...first.rows, ...second.rows].map(({ name }) => name);
      };
      expect(await namesOf('oldest')).toEqual(['c', 'a', 'b']);
      expect(await namesOf('newest')).toEqual(['b', 'a', 'c']);
    },

    'a connection comes back as it was given, to its own scope': async ({ store, clock, make, expect }) => {
      const at = clock.nowMs();
      const connection = make.connection({ user: 'usr_ada' });
      const credential = make.secret(connection.id);
      expect(await store.connections.create(SANDBOX, connection, credential)).toBe('created');
      expect(await store.connections.create(SANDBOX, connection, make.secret(connection.id))).toBe('exists');
      const row = { ...connection, ...SANDBOX, version: 1, createdAtMs: at, updatedAtMs: at };
      expect(await store.connections.get(SANDBOX, connection.id)).toEqual(row);
      expect(await store.connections.get(OTHER, connection.id)).toBe(undefined);
      expect(await store.connections.get(LIVE, connection.id)).toBe(undefined);
      expect((await store.secrets.get(SANDBOX, 'connection', connection.id))?.sealed).toEqual(credential.sealed);
    },

    'connections are listed by provider, by user, and without what has ended': async ({ store, make, expect }) => {
      const [one, two, three] = [
        make.connection(),
        make.connection({ user: 'usr_ada' }),
        make.connection({ provider: 'other' }),
      ];
      for (const connection of [one, two, three]) await store.connections.create(SANDBOX, connection, undefined);
      const ids = async (filter: Parameters<Store['connections']['list']>[1]): Promise<string[]> =>
        (await store.connections.list(SANDBOX, filter, PAGE)).rows.map(({ id }) => id);
      expect(await ids({})).toEqual([one.id, two.id, three.id]);
      expect(await ids({ provider: 'acme' })).toEqual([one.id, two.id]);
      expect(await ids({ user: 'usr_ada' })).toEqual([two.id]);
      expect(await ids({ user: 'usr_bob' })).toEqual([]);
      await store.connections.disconnect(SANDBOX, two.id);
      expect(await ids({ provider: 'acme', usable: true })).toEqual([one.id]);
      const first = await store.connections.list(SANDBOX, {}, { limit: 2 });
      expect(first.rows.map(({ id }) => id)).toEqual([three.id, two.id]);
      const rest = await store.connections.list(SANDBOX, {}, { limit: 2, cursor: first.cursor! });
      expect(rest).toMatchObject({ rows: [{ id: one.id }] });
      expect((await store.connections.list(OTHER, {}, PAGE)).rows).toEqual([]);
    },

    'a connection is changed by who has read it last': async ({ store, clock, make, expect }) => {
      const connection = make.connection();
      await store.connections.create(SANDBOX, connection, undefined);
      await clock.advance(3);
      const facts = '{"account":"@bot"}';
      const change = { expectedVersion: 1, facts };
      expect(await store.connections.update(OTHER, connection.id, change)).toBe('not_found');
      expect(await store.connections.update(SANDBOX, connection.id, change)).toBe('updated');
      expect(await store.connections.update(SANDBOX, connection.id, change)).toBe('conflict');
      const broken = { expectedVersion: 2, state: 'needs_reconnect' } as const;
      expect(await store.connections.update(SANDBOX, connection.id, broken)).toBe('updated');
      const expected = { facts, state: 'needs_reconnect', version: 3, updatedAtMs: clock.nowMs() };
      expect(await store.connections.get(SANDBOX, connection.id)).toMatchObject(expected);
    },

    'what is disconnected has no credential left': async ({ store, make, expect }) => {
      const connection = make.connection();
      await store.connections.create(SANDBOX, connection, make.secret(connection.id));
      expect(await store.connections.disconnect(OTHER, connection.id)).toBe('not_found');
      expect((await store.secrets.get(SANDBOX, 'connection', connection.id))?.version).toBe(1);
      expect(await store.connections.disconnect(SANDBOX, connection.id)).toBe('disconnected');
      expect(await store.secrets.get(SANDBOX, 'connection', connection.id)).toBe(undefined);
      expect(await store.connections.get(SANDBOX, connection.id)).toMatchObject({ state: 'disconnected', version: 2 });
      expect(await store.connections.disconnect(SANDBOX, connection.id)).toBe('disconnected');
      expect(await store.connections.get(SANDBOX, connection.id)).toMatchObject({ version: 2 });
    },

    'everything sealed is walked over, whatever the page': async (stage) => {
      const expected = await sealSome(stage);
      for (const limit of [1, 2, 3, 100]) stage.expect(await walk(stage.store, limit)).toEqual(expected);
    },

    'a record is rewrapped where it is still what it was': async (stage) => {
      const { store, make, expect } = stage;
      const records = await sealSome(stage);
      const to = (record: SealedRecord): Rewrap => {
        const { version: _version, sealed: was, ...rest } = record;
        return { ...rest, was, sealed: new Uint8Array(make.random.bytes(50)) };
      };
      const rewraps = records.map(to);
      const strangers = rewraps.map((one) => ({ ...one, tenant: 'nobody' }));
      const moved = rewraps.map((one) => ({ ...one, id: make.newId('secret') }));
      expect(await store.system.rewrap([...strangers, ...moved])).toEqual({ replaced: 0 });
      expect(await store.system.rewrap(rewraps)).toEqual({ replaced: records.length });
      expect(await store.system.rewrap(rewraps)).toEqual({ replaced: 0 });
      const after = await walk(store, 100);
      expect(after).toEqual(records.map((record, index) => ({ ...record, sealed: rewraps[index]!.sealed })));
    },
  },
};

/** Secrets of two tenants, a connection's, and those of a source, of which one is a reference and so not sealed. */
async function sealSome({ store, clock, make }: Stage): Promise<SealedRecord[]> {
  const named = make.secret('globex');
  await store.secrets.put(SANDBOX, 'named', named);
  await store.secrets.put(SANDBOX, 'named', { ...named, expectedVersion: 1 });
  const archive = make.secret('archive');
  await store.secrets.put(OTHER, 'archive_key', archive);
  const connection = make.connection();
  const credential = make.secret(connection.id);
  await store.connections.create(LIVE, connection, credential);
  const atMs = clock.nowMs();
  const reference = { id: make.newId('secret'), reference: 'env:X', createdAtMs: atMs, createdBy: 'prn_someone' };
  const [first, second] = [make.source(), make.source()];
  first.secrets.push(reference, { ...second.secrets[0]!, id: make.newId('secret') });
  await store.sources.create(LIVE, first);
  await store.sources.create(SANDBOX, second);
  const ofSource = (scope: typeof LIVE, source: typeof first, at: number): SealedRecord => {
    const { id, sealed } = source.secrets[at]!;
    return { ...scope, kind: 'source', name: source.id, id, version: 0, sealed: new Uint8Array(sealed!) };
  };
  const of = (scope: typeof LIVE, kind: SealedRecord['kind'], secret: typeof named, version = 1): SealedRecord => {
    const { name, id, sealed } = secret;
    return { ...scope, kind, name, id, version, sealed };
  };
  return [
    of(SANDBOX, 'named', named, 2),
    of(OTHER, 'archive_key', archive),
    of(LIVE, 'connection', credential),
    ofSource(LIVE, first, 0),
    ofSource(LIVE, first, 2),
    ofSource(SANDBOX, second, 0),
  ];
}

async function walk(store: Store, limit: number): Promise<SealedRecord[]> {
  const all: SealedRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.system.sealedRecords({
      limit,
      order: 'oldest',
      ...(cursor === undefined ? {} : { cursor }),
    });
    all.push(...page.rows);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return all;
}
