/** Decisions on the page of an approval by people who have signed in. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { CallResult } from '../../src/core/call.js';
import type { Role } from '../../src/core/people.js';
import { knownCredentials, withPeople } from '../../src/doors/http/credentials.js';
import { restApp } from '../../src/doors/http/rest.js';
import { carryOutApproved } from '../../src/operations/approval-desk.js';
import { OPERATIONS } from '../../src/operations/index.js';
import { openWorld, type ApprovalWorld, LIVE } from '../outbound/approval-world.js';

const ORIGIN = 'http://127.0.0.1:4650';

let world: ApprovalWorld;
let asked: CallResult;
let path: string;
let app: ReturnType<typeof restApp>;
beforeEach(async () => {
  world = await openWorld();
  asked = await world.agentCalls({ channel: 'C024BE91L', text: 'Hello' });
  path = asked.approval!.url!.slice(ORIGIN.length);
  const sessions = async () => (await world.gateway.login()).sessions;
  const identify = withPeople(knownCredentials({ local: 'l'.repeat(40) }), sessions);
  app = restApp({ gateway: world.gateway, identify, environment: 'live', via: 'rest' }, OPERATIONS);
});

async function signIn(role: Role | undefined, name = `prn_${role ?? 'nobody'}`): Promise<Record<string, string>> {
  const { people } = world.store;
  const person = { id: name, email: `${name.slice(4)}@corp.example`, isVerified: true, facts: '{}' };
  await people.add(LIVE, person, { iss: 'i', sub: name, provider: 'google' });
  if (role !== undefined) await people.setRole(LIVE, name, role);
  const { sessions } = await world.gateway.login();
  return { cookie: `fairlead-session=${await sessions.beginCookie(name)}` };
}

const show = async (headers: Record<string, string>) => await (await app.request(ORIGIN + path, { headers })).text();
const csrfIn = (html: string): string => /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';

async function decide(headers: Record<string, string>, fields: Record<string, string>) {
  const body = new URLSearchParams({ decision: 'approve', ...fields });
  const answer = await app.request(ORIGIN + path, { method: 'POST', headers: { origin: ORIGIN, ...headers }, body });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

const state = async () => (await world.store.system.approval(asked.approval!.id))!;

describe('an approver who has signed in', () => {
  it.each(['approver', 'admin'] as const)('%s: decides on the page, and it is written down who did', async (role) => {
    const cookie = await signIn(role);
    const html = await show(cookie);
    expect(html).toContain(`You decide as ${role}@corp.example.`);
    const done = await decide(cookie, { csrf: csrfIn(html) });
    expect([done.status, world.texts()]).toEqual([200, ['Hello']]);
    const { decision } = await state();
    expect(JSON.parse(decision!)).toMatchObject({ by: `prn_${role}`, session: expect.stringMatching(/^ses_/) });
    const { rows } = await world.store.audit.search(LIVE, {}, { limit: 50 });
    const entries = rows.flatMap(({ record }) => (record === undefined ? [] : [JSON.parse(record)])) as {
      phase: string;
      actor: { type: string; id: string };
    }[];
    expect(entries.find(({ phase }) => phase === 'decision')?.actor).toMatchObject({
      type: 'person',
      id: `prn_${role}`,
    });
  });

  it('says no', async () => {
    const cookie = await signIn('approver');
    await decide(cookie, { csrf: csrfIn(await show(cookie)), decision: 'reject' });
    expect([(await state()).state, world.writes()]).toEqual(['rejected', []]);
  });

  it.each(['viewer', 'operator', undefined] as const)('%s: does not decide', async (role) => {
    const cookie = await signIn(role);
    const html = await show(cookie);
    expect(html).toContain('approvers and admins decide');
    expect(csrfIn(html)).toBe('');
    const { csrfToken } = await import('../../src/auth/index.js');
    const own = csrfToken(cookie['cookie']!.split('=')[1]!);
    expect((await decide(cookie, { csrf: own })).status).toBe(403);
    expect([(await state()).state, world.writes()]).toEqual(['pending', []]);
  });

  it('S-504: no page of another site decides, nor one without the token of the session', async () => {
    const cookie = await signIn('admin');
    const csrf = csrfIn(await show(cookie));
    const other = csrfIn(await show(await signIn('approver')));
    const attempts: [Record<string, string>, Record<string, string>][] = [
      [{ ...cookie, origin: 'https://evil.example' }, { csrf }],
      [{ ...cookie, origin: 'null' }, { csrf }],
      [{ ...cookie, 'sec-fetch-site': 'cross-site' }, { csrf }],
      [{ ...cookie, 'sec-fetch-site': 'same-site' }, { csrf }],
      [cookie, { csrf: '' }],
      [cookie, { csrf: other }],
      [cookie, {}],
      [{}, { csrf }],
    ];
    for (const [headers, fields] of attempts) {
      expect((await decide(headers, fields)).status, JSON.stringify([headers, fields])).toBeGreaterThanOrEqual(400);
    }
    expect([(await state()).state, world.writes()]).toEqual(['pending', []]);
  });

  it('a program is refused, whatever it brings', async () => {
    const cookie = await signIn('admin');
    const csrf = csrfIn(await show(cookie));
    const { sessions } = await world.gateway.login();
    const token = await sessions.issueAccess('prn_admin');
    for (const authorization of [`Bearer ${token}`, `Bearer ${'l'.repeat(40)}`, 'Bearer x']) {
      expect((await decide({ ...cookie, authorization }, { csrf })).status).toBe(403);
    }
    const id = asked.approval!.id;
    const byToken = await app.request(`${ORIGIN}/v1/approvals/${id}/approve`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ session: 'ses_x' }),
    });
    expect(byToken.status).toBe(400);
    expect([(await state()).state, world.writes()]).toEqual(['pending', []]);
  });

  it('what is written into the database is no decision, and a role that is gone decides no more', async () => {
    const cookie = await signIn('approver');
    await decide(cookie, { csrf: csrfIn(await show(cookie)), decision: 'reject' });
    const row = await state();
    const real = JSON.parse(row.decision!) as { signature: string };
    const forged = [
      row,
      { ...row, decision: JSON.stringify({ ...real, signature: Buffer.alloc(32).toString('base64') }) },
      { ...row, decision: JSON.stringify({ ...real, signature: '' }) },
      { ...row, decision: JSON.stringify({ ...real, by: 'prn_other' }) },
    ];
    for (const one of forged) {
      const result = await carryOutApproved(world.gateway, { ...one, state: 'approved' });
      expect(result).toMatchObject({ state: 'denied', error: { code: 'not_an_approver' } });
    }
    expect(world.writes()).toEqual([]);
  });

  it('the session has to be open, and attempts are limited', async () => {
    const cookie = await signIn('approver');
    const csrf = csrfIn(await show(cookie));
    await world.store.sessions.endAll(LIVE, 'prn_approver');
    expect((await decide(cookie, { csrf })).status).toBe(401);
    for (let at = 0; at < 5; at++) await decide({}, { passphrase: 'a wrong one', approver: 'ada' });
    const held = await decide({}, { passphrase: 'a wrong one', approver: 'ada' });
    expect([held.status, held.headers.get('retry-after')]).toEqual([429, '10']);
    expect(held.text).toContain('Deciding as this approver is possible again in 10 s.');
  });
});
