/** Programs that were made known, what people let them do, and the sessions that follow. */
import type { NewClientSession, NewGrant } from '../../core/grant.js';
import { hash } from './fixtures.js';
import { LIVE, OTHER, SANDBOX, type Part, type Stage } from './suite.js';

const HOUR_MS = 3_600_000;
const PERSON = 'prn_1';

function grantOf({ make }: Stage, over: Partial<NewGrant> = {}): NewGrant {
  return {
    id: make.newId('grant'),
    person: PERSON,
    client: 'https://app.example/client.json',
    clientName: 'An app',
    redirectUri: 'https://app.example/back',
    resource: 'https://fairlead.example/mcp',
    scopes: ['read', 'write'],
    environment: 'sandbox',
    ...over,
  };
}

function sessionOf({ make }: Stage): NewClientSession {
  const id = make.newId('session');
  return { id, hash: hash(id), bound: '{"a":1}', codeTtlMs: 60_000, ttlMs: 48 * HOUR_MS, idleMs: 24 * HOUR_MS };
}

export const grantsPart: Part = {
  name: 'clients and grants',
  tests: {
    'a program is known in its tenant until it is deleted, with what people gave it': async (stage) => {
      const { store, clock, make, expect } = stage;
      const client = {
        id: make.newId('client'),
        name: 'An app',
        redirectUris: ['a.b:/c', 'https://d'],
        createdBy: 'e',
      };
      const at = clock.nowMs();
      expect(await store.clients.create(LIVE, client)).toBe('created');
      expect(await store.clients.create(LIVE, client)).toBe('exists');
      const row = { ...client, createdAtMs: at };
      expect(await store.clients.get(LIVE, client.id)).toEqual(row);
      expect(await store.clients.get(OTHER, client.id)).toBe(undefined);
      expect(await store.clients.list(LIVE)).toEqual([row]);
      const grant = grantOf(stage, { client: client.id });
      const session = sessionOf(stage);
      await store.grants.keep(LIVE, grant);
      await store.grants.begin(LIVE, grant.id, session);
      expect(await store.clients.delete(OTHER, client.id)).toBe('not_found');
      expect(await store.clients.delete(LIVE, client.id)).toBe('deleted');
      expect(await store.clients.delete(LIVE, client.id)).toBe('not_found');
      expect(await store.clients.get(LIVE, client.id)).toBe(undefined);
      expect(await store.clients.list(LIVE)).toEqual([]);
      expect(await store.grants.session(LIVE, session.id)).toBe(undefined);
      expect((await store.grants.get(LIVE, grant.id))?.revokedAtMs).toBe(at);
    },

    'a consent is one grant on the same terms, and another on any other': async (stage) => {
      const { store, clock, expect } = stage;
      const grant = grantOf(stage);
      const at = clock.nowMs();
      const row = { ...grant, tenant: LIVE.tenant, createdAtMs: at };
      const all = await Promise.all([1, 2, 3].map((n) => store.grants.keep(LIVE, n === 1 ? grant : grantOf(stage))));
      expect(new Set(all.map(({ id }) => id)).size).toBe(1);
      expect(await store.grants.find(LIVE, grant)).toEqual({ ...row, id: all[0]!.id });
      for (const over of [
        { person: 'prn_2' },
        { client: 'clt_1' },
        { redirectUri: 'https://app.example/other' },
        { resource: 'https://fairlead.example/v1' },
        { scopes: ['read'] as const },
        { environment: 'live' as const },
      ]) {
        expect(await store.grants.find(LIVE, { ...grant, ...over })).toBe(undefined);
      }
      expect(await store.grants.find(OTHER, grant)).toBe(undefined);
      const theirs = await store.grants.keep(LIVE, grantOf(stage, { person: 'prn_2' }));
      const page = await store.grants.list(LIVE, {}, { limit: 1 });
      expect(page.rows.map(({ id }) => id)).toEqual([theirs.id]);
      const rest = await store.grants.list(LIVE, {}, { limit: 1, cursor: page.cursor! });
      expect(rest.rows.map(({ id }) => id)).toEqual([all[0]!.id]);
      const own = await store.grants.list(LIVE, { person: PERSON }, { limit: 9, order: 'oldest' });
      expect(own.rows.map(({ id }) => id)).toEqual([all[0]!.id]);
    },

    'a code is good once and for a while, and gives tokens that follow each other': async (stage) => {
      const { store, clock, expect } = stage;
      const grant = grantOf(stage);
      await store.grants.keep(LIVE, grant);
      const session = sessionOf(stage);
      expect(await store.grants.begin(OTHER, grant.id, session)).toBe('not_found');
      expect(await store.grants.begin(LIVE, grant.id, session)).toBe('begun');
      const open = await store.grants.session(LIVE, session.id);
      expect(open).toMatchObject({ bound: session.bound, grant: { id: grant.id }, session: { person: PERSON } });
      expect(await store.grants.session(SANDBOX, session.id)).toBe(undefined);
      // Neither a cookie nor a token of a person.
      expect(await store.system.session(session.hash)).toBe(undefined);
      expect(await store.system.rotateSession(session.hash, hash('x'))).toBe(undefined);
      const first = await store.system.rotateSession(session.hash, hash(`${session.id} 1`), 'client');
      expect(first).toMatchObject({ kind: 'rotated', row: { kind: 'client', id: session.id } });
      await clock.advance(23 * HOUR_MS);
      expect((await store.system.rotateSession(hash(`${session.id} 1`), hash(`${session.id} 2`), 'client'))?.kind).toBe(
        'rotated',
      );
      expect((await store.grants.session(LIVE, session.id))?.session.id).toBe(session.id);
      const again = await store.system.rotateSession(session.hash, hash('y'), 'client');
      expect(again).toEqual({ kind: 'reused', person: PERSON, session: session.id });
      expect(await store.grants.session(LIVE, session.id)).toBe(undefined);
      expect(await store.system.rotateSession(hash(`${session.id} 2`), hash('z'), 'client')).toBe(undefined);
      const late = sessionOf(stage);
      await store.grants.begin(LIVE, grant.id, late);
      await clock.advance(60_000);
      expect(await store.system.rotateSession(late.hash, hash('w'), 'client')).toBe(undefined);
    },

    'what is revoked, and whoever is gone, has no session any more': async (stage) => {
      const { store, clock, make, expect } = stage;
      const grant = grantOf(stage);
      await store.grants.keep(LIVE, grant);
      const session = sessionOf(stage);
      await store.grants.begin(LIVE, grant.id, session);
      const at = clock.nowMs();
      expect(await store.grants.revoke(OTHER, grant.id)).toBe('not_found');
      expect(await store.grants.revoke(LIVE, grant.id)).toBe('revoked');
      await clock.advance(5);
      expect(await store.grants.revoke(LIVE, grant.id)).toBe('revoked');
      expect((await store.grants.get(LIVE, grant.id))?.revokedAtMs).toBe(at);
      expect(await store.grants.session(LIVE, session.id)).toBe(undefined);
      expect(await store.grants.begin(LIVE, grant.id, sessionOf(stage))).toBe('not_found');
      expect(await store.grants.find(LIVE, grant)).toBe(undefined);
      expect((await store.grants.keep(LIVE, grantOf(stage))).id === grant.id).toBe(false);
      const person = make.newId('principal');
      const identity = { iss: 'https://id.example', sub: '1', provider: 'globex' };
      await store.people.add(LIVE, { id: person, isVerified: false, facts: '{}' }, identity);
      const own = await store.grants.keep(LIVE, grantOf(stage, { person }));
      const [one, two] = [sessionOf(stage), sessionOf(stage)];
      await store.grants.begin(LIVE, own.id, one);
      await store.people.setRole(LIVE, person, 'viewer');
      expect(await store.grants.session(LIVE, one.id)).toBe(undefined);
      await store.grants.begin(LIVE, own.id, two);
      await store.people.remove(LIVE, person);
      expect(await store.grants.session(LIVE, two.id)).toBe(undefined);
      expect(await store.grants.get(LIVE, own.id)).toBe(undefined);
    },
  },
};
