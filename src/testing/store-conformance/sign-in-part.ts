/** People who sign in, their sessions, and tenants. */
import type { NewIdentity, NewPerson, NewSession } from '../../core/people.js';
import { hash } from './fixtures.js';
import { LIVE, OTHER, SANDBOX, type Part, type Stage } from './suite.js';

const HOUR_MS = 3_600_000;
const ISS = 'https://id.globex.example';

function personOf({ make }: Stage, over: Partial<NewPerson> = {}): NewPerson {
  return { id: make.newId('principal'), isVerified: false, facts: '{"name":"Ada"}', ...over };
}

const identityOf = (sub: string): NewIdentity => ({ iss: ISS, sub, provider: 'globex' });

function sessionOf({ make }: Stage, person: string, over: Partial<NewSession> = {}): NewSession {
  const id = make.newId('session');
  return { id, person, kind: 'cookie', hash: hash(id), ttlMs: 12 * HOUR_MS, idleMs: HOUR_MS / 2, ...over };
}

export const signInPart: Part = {
  name: 'people, sessions, tenants',
  tests: {
    'a person is who an issuer and a subject say, in their tenant': async (stage) => {
      const { store, clock, expect } = stage;
      const ada = personOf(stage, { email: 'ada@example.com', isVerified: true });
      const at = clock.nowMs();
      expect(await store.people.add(LIVE, ada, { ...identityOf('1'), email: 'ada@example.com' })).toBe('added');
      expect(await store.people.add(LIVE, personOf(stage), identityOf('1'))).toBe('identity_taken');
      const row = { ...ada, ...LIVE, createdAtMs: at };
      expect(await store.people.get(LIVE, ada.id)).toEqual(row);
      expect(await store.people.ofIdentity(LIVE, ISS, '1')).toEqual(row);
      expect(await store.people.ofIdentity(LIVE, 'https://other.example', '1')).toBe(undefined);
      expect(await store.people.ofIdentity(OTHER, ISS, '1')).toBe(undefined);
      expect(await store.people.ofEmail(LIVE, 'ada@example.com')).toEqual(row);
      expect(await store.people.ofEmail(OTHER, 'ada@example.com')).toBe(undefined);
      expect(await store.people.add(OTHER, personOf(stage), identityOf('1'))).toBe('added');
      expect(await store.people.link(LIVE, ada.id, identityOf('2'))).toBe('linked');
      expect(await store.people.link(LIVE, ada.id, identityOf('2'))).toBe('linked');
      expect(await store.people.link(OTHER, ada.id, identityOf('3'))).toBe('not_found');
      const bob = personOf(stage);
      await store.people.add(LIVE, bob, identityOf('4'));
      expect(await store.people.link(LIVE, bob.id, identityOf('2'))).toBe('identity_taken');
      expect((await store.people.identities(LIVE, ada.id)).map(({ sub, email }) => [sub, email])).toEqual([
        ['1', 'ada@example.com'],
        ['2', undefined],
      ]);
      const page = await store.people.list(LIVE, { limit: 1 });
      expect(page.rows.map(({ id }) => id)).toEqual([bob.id]);
      const rest = await store.people.list(LIVE, { limit: 1, cursor: page.cursor! });
      expect(rest.rows.map(({ id }) => id)).toEqual([ada.id]);
      expect(await store.people.remove(LIVE, ada.id)).toBe('removed');
      expect(await store.people.remove(LIVE, ada.id)).toBe('not_found');
      expect(await store.people.ofIdentity(LIVE, ISS, '2')).toBe(undefined);
    },

    'whoever holds an address takes it from those who claim it, and ends their sessions': async (stage) => {
      const { store, expect } = stage;
      const email = 'eve@example.com';
      const [claims, holds] = [personOf(stage, { email }), personOf(stage, { email, isVerified: true })];
      await store.people.add(LIVE, claims, identityOf('1'));
      const open = sessionOf(stage, claims.id);
      await store.sessions.begin(LIVE, open);
      expect(await store.people.add(LIVE, holds, identityOf('2'))).toBe('added');
      expect(await store.system.session(open.hash)).toBe(undefined);
      expect((await store.people.get(LIVE, claims.id))?.email).toBe(undefined);
      const third = personOf(stage, { email, isVerified: true });
      expect(await store.people.add(LIVE, third, identityOf('3'))).toBe('email_taken');
      expect(await store.people.ofIdentity(LIVE, ISS, '3')).toBe(undefined);
    },

    'of many who want to be the first admin, one is; a role ends the sessions before it': async (stage) => {
      const { store, expect } = stage;
      const many = [personOf(stage), personOf(stage), personOf(stage)];
      for (const [at, one] of many.entries()) await store.people.add(LIVE, one, identityOf(String(at)));
      expect(await store.people.firstAdmin(LIVE, 'prn_nobody')).toBe('not_found');
      const all = await Promise.all(many.map(({ id }) => store.people.firstAdmin(LIVE, id)));
      expect(all.filter((one) => one === 'set').length).toBe(1);
      expect(all.filter((one) => one === 'there_is_one').length).toBe(2);
      const open = sessionOf(stage, many[0]!.id);
      await store.sessions.begin(LIVE, open);
      expect(await store.people.setRole(LIVE, many[0]!.id, 'approver')).toBe('set');
      expect(await store.people.setRole(OTHER, many[0]!.id, 'admin')).toBe('not_found');
      expect((await store.people.get(LIVE, many[0]!.id))?.role).toBe('approver');
      expect(await store.system.session(open.hash)).toBe(undefined);
      await store.people.setRole(LIVE, many[0]!.id, undefined);
      expect((await store.people.get(LIVE, many[0]!.id))?.role).toBe(undefined);
    },

    'a session ends by itself when it is not used, and in any case': async (stage) => {
      const { store, clock, expect } = stage;
      const open = sessionOf(stage, 'prn_1');
      const at = clock.nowMs();
      expect(await store.sessions.begin(LIVE, open)).toBe('begun');
      expect(await store.sessions.begin(LIVE, { ...open, hash: hash('x') })).toBe('exists');
      const row = {
        ...LIVE,
        id: open.id,
        person: 'prn_1',
        kind: 'cookie',
        createdAtMs: at,
        expiresAtMs: at + 12 * HOUR_MS,
      };
      expect(await store.system.session(open.hash)).toEqual(row);
      expect(await store.sessions.get(LIVE, open.id)).toEqual(row);
      expect(await store.sessions.get(SANDBOX, open.id)).toBe(undefined);
      expect(await store.system.rotateSession(open.hash, hash('n'))).toBe(undefined);
      for (let hours = 0; hours < 11.6; hours += 0.4) {
        await clock.advance(0.4 * HOUR_MS);
        expect((await store.system.session(open.hash))?.id).toBe(open.id);
      }
      await clock.advance(0.4 * HOUR_MS);
      expect(await store.system.session(open.hash)).toBe(undefined);
      const idle = sessionOf(stage, 'prn_1');
      await store.sessions.begin(LIVE, idle);
      await clock.advance(HOUR_MS / 2);
      expect(await store.system.session(idle.hash)).toBe(undefined);
      await clock.advance(13 * HOUR_MS);
      const keep = { bodiesMs: 1e12, attemptsMs: 1e12, dedupeMs: 1e12, auditMs: 1e12 };
      expect((await store.system.prune(keep, 100))['sessions']).toBe(2);
    },

    'a refresh token is good once; used again, it ends the session': async (stage) => {
      const { store, expect } = stage;
      const open = sessionOf(stage, 'prn_1', { kind: 'tokens' });
      await store.sessions.begin(LIVE, open);
      expect(await store.system.session(open.hash)).toBe(undefined);
      const all = await Promise.all(
        ['a', 'b', 'c'].map((next) => store.system.rotateSession(open.hash, hash(`${open.id} ${next}`))),
      );
      expect(all.filter((one) => one?.kind === 'rotated').length).toBe(1);
      expect(all.filter((one) => one?.kind === 'reused').length).toBe(1);
      expect(await store.sessions.get(LIVE, open.id)).toBe(undefined);
      for (const next of ['a', 'b', 'c']) {
        expect(await store.system.rotateSession(hash(`${open.id} ${next}`), hash('later'))).toBe(undefined);
      }
      const [one, two] = [sessionOf(stage, 'prn_1'), sessionOf(stage, 'prn_1')];
      await store.sessions.begin(LIVE, one);
      await store.sessions.begin(LIVE, two);
      await store.sessions.end(SANDBOX, one.id);
      expect((await store.sessions.get(LIVE, one.id))?.id).toBe(one.id);
      await store.sessions.end(LIVE, one.id);
      await store.sessions.end(LIVE, one.id);
      expect(await store.sessions.get(LIVE, one.id)).toBe(undefined);
      expect(await store.sessions.endAll(LIVE, 'prn_1')).toBe(1);
      expect(await store.sessions.get(LIVE, two.id)).toBe(undefined);
    },

    'a tenant that is deleted has no key, no session and no ticket any more, and its name is not given again': async (
      stage,
    ) => {
      const { store, clock, make, expect } = stage;
      const at = clock.nowMs();
      expect(await store.tenants.create('other', 'prn_1')).toBe('created');
      expect(await store.tenants.create('other', 'prn_2')).toBe('exists');
      expect(await store.tenants.get('other')).toEqual({ name: 'other', createdBy: 'prn_1', createdAtMs: at });
      expect(await store.tenants.get('nobody')).toBe(undefined);
      const id = make.newId('key');
      await store.apiKeys.create(OTHER, { id, hash: hash(id), facts: '{}', createdBy: 'prn_1' });
      const open = sessionOf(stage, 'prn_1');
      await store.sessions.begin(OTHER, open);
      const ticket = { kind: 'connect', hash: hash('theirs'), body: new Uint8Array([1]), ttlMs: HOUR_MS };
      const kept = { ...ticket, hash: hash('ours') };
      await store.tickets.issue(OTHER, ticket);
      await store.tickets.issue(LIVE, kept);
      await clock.advance(5);
      expect(await store.tenants.delete('other')).toBe('deleted');
      expect(await store.tenants.delete('other')).toBe('deleted');
      expect(await store.tenants.delete('nobody')).toBe('not_found');
      expect((await store.apiKeys.get(OTHER, id))?.revokedAtMs).toBe(at + 5);
      expect(await store.system.session(open.hash)).toBe(undefined);
      expect(await store.system.redeemTicket('connect', ticket.hash)).toBe(undefined);
      expect((await store.system.redeemTicket('connect', kept.hash))?.tenant).toBe(LIVE.tenant);
      expect(await store.tenants.create('other', 'prn_1')).toBe('exists');
      expect((await store.tenants.list()).map(({ name, deletedAtMs }) => [name, deletedAtMs])).toEqual([
        ['other', at + 5],
      ]);
    },
  },
};
