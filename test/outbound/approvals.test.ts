/** What a person has to agree to: sent exactly once, exactly as it was shown, and only with a person's signed word. */
import { beforeEach, describe, expect, it } from 'vitest';
import { localPrincipal } from '../../src/core/local-identity.js';
import type { CallResult } from '../../src/core/call.js';
import { isAppError } from '../../src/core/errors.js';
import { operationNamed, runOperation } from '../../src/operations/index.js';
import { settleApprovals } from '../../src/operations/approval-desk.js';
import { openWorld, type ApprovalWorld, AGENT, LIVE, PASSPHRASE } from './approval-world.js';

let world: ApprovalWorld;

beforeEach(async () => {
  world = await openWorld();
});

const post = (more: object = {}): Promise<CallResult> =>
  world.agentCalls({ channel: 'C024BE91L', text: 'Hello' }, more);

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'resolved',
    (error: unknown) => (isAppError(error) ? error.code : String(error)),
  );
}

describe('a call of an agent in live', () => {
  it('waits, is shown in full, and is sent once a person has agreed', async () => {
    const asked = await post();
    expect(asked).toMatchObject({ state: 'pending_approval', error: { code: 'approval_required' } });
    expect(world.writes()).toEqual([]);
    const shown = await world.run('approvals.get', { id: asked.approval!.id });
    expect(shown).toMatchObject({
      state: 'pending',
      action: 'slack.sendMessage',
      connection: 'env:slack',
      request: { method: 'POST', url: 'https://slack.com/api/chat.postMessage' },
    });
    expect(JSON.stringify(shown)).toContain('Hello');
    expect(JSON.stringify(shown)).not.toContain(world.token);
    const approved = await world.approve(asked);
    expect(approved).toMatchObject({ state: 'approved', by: 'ada', call: { state: 'done' } });
    expect(world.writes()).toHaveLength(1);
    expect(await world.run('calls.get', { id: asked.callId })).toMatchObject({
      state: 'done',
      approval: { state: 'used' },
    });
    expect(await post({ idempotencyKey: asked.idempotencyKey })).toMatchObject({ state: 'replayed' });
    expect(world.writes()).toHaveLength(1);
  });

  it('S-708, statement 9: is asked about once a key, and another input under the key is no such call', async () => {
    const [one, two] = [await post({ idempotencyKey: 'k' }), await post({ idempotencyKey: 'k' })];
    expect(two.approval).toEqual(one.approval);
    const other = await world.agentCalls({ channel: 'C024BE91L', text: 'Other' }, { idempotencyKey: 'k' });
    expect(other).toMatchObject({ state: 'failed', error: { code: 'idempotency_mismatch' } });
    await world.approve(one);
    expect(world.texts()).toEqual(['Hello']);
  });

  it('is never sent after a no, and stays refused under its key', async () => {
    const asked = await post({ idempotencyKey: 'k' });
    await world.run('approvals.reject', { id: asked.approval!.id, passphrase: PASSPHRASE });
    expect(await post({ idempotencyKey: 'k' })).toMatchObject({
      state: 'denied',
      error: { code: 'approval_rejected' },
    });
    expect(await codeOf(world.approve(asked))).toBe('conflict');
    expect(await world.run('calls.get', { id: asked.callId })).toMatchObject({ state: 'denied' });
    expect(world.writes()).toEqual([]);
  });

  it('statement 11: expires', async () => {
    const asked = await post({ idempotencyKey: 'k' });
    await world.clock.advance(10 * 60_000);
    expect(await codeOf(world.approve(asked))).toBe('conflict');
    expect(await settleApprovals(world.gateway)).toBe(1);
    expect(await world.run('calls.get', { id: asked.callId })).toMatchObject({ state: 'expired' });
    const again = await post({ idempotencyKey: 'k' });
    expect(again.approval!.id).not.toBe(asked.approval!.id);
    expect(world.writes()).toEqual([]);
  });

  it('is decided by nobody without the passphrase, and by no agent with it', async () => {
    const asked = await post();
    const id = asked.approval!.id;
    expect(await codeOf(world.run('approvals.approve', { id, passphrase: 'guess number one' }))).toBe(
      'not_an_approver',
    );
    expect(await codeOf(world.run('approvals.approve', { id, approver: 'eve', passphrase: PASSPHRASE }))).toBe(
      'not_an_approver',
    );
    const byAgent = runOperation(
      world.gateway,
      operationNamed('approvals.approve'),
      { scope: LIVE, principal: AGENT },
      { id, passphrase: PASSPHRASE },
    );
    expect(await codeOf(byAgent)).toBe('policy_denied');
    for (let guess = 0; guess < 5; guess++)
      await codeOf(world.run('approvals.approve', { id, passphrase: `guess ${guess} of many` }));
    expect(await codeOf(world.approve(asked))).toBe('too_many_attempts');
    expect(world.writes()).toEqual([]);
  });

  it('statement 10: is sent once, however many decide and however many rounds look after it', async () => {
    const asked = await post();
    const decisions = await Promise.all([world.approve(asked), world.approve(asked), world.approve(asked)].map(codeOf));
    expect(decisions.filter((one) => one === 'resolved')).toHaveLength(1);
    await Promise.all([settleApprovals(world.gateway), settleApprovals(world.gateway)]);
    expect(world.writes()).toHaveLength(1);
  });

  it('statement 10: is sent once, when fifty carry it out at the same time', async () => {
    const asked = await post({ idempotencyKey: 'k' });
    await world.decideOnly(asked);
    await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        at % 2 === 0 ? settleApprovals(world.gateway) : post({ idempotencyKey: 'k' }),
      ),
    );
    await settleApprovals(world.gateway);
    expect(world.writes()).toHaveLength(1);
    expect(await post({ idempotencyKey: 'k' })).toMatchObject({ state: 'replayed', callId: asked.callId });
  });

  it('is not sent by what somebody wrote into the database', async () => {
    const asked = await post();
    const entry = world.gateway.entry(
      { scope: LIVE, principal: AGENT, callId: asked.callId, dryRun: false },
      { phase: 'decision', action: 'x', status: 'succeeded' },
    );
    const decision = JSON.stringify({ by: 'ada', at: new Date(world.clock.nowMs()).toISOString(), signature: 'AAAA' });
    const forged = { state: 'approved' as const, decision, ttlMs: 60_000, entry };
    expect(await world.store.approvals.decide(LIVE, asked.approval!.id, forged)).toBe('decided');
    await settleApprovals(world.gateway);
    expect(world.writes()).toEqual([]);
    expect(await world.run('calls.get', { id: asked.callId })).toMatchObject({ state: 'denied' });
  });

  it('is not sent when policy denies it by then, when its key is over, or when the account is another', async () => {
    const asked = await post();
    world.policy({ rules: [{ name: 'stop', action: 'slack.*', then: 'deny' }] });
    expect(await world.approve(asked)).toMatchObject({ call: { state: 'denied', error: { code: 'policy_denied' } } });
    world.policy({ rules: [] });
    const key = (await world.run('keys.create', {
      name: 'bot',
      type: 'agent',
      by: 'ada',
      byPassphrase: PASSPHRASE,
    })) as { id: string };
    const byKey = await post({ principal: { ...AGENT, id: key.id } });
    await world.run('keys.revoke', { id: key.id });
    expect(await world.approve(byKey)).toMatchObject({ call: { state: 'denied', error: { code: 'approval_stale' } } });
    expect(world.writes()).toEqual([]);
  });

  it('survives a crash before and after the yes', async () => {
    const first = await post();
    await world.restart();
    expect(await world.approve(first)).toMatchObject({ call: { state: 'done' } });
    const second = await world.agentCalls({ channel: 'C024BE91L', text: 'Second' });
    await world.decideOnly(second);
    await world.restart();
    await settleApprovals(world.gateway);
    await settleApprovals(world.gateway);
    expect(world.texts()).toEqual(['Hello', 'Second']);
  });
});

describe('approvers', () => {
  it('are enrolled by a person; after the first an approver vouches', async () => {
    const script = localPrincipal('api_key', 'local', 'cli');
    const add = (input: object, principal = localPrincipal('person', 'local', 'cli')) =>
      codeOf(runOperation(world.gateway, operationNamed('approvers.add'), { scope: LIVE, principal }, input));
    expect(await add({ name: 'eve', passphrase: 'a passphrase of eve' })).toBe('not_an_approver');
    expect(await add({ name: 'eve', passphrase: 'a passphrase of eve' }, AGENT)).toBe('policy_denied');
    const vouched = { by: 'ada', byPassphrase: PASSPHRASE };
    expect(await add({ name: 'bob', passphrase: 'short', ...vouched })).toBe('invalid_argument');
    expect(await add({ name: 'bob', passphrase: 'a passphrase of bob', ...vouched }, script)).toBe('policy_denied');
    expect(await add({ name: 'bob', passphrase: 'a passphrase of bob', ...vouched })).toBe('resolved');
    expect(await world.run('approvers.list', {})).toEqual({ approvers: [{ name: 'ada' }, { name: 'bob' }] });
  });
});
