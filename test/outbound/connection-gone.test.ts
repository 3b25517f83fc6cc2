/** A key that is known is answered from the ledger, whatever became of the connection since. */
import { describe, expect, it } from 'vitest';
import type { ConnectionSource } from '../../src/core/connection.js';
import { AppError } from '../../src/core/errors.js';
import { newId } from '../../src/core/ids.js';
import type { Principal } from '../../src/core/principal.js';
import { parsePolicy } from '../../src/policy/index.js';
import type { VirtualAnswer } from '../../src/testing/index.js';
import { API, outboundWorld, type World, type WorldOptions } from './world.js';

const MADE: VirtualAnswer = { status: 201, body: { id: 't1' } };
const LOST: VirtualAnswer = { ok: false, failure: { kind: 'reset', sent: 'maybe', detail: 'test' } };
const LEASE_MS = 35_000;
const again = (world: World, over = {}) => world.call('acme.make', { name: 'x' }, { idempotencyKey: 'k1', ...over });

type Gone = Partial<Pick<ConnectionSource, 'resolve'>>;

const NOT_CONNECTED: Gone = { resolve: async () => ({ kind: 'not_connected', hint: 'Set ACME_TOKEN.' }) };
const RENEWAL_REFUSED: Gone = {
  resolve: async () => {
    throw new AppError('needs_reconnect', { connection: 'con_1', provider: 'Acme', problem: 'it was revoked' });
  },
};

/** A world whose connection can go away. */
async function world(options: WorldOptions = {}): Promise<World & { lose(gone?: Gone): void; own: ConnectionSource }> {
  let gone: Gone = {};
  let there!: ConnectionSource;
  const connections = (own: ConnectionSource): ConnectionSource => (
    (there = own),
    {
      resolve: (...asked) => (gone.resolve ?? own.resolve.bind(own))(...asked),
      secret: (connection) => own.secret(connection),
      read: (reference) => own.read(reference),
    }
  );
  const made = await outboundWorld({ ...options, connections });
  return Object.assign(made, { own: there, lose: (how: Gone = NOT_CONNECTED) => void (gone = how) });
}

describe('a known key whose connection is gone', () => {
  it.each([
    ['not connected', NOT_CONNECTED],
    ['not to be renewed', RENEWAL_REFUSED],
  ])('is unknown as long as its first try is: %s', async (_, gone) => {
    const there = await world();
    there.net.on(`POST ${API}`, () => LOST);
    const first = await again(there);
    there.lose(gone);
    const second = await again(there);
    expect(second).toMatchObject({ state: 'unknown', callId: first.callId, error: { code: 'outcome_unknown' } });
    expect((await there.records()).at(-1)).toMatchObject({ status: 'unknown', callId: first.callId });
  });

  it('is unknown after a takeover by a process that has none, and is settled by one that has', async () => {
    const there = await world();
    there.net.on(`POST ${API}`, () => new Promise<never>(() => {}));
    void there.begin('acme.makeListed', { name: 'x' }, { idempotencyKey: 'k1', by: there.newProcess() });
    await there.clock.advance(0);
    await there.restart();
    there.lose();
    there.clock.jumpWall(LEASE_MS + 1);
    const listed = (): ReturnType<typeof again> =>
      there.call('acme.makeListed', { name: 'x' }, { idempotencyKey: 'k1' });
    const taken = await listed();
    expect(taken).toMatchObject({ state: 'unknown', error: { code: 'outcome_unknown' } });
    expect(await there.row(taken.callId)).toMatchObject({ state: 'unknown', attempts: 1 });
    there.lose({});
    there.net.on(`GET ${API}/things?since=`, () => ({ body: { things: [{ id: 't1', mark: 'k1' }] } }));
    there.clock.jumpWall(LEASE_MS);
    expect(await listed()).toMatchObject({ state: 'done', callId: taken.callId, output: { id: 't1' } });
  });

  it('is replayed', async () => {
    const there = await world();
    there.net.on(`POST ${API}`, () => MADE);
    const { callId } = await again(there);
    there.lose();
    expect(await again(there)).toMatchObject({ state: 'replayed', callId, output: { id: 't1' } });
    expect(await again(there, { dryRun: true })).toMatchObject({ state: 'failed', error: { code: 'not_connected' } });
    expect(await again(there, { idempotencyKey: 'k2' })).toMatchObject({ error: { code: 'not_connected' } });
    const other = await there.call('acme.make', { name: 'y' }, { idempotencyKey: 'k1' });
    expect(other).toMatchObject({ state: 'failed', error: { code: 'idempotency_mismatch' } });
  });

  it('is running as long as its first try is', async () => {
    const there = await world();
    there.net.on(`POST ${API}`, () => new Promise<never>(() => {}));
    void there.begin('acme.make', { name: 'x' }, { idempotencyKey: 'k1' });
    await there.clock.advance(0);
    there.lose();
    expect(await again(there)).toMatchObject({ state: 'running', error: { code: 'call_in_flight' } });
  });

  it('is not connected where its first try certainly had no effect', async () => {
    const there = await world();
    there.net.on(`POST ${API}`, () => ({ status: 422 }));
    await again(there);
    there.lose();
    expect(await again(there)).toMatchObject({ state: 'failed', error: { code: 'not_connected' } });
  });

  it('tells nothing to whom policy denies the call', async () => {
    const rule = '{"name":"no-x","principal":"agent","action":"acme.make","target":{"thing":"x"},"then":"deny"}';
    const there = await world({ policy: parsePolicy({ rules: [JSON.parse(rule)] }, 'test') });
    there.net.on(`POST ${API}`, () => MADE);
    await again(there);
    there.lose();
    const agent: Principal = { type: 'agent', id: 'key_1', scopes: ['read', 'write'], via: 'mcp' };
    expect(await again(there, { principal: agent })).toMatchObject({ error: { code: 'not_connected' } });
    expect(await again(there)).toMatchObject({ state: 'replayed' });
  });

  const agent: Principal = { type: 'agent', id: 'key_1', scopes: ['read', 'write'], via: 'mcp' };
  const ruled = (rest: string): WorldOptions => {
    const rule = `{"name":"r","principal":"agent","action":"acme.make",${rest}}`;
    return { policy: parsePolicy({ rules: [JSON.parse(rule)] }, 'test') };
  };
  const OTHERS: Gone = { resolve: async () => ({ kind: 'not_connected', unknown: true, hint: 'There is none.' }) };

  it.each([
    ['somebody who would have to ask a person', ruled('"then":"ask"'), {}, NOT_CONNECTED],
    ['whom a rule about connections may be about', ruled('"connection":"con_1","then":"deny"'), {}, NOT_CONNECTED],
    ["somebody who names another person's connection", {}, { connection: 'con_1' }, OTHERS],
  ])('tells nothing to %s', async (_, options, more, gone) => {
    const there = await world(options);
    there.net.on(`POST ${API}`, () => MADE);
    there.lose({ resolve: async (...asked) => await there.own.resolve(asked[0], asked[1], asked[2]) });
    const first = await again(there, more);
    expect(first).toMatchObject({ state: 'done' });
    there.lose(gone);
    const told = await again(there, { ...more, principal: agent });
    expect(told).toMatchObject({ state: 'failed' });
    expect(told.output).toBeUndefined();
  });

  it('is replayed to somebody for whom a person has agreed', async () => {
    const there = await world(ruled('"then":"ask"'));
    there.net.on(`POST ${API}`, () => MADE);
    const { approval } = await again(there, { principal: agent });
    const scope = { tenant: 'default', environment: 'sandbox' } as const;
    const row = (await there.store.approvals.get(scope, approval!.id))!;
    const { approvals } = there.store;
    const at = { id: newId('audit', there.clock, there.random), atMs: there.clock.nowMs() };
    const entry = { ...at, record: '{}', action: 'approvals.approve', status: 'succeeded', actor: 'ada' } as const;
    await approvals.decide(scope, row.id, { state: 'approved', decision: '{"by":"ada"}', ttlMs: LEASE_MS, entry });
    const sent = there.newProcess().carryOut(row, { by: 'ada', at: '2026-01-31T12:00:00.000Z' });
    expect(await there.clock.runUntil(sent)).toMatchObject({ state: 'done' });
    await approvals.end(scope, row.id, { state: 'used' });
    there.lose();
    expect(await again(there, { principal: agent })).toMatchObject({ state: 'replayed', output: { id: 't1' } });
  });

  it('is refused where the input has no hash', async () => {
    const there = await world();
    there.net.on(`POST ${API}`, () => MADE);
    await again(there);
    there.lose();
    const hashless = await there.call('acme.make', { name: '\ud800' }, { idempotencyKey: 'k1' });
    expect(hashless).toMatchObject({ state: 'failed' });
  });
});
