import { describe, expect, it } from 'vitest';
import type { CallResult } from '../core/call.js';
import { localPrincipal } from '../core/local-identity.js';
import type { Effect } from '../core/operation.js';
import { VirtualClock } from '../testing/index.js';
import type { ActionCall } from '../outbound/index.js';
import { callUnderKey, REPLAY_WINDOW_MS } from './derived-key.js';
import type { Gateway } from './gateway.js';

interface Asked {
  input?: unknown;
  session?: string;
  repeat?: boolean;
  idempotencyKey?: string;
  via?: 'mcp' | 'cli';
  dryRun?: boolean;
  effect?: Effect;
}

/** A ledger, and a gateway in front of it that can forget as a restart does. */
function setting() {
  const clock = new VirtualClock(1_000_000_000);
  const ledger = new Map<string, { callId: string; endedAtMs: number }>();
  const state = { unknown: false };
  const keys: (string | undefined)[] = [];
  const callAction = async ({ context }: ActionCall): Promise<CallResult> => {
    const { idempotencyKey } = context;
    keys.push(idempotencyKey);
    const key = idempotencyKey ?? context.callId;
    const base = { callId: context.callId, idempotencyKey: key };
    if (state.unknown) return { ...base, state: 'unknown' };
    const known = ledger.get(key);
    if (known !== undefined) return { ...base, ...known, state: 'replayed' };
    ledger.set(key, { callId: context.callId, endedAtMs: clock.nowMs() });
    return { ...base, state: 'done' };
  };
  const fresh = () => ({ clock, callAction }) as unknown as Gateway;
  let gateway = fresh();
  let count = 0;
  const ask = async ({
    input = { a: 1 },
    session = 's',
    via = 'mcp',
    effect = 'send',
    dryRun = false,
    ...rest
  }: Asked = {}) => {
    const principal = localPrincipal('agent', 'local', via, { session });
    const scope = { tenant: 'default', environment: 'sandbox' } as const;
    const context = { scope, principal, dryRun, callId: `call_${(count += 1)}`, ...rest };
    return (await callUnderKey(gateway, { action: 'x.send', input, context }, effect)).state;
  };
  return { clock, ledger, state, keys, ask, restart: () => (gateway = fresh()) };
}

describe('statement 33: the key of a write that an agent made without one', () => {
  it('is one for the same call', async () => {
    const { ask, ledger } = setting();
    expect([await ask(), await ask(), await ask()]).toEqual(['done', 'replayed', 'replayed']);
    expect(ledger.size).toBe(1);
  });

  it.each<[string, Asked]>([
    ['other input', { input: { a: 2 } }],
    ['another session', { session: 't' }],
    ['a key of its own', { idempotencyKey: 'mine' }],
    ['repeat', { repeat: true }],
  ])('is another for %s', async (_what, other) => {
    const { ask } = setting();
    expect([await ask(), await ask(other)]).toEqual(['done', 'done']);
  });

  it('is forgotten ten minutes after it was last asked for', async () => {
    const { ask, clock } = setting();
    await ask();
    for (let i = 0; i < 3; i++) {
      await clock.advance(REPLAY_WINDOW_MS - 1);
      expect(await ask()).toBe('replayed');
    }
    await clock.advance(REPLAY_WINDOW_MS + 1);
    expect([await ask(), await ask()]).toEqual(['done', 'replayed']);
  });

  it('outlives a restart, and goes on where it was', async () => {
    const { ask, restart, ledger } = setting();
    expect([await ask(), await ask({ repeat: true })]).toEqual(['done', 'done']);
    restart();
    expect(await ask({ repeat: true })).toBe('done');
    restart();
    expect(await ask()).toBe('replayed');
    expect(ledger.size).toBe(3);
  });

  it('never passes over a call of which nobody knows whether it took place', async () => {
    const { ask, state, clock, keys } = setting();
    state.unknown = true;
    await ask();
    await clock.advance(10 * REPLAY_WINDOW_MS);
    expect(await ask({ repeat: true })).toBe('unknown');
    expect(new Set(keys).size).toBe(1);
  });

  it.each<[string, Asked]>([
    ['a payment', { effect: 'pay' }],
    ['a read', { effect: 'read' }],
    ['a dry run', { dryRun: true }],
    ['another door', { via: 'cli' }],
  ])('is not made for %s', async (_what, asked) => {
    const { ask, keys } = setting();
    await ask(asked);
    expect(keys).toEqual([undefined]);
  });
});
