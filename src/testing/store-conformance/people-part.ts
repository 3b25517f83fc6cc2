/** Keys of our own, approvals, and counters of amounts. @module */
import type { NewApiKey } from '../../core/api-key.js';
import type { ApprovalDecision, NewApproval } from '../../core/approval.js';
import { claim, hash, settle } from './fixtures.js';
import { LIVE, OTHER, SANDBOX, type Part, type Stage } from './suite.js';

const HOUR_MS = 3_600_000;
const TTL_MS = 600_000;

let count = 0;

function keyOf({ make }: Stage, over: Partial<NewApiKey> = {}): NewApiKey {
  const id = make.newId('key');
  return { id, hash: hash(id), facts: '{"name":"ci"}', createdBy: 'prn_someone', ...over };
}

function approvalOf({ make }: Stage, over: Partial<NewApproval> = {}): NewApproval {
  return {
    id: make.newId('approval'),
    callId: make.newId('call'),
    key: `approval-key-${count++}`,
    operation: 'globex.sendMessage',
    inputHash: hash('input'),
    request: '{"method":"POST"}',
    requestedBy: 'prn_agent',
    ttlMs: TTL_MS,
    entry: make.entry({ status: 'pending_approval' }),
    ...over,
  };
}

function decisionOf({ make }: Stage, state: ApprovalDecision['state']): ApprovalDecision {
  return { state, decision: '{"by":"ada"}', ttlMs: TTL_MS, entry: make.entry() };
}

export const peoplePart: Part = {
  name: 'keys, approvals, amounts',
  tests: {
    'a key is found by its hash, in its scope and its state': async (stage) => {
      const { store, clock, expect } = stage;
      const key = keyOf(stage, { lifeMs: HOUR_MS });
      const at = clock.nowMs();
      expect(await store.apiKeys.create(LIVE, key)).toBe('created');
      expect(await store.apiKeys.create(LIVE, { ...key, hash: hash('x') })).toBe('exists');
      const { lifeMs: _life, ...given } = key;
      const row = { ...given, ...LIVE, createdAtMs: at, expiresAtMs: at + HOUR_MS };
      expect(await store.system.apiKey(key.hash)).toEqual(row);
      expect(await store.apiKeys.get(LIVE, key.id)).toEqual(row);
      expect(await store.apiKeys.get(SANDBOX, key.id)).toBe(undefined);
      expect(await store.system.apiKey(hash('another'))).toBe(undefined);
      await store.apiKeys.used(LIVE, key.id);
      expect(await store.apiKeys.revoke(SANDBOX, key.id)).toBe('not_found');
      expect(await store.apiKeys.revoke(LIVE, key.id)).toBe('revoked');
      await clock.advance(5);
      expect(await store.apiKeys.revoke(LIVE, key.id)).toBe('revoked');
      expect(await store.system.apiKey(key.hash)).toEqual({ ...row, usedAtMs: at, revokedAtMs: at });
    },

    'a key is replaced by the next one, and ends a while later': async (stage) => {
      const { store, clock, expect } = stage;
      const [old, next] = [keyOf(stage), keyOf(stage)];
      await store.apiKeys.create(SANDBOX, old);
      expect(await store.apiKeys.rotate(SANDBOX, old.id, next, HOUR_MS)).toBe('rotated');
      expect(await store.apiKeys.get(SANDBOX, old.id)).toMatchObject({ expiresAtMs: clock.nowMs() + HOUR_MS });
      expect((await store.system.apiKey(next.hash))?.id).toBe(next.id);
      await clock.advance(HOUR_MS + 1);
      expect(await store.apiKeys.rotate(SANDBOX, old.id, keyOf(stage), 0)).toBe('not_found');
      expect(await store.apiKeys.rotate(OTHER, next.id, keyOf(stage), 0)).toBe('not_found');
      const page = await store.apiKeys.list(SANDBOX, { limit: 1 });
      expect(page.rows.map(({ id }) => id)).toEqual([next.id]);
      const rest = await store.apiKeys.list(SANDBOX, { limit: 1, cursor: page.cursor! });
      expect(rest.rows.map(({ id }) => id)).toEqual([old.id]);
    },

    'an approval is asked for once a key': async (stage) => {
      const { store, clock, expect } = stage;
      const wanted = approvalOf(stage);
      const at = clock.nowMs();
      const first = await store.approvals.request(LIVE, wanted);
      const { entry: _entry, ttlMs: _ttl, ...given } = wanted;
      const row = { ...given, ...LIVE, state: 'pending', requestedAtMs: at, expiresAtMs: at + TTL_MS };
      expect(first).toEqual({ kind: 'requested', row });
      const again = approvalOf(stage, { key: wanted.key });
      expect(await store.approvals.request(LIVE, again)).toEqual({ kind: 'known', row });
      const other = approvalOf(stage, { key: wanted.key, inputHash: hash('other') });
      expect(await store.approvals.request(LIVE, other)).toEqual({ kind: 'mismatch', row });
      expect((await store.approvals.request(SANDBOX, approvalOf(stage, { key: wanted.key }))).kind).toBe('requested');
      expect(await store.approvals.ofCall(LIVE, wanted.callId)).toEqual(row);
      expect(await store.approvals.get(OTHER, wanted.id)).toBe(undefined);
      expect(await store.system.approval(wanted.id)).toEqual(row);
      const ids = async (state: 'pending' | 'used'): Promise<string[]> =>
        (await store.approvals.list(LIVE, { state }, { limit: 10 })).rows.map(({ id }) => id);
      expect(await ids('pending')).toEqual([wanted.id]);
      expect(await ids('used')).toEqual([]);
      expect((await store.audit.search(LIVE, {}, { limit: 10 })).rows.length).toBe(1);
    },

    'of many that decide and many that send, one does': async (stage) => {
      const { store, clock, expect } = stage;
      const wanted = approvalOf(stage);
      await store.approvals.request(LIVE, wanted);
      expect(await store.approvals.start(LIVE, wanted.id, 1_000)).toBe(false);
      expect(await store.approvals.end(LIVE, wanted.id, { state: 'used' })).toBe('not_found');
      const states = ['approved', 'rejected', 'approved', 'approved'] as const;
      const answers = await Promise.all(
        states.map((state) => store.approvals.decide(LIVE, wanted.id, decisionOf(stage, state))),
      );
      expect(answers.filter((answer) => answer === 'decided').length).toBe(1);
      expect(answers.filter((answer) => answer === 'closed').length).toBe(3);
      expect(await store.approvals.decide(SANDBOX, wanted.id, decisionOf(stage, 'approved'))).toBe('not_found');
      const approved = approvalOf(stage);
      await store.approvals.request(LIVE, approved);
      await store.approvals.decide(LIVE, approved.id, decisionOf(stage, 'approved'));
      const starts = await Promise.all([1, 2, 3].map(() => store.approvals.start(LIVE, approved.id, 1_000)));
      expect(starts.filter(Boolean).length).toBe(1);
      await clock.advance(1_001);
      expect(await store.approvals.start(LIVE, approved.id, 1_000)).toBe(true);
      expect(await store.approvals.end(LIVE, approved.id, { state: 'used', outcome: '{}' })).toBe('ended');
      expect(await store.approvals.end(LIVE, approved.id, { state: 'used' })).toBe('not_found');
      expect(await store.approvals.start(LIVE, approved.id, 1_000)).toBe(false);
    },

    'nobody decides late, and an expired one makes room for the next': async (stage) => {
      const { store, clock, make, expect } = stage;
      const [one, two] = [approvalOf(stage), approvalOf(stage)];
      await store.approvals.request(LIVE, one);
      await store.approvals.request(LIVE, two);
      expect(await store.approvals.end(LIVE, one.id, { state: 'expired' })).toBe('not_found');
      expect(await store.system.approvalsDue(10)).toEqual([]);
      await store.approvals.decide(LIVE, two.id, decisionOf(stage, 'approved'));
      expect((await store.system.approvalsDue(10)).map(({ id }) => id)).toEqual([two.id]);
      await store.approvals.start(LIVE, two.id, TTL_MS * 2);
      await clock.advance(TTL_MS);
      expect((await store.system.approvalsDue(10)).map(({ id }) => id)).toEqual([one.id]);
      expect(await store.approvals.decide(LIVE, one.id, decisionOf(stage, 'approved'))).toBe('closed');
      expect(await store.approvals.end(LIVE, one.id, { state: 'expired', entry: make.entry() })).toBe('ended');
      const next = approvalOf(stage, { key: one.key, inputHash: hash('other') });
      expect((await store.approvals.request(LIVE, next)).kind).toBe('requested');
      const after = approvalOf(stage, { key: next.key, supersedes: next.id });
      expect((await store.approvals.request(LIVE, after)).kind).toBe('requested');
      expect((await store.approvals.get(LIVE, next.id))?.state).toBe('expired');
    },

    'a job that waits for an approval is woken by a no, also by one that came before it parked': async (stage) => {
      const { store, make, expect } = stage;
      await store.events.accept(LIVE, make.event());
      await store.events.accept(LIVE, make.event());
      const [first, second] = await claim(store);
      const [one, two] = [approvalOf(stage), approvalOf(stage)];
      await store.approvals.request(LIVE, one);
      await store.approvals.request(LIVE, two);
      await settle(store, [first!], { outcome: 'parked', parkedOn: one.callId });
      expect((await store.jobs.get(LIVE, first!.id))?.state).toBe('parked');
      await store.approvals.decide(LIVE, one.id, decisionOf(stage, 'rejected'));
      expect((await store.jobs.get(LIVE, first!.id))?.state).toBe('ready');
      await store.approvals.decide(LIVE, two.id, decisionOf(stage, 'rejected'));
      await settle(store, [second!], { outcome: 'parked', parkedOn: two.callId });
      expect((await store.jobs.get(LIVE, second!.id))?.state).toBe('ready');
      expect((await claim(store)).length).toBe(2);
    },

    'amounts are counted once a key, never beyond the limit, in a window that moves': async (stage) => {
      const { store, clock, expect } = stage;
      const item = { counter: 'refunds EUR', minor: 40, windowMs: HOUR_MS, limit: 100 };
      const take = (key: string, over = {}) => store.spend.take(LIVE, key, [{ ...item, ...over }]);
      const answers = await Promise.all(['a', 'b', 'c', 'd'].map((key) => take(key)));
      expect(answers.filter(({ kind }) => kind === 'taken').length).toBe(2);
      const sums = () => store.spend.sums(LIVE, [item, { counter: 'other', windowMs: HOUR_MS }]);
      expect(await sums()).toEqual([80, 0]);
      const taken = ['a', 'b', 'c', 'd'][answers.findIndex(({ kind }) => kind === 'taken')]!;
      expect(await take(taken, { minor: 1_000 })).toEqual({ kind: 'taken' });
      expect(await sums()).toEqual([80, 0]);
      expect(await take('e')).toEqual({ kind: 'over', counter: item.counter });
      await store.spend.giveBack(LIVE, taken);
      expect(await take('e')).toEqual({ kind: 'taken' });
      const both = [{ counter: 'other', minor: 1, windowMs: HOUR_MS }, item];
      expect((await store.spend.take(LIVE, 'f', both)).kind).toBe('over');
      expect(await sums()).toEqual([80, 0]);
      expect(await store.spend.sums(SANDBOX, [item])).toEqual([0]);
      await clock.advance(HOUR_MS);
      expect(await sums()).toEqual([0, 0]);
      expect((await take('g', { limit: undefined, minor: 500 })).kind).toBe('taken');
    },
  },
};
