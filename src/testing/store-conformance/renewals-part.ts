/** Tickets that come back once, and the lease under which one process renews a credential. @module */
import { hash } from './fixtures.js';
import { LIVE, OTHER, SANDBOX, type Part, type Stage } from './suite.js';

const LEASE_MS = 45_000;

async function connected({ store, make }: Stage): Promise<{ id: string; secretId: string }> {
  const connection = make.connection();
  const credential = make.secret(connection.id);
  await store.connections.create(SANDBOX, connection, credential);
  return { id: connection.id, secretId: credential.id };
}

export const renewalsPart: Part = {
  name: 'tickets, renewals',
  tests: {
    'a ticket comes back once, to its kind, and says whose it is': async ({ store, clock, make, expect }) => {
      const [one, body] = [hash('one'), new Uint8Array(make.random.bytes(40))];
      const at = clock.nowMs();
      expect(await store.tickets.issue(OTHER, { kind: 'state', hash: one, body, ttlMs: 1_000 })).toBe('issued');
      expect(await store.tickets.issue(LIVE, { kind: 'state', hash: one, body, ttlMs: 1_000 })).toBe('exists');
      expect(await store.system.redeemTicket('code', one)).toBe(undefined);
      expect(await store.system.redeemTicket('state', hash('two'))).toBe(undefined);
      expect(await store.system.redeemTicket('state', one)).toEqual({ ...OTHER, body, createdAtMs: at });
      expect(await store.system.redeemTicket('state', one)).toBe(undefined);
    },

    'a ticket that is over does not come back, and is deleted': async ({ store, clock, expect }) => {
      const ticket = (name: string) => ({ kind: 'state', hash: hash(name), body: hash('b'), ttlMs: 1_000 });
      await store.tickets.issue(SANDBOX, ticket('one'));
      await store.tickets.issue(SANDBOX, ticket('two'));
      await clock.advance(1_000);
      expect(await store.system.redeemTicket('state', hash('one'))).toBe(undefined);
      const keep = { bodiesMs: 1e12, attemptsMs: 1e12, dedupeMs: 1e12, auditMs: 1e12 };
      expect((await store.system.prune(keep, 100))['tickets']).toBe(1);
    },

    'of many who redeem one ticket, one does': async ({ store, expect }) => {
      await store.tickets.issue(SANDBOX, { kind: 'state', hash: hash('one'), body: hash('b'), ttlMs: 1_000 });
      const all = await Promise.all(Array.from({ length: 20 }, () => store.system.redeemTicket('state', hash('one'))));
      expect(all.filter((row) => row !== undefined).length).toBe(1);
    },

    'one at a time may renew; the next one has a higher fence': async (stage) => {
      const { store, clock, expect } = stage;
      const { id } = await connected(stage);
      const begin = () => store.renewals.begin(SANDBOX, id, LEASE_MS);
      const all = await Promise.all([begin(), begin(), begin()]);
      expect(all.filter(({ kind }) => kind === 'begun').length).toBe(1);
      expect(all.filter(({ kind }) => kind === 'held').length).toBe(2);
      await clock.advance(5_000);
      expect(await begin()).toEqual({ kind: 'held', remainingMs: LEASE_MS - 5_000 });
      expect(await store.renewals.settle(SANDBOX, id, { fence: 1 })).toBe('settled');
      expect(await begin()).toEqual({ kind: 'begun', fence: 2, failures: 0, interrupted: false });
      await clock.advance(LEASE_MS);
      expect(await begin()).toEqual({ kind: 'begun', fence: 3, failures: 0, interrupted: true });
      expect(await store.renewals.settle(SANDBOX, id, { fence: 2, failed: true })).toBe('conflict');
      expect(await store.renewals.settle(SANDBOX, id, { fence: 3, failed: true, problem: '{"a":1}' })).toBe('settled');
      expect(await store.renewals.get(SANDBOX, id)).toEqual({ failures: 1, problem: '{"a":1}' });
      expect(await begin()).toEqual({ kind: 'begun', fence: 4, failures: 1, interrupted: false });
    },

    'a new credential is stored for the version it was made for, whoever holds the lease': async (stage) => {
      const { store, clock, make, expect } = stage;
      const { id, secretId } = await connected(stage);
      await store.renewals.begin(SANDBOX, id, LEASE_MS);
      await clock.advance(LEASE_MS);
      await store.renewals.begin(SANDBOX, id, LEASE_MS);
      const next = { ...make.secret(id), id: secretId, expectedVersion: 1 };
      const settlement = { fence: 1, credential: next, dueInMs: 60_000, state: 'connected' } as const;
      expect(await store.renewals.settle(SANDBOX, id, settlement)).toBe('settled');
      expect(await store.renewals.settle(SANDBOX, id, { ...settlement, fence: 2 })).toBe('conflict');
      expect((await store.secrets.get(SANDBOX, 'connection', id))?.version).toBe(2);
      // The lease of the one who came second is still theirs.
      expect((await store.renewals.begin(SANDBOX, id, LEASE_MS)).kind).toBe('held');
      expect(await store.renewals.get(SANDBOX, id)).toEqual({ failures: 0, dueAtMs: clock.nowMs() + 60_000 });
    },

    'the state of the connection changes with it, unless it has ended': async (stage) => {
      const { store, expect } = stage;
      const { id } = await connected(stage);
      await store.renewals.begin(SANDBOX, id, LEASE_MS);
      const over = { fence: 1, failed: true, state: 'needs_reconnect' } as const;
      expect(await store.renewals.settle(SANDBOX, id, over)).toBe('settled');
      expect(await store.connections.get(SANDBOX, id)).toMatchObject({ state: 'needs_reconnect', version: 2 });
      expect(await store.renewals.settle(SANDBOX, id, { state: 'connected' })).toBe('settled');
      expect(await store.connections.get(SANDBOX, id)).toMatchObject({ state: 'connected', version: 3 });
      await store.connections.disconnect(SANDBOX, id);
      expect(await store.renewals.get(SANDBOX, id)).toBe(undefined);
      await store.renewals.settle(SANDBOX, id, { state: 'connected' });
      expect(await store.connections.get(SANDBOX, id)).toMatchObject({ state: 'disconnected' });
    },

    'what is due is listed, the longest due first, but not what somebody is at': async (stage) => {
      const { store, clock, expect } = stage;
      const [one, two, three] = [await connected(stage), await connected(stage), await connected(stage)];
      await store.renewals.settle(SANDBOX, one.id, { dueInMs: 2_000 });
      await store.renewals.settle(SANDBOX, two.id, { dueInMs: 1_000 });
      await store.renewals.settle(SANDBOX, three.id, {});
      const due = async () => (await store.system.dueRenewals(10)).map(({ connectionId }) => connectionId);
      expect(await due()).toEqual([]);
      await clock.advance(2_000);
      expect(await due()).toEqual([two.id, one.id]);
      expect(await store.system.dueRenewals(1)).toEqual([{ ...SANDBOX, connectionId: two.id }]);
      await store.renewals.begin(SANDBOX, two.id, LEASE_MS);
      expect(await due()).toEqual([one.id]);
      await clock.advance(LEASE_MS);
      expect(await due()).toEqual([two.id, one.id]);
    },
  },
};
