/** Operations on calls: what was sent, what it came to, and what to do when nobody knows. @module */
import { z } from 'zod';
import type { ApprovalRow } from '../core/approval.js';
import type { CallRow } from '../core/call.js';
import { AppError } from '../core/errors.js';
import { redact, redactText } from '../core/redact.js';
import type { Scope } from '../core/scope.js';
import type { Store } from '../core/store.js';
import { isSealedAnswer } from './answer-ledger.js';
import { cursor, iso, limit, present } from './fields.js';
import { operation } from './gateway.js';

/** How long a caller may wait for the end of a call, in one request. */
const WAIT_SECONDS_MAX = 25;
const LOOK_EVERY_MS = 500;
const CALL_STATES = ['running', 'done', 'failed', 'unknown'] as const;

const shown = z.object({
  approval: z
    .object({ id: z.string(), state: z.string(), expiresAt: z.string() })
    .optional()
    .describe('what a person has to agree to, or has'),
  id: z.string(),
  key: z.string(),
  operation: z.string(),
  state: z.enum([...CALL_STATES, 'pending_approval', 'denied', 'expired']),
  attempts: z.number(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  durationMs: z.number().optional(),
  result: z.unknown().optional(),
});

function show(call: CallRow): z.input<typeof shown> {
  return {
    id: call.id,
    // A caller's key is the caller's text, and may be a secret by mistake.
    key: redactText(call.key),
    operation: call.operation,
    state: call.state,
    attempts: call.attempts,
    startedAt: iso(call.startedAtMs),
    ...(call.endedAtMs === undefined ? {} : { endedAt: iso(call.endedAtMs) }),
    ...present({ durationMs: call.durationMs }),
    ...resultOf(call),
  };
}

/** The answer of an operation of ours may hold a secret; who made the call gets it by the key. */
function resultOf({ result }: CallRow): { result?: unknown } {
  const kept: unknown = result === undefined ? undefined : JSON.parse(result);
  return kept === undefined || isSealedAnswer(kept) ? {} : { result: redact(kept) };
}

/** A call that was never sent, because of what a person said or did not say. */
function showUnsent(row: ApprovalRow): z.input<typeof shown> {
  const states = { pending: 'pending_approval', approved: 'running', rejected: 'denied', expired: 'expired' } as const;
  const outcome = row.outcome === undefined ? undefined : (JSON.parse(row.outcome) as { state: 'failed' | 'denied' });
  return {
    id: row.callId,
    key: redactText(row.key),
    operation: row.operation,
    state: row.state === 'used' ? (outcome?.state ?? 'failed') : states[row.state],
    attempts: 0,
    startedAt: iso(row.requestedAtMs),
    ...present({ result: outcome && redact(outcome) }),
  };
}

function asked(row: ApprovalRow | undefined): { approval?: { id: string; state: string; expiresAt: string } } {
  return row === undefined ? {} : { approval: { id: row.id, state: row.state, expiresAt: iso(row.expiresAtMs) } };
}

const list = operation({
  name: 'calls.list',
  summary: 'Lists calls, newest first',
  input: z.strictObject({ operation: z.string().optional(), state: z.enum(CALL_STATES).optional(), limit, cursor }),
  output: z.object({ calls: z.array(shown), cursor: z.string().optional() }),
  effect: 'read',
  scope: 'read',
  errors: [],
  audit: { target: () => ({ type: 'call', id: '*' }) },
  http: { method: 'GET', path: '/v1/calls' },
  cli: { words: 'call list', table: { rows: 'calls', columns: ['id', 'operation', 'state', 'attempts', 'startedAt'] } },
  async run(gateway, context, input) {
    const filter = present({ operation: input.operation, state: input.state });
    const page = await gateway.store.calls.list(context.scope, filter, {
      limit: input.limit,
      ...present({ cursor: input.cursor }),
    });
    return { calls: page.rows.map(show), ...present({ cursor: page.cursor }) };
  },
});

const get = operation({
  name: 'calls.get',
  summary: 'Shows one call and what it came to',
  input: z.strictObject({
    id: z.string(),
    waitSeconds: z.coerce.number().int().min(0).max(WAIT_SECONDS_MAX).optional().describe('for its end, at most'),
  }),
  output: shown,
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: { target: (input) => ({ type: 'call', id: input.id }) },
  http: { method: 'GET', path: '/v1/calls/{id}' },
  cli: { words: 'call get', positional: ['id'] },
  async run({ store, clock }, { scope, signal }, { id, waitSeconds = 0 }) {
    const endMs = clock.monotonicMs() + waitSeconds * 1_000;
    for (;;) {
      const found = await shownCall(store, scope, id);
      const leftMs = endMs - clock.monotonicMs();
      const isOver = found.state !== 'running' && found.state !== 'pending_approval';
      if (isOver || leftMs <= 0 || signal?.aborted === true) return found;
      await clock.sleep(Math.min(leftMs, LOOK_EVERY_MS), signal);
    }
  },
});

async function shownCall(store: Store, scope: Scope, id: string): Promise<z.input<typeof shown>> {
  const [call, approval] = await Promise.all([store.calls.get(scope, id), store.approvals.ofCall(scope, id)]);
  if (call !== undefined) return { ...show(call), ...asked(approval) };
  if (approval === undefined) throw new AppError('not_found', { what: 'call', id });
  return { ...showUnsent(approval), ...asked(approval) };
}

const settle = operation({
  name: 'calls.settle',
  summary: 'Decides what an unknown call came to, after a person has looked at the provider',
  input: z.strictObject({
    id: z.string(),
    outcome: z.enum(['took-place', 'did-not']).describe('what the provider shows'),
    note: z.string().max(500).optional(),
  }),
  output: shown,
  effect: 'update',
  scope: 'operate',
  errors: ['not_found', 'conflict'],
  audit: { target: (input) => ({ type: 'call', id: input.id }) },
  http: { method: 'POST', path: '/v1/calls/{id}/settle' },
  cli: {
    words: 'call settle',
    positional: ['id', 'outcome'],
    examples: ['fairlead call settle call_01... took-place'],
  },
  async run(gateway, context, input) {
    const call = await gateway.store.calls.get(context.scope, input.id);
    if (call === undefined) throw new AppError('not_found', { what: 'call', id: input.id });
    if (call.state !== 'unknown')
      throw new AppError('conflict', { what: `call ${call.id}`, problem: `it is ${call.state}` });
    const tookPlace = input.outcome === 'took-place';
    const entry = gateway.entry(context, {
      phase: 'decision',
      action: call.operation,
      status: tookPlace ? 'succeeded' : 'failed',
      target: { type: 'call', id: call.id },
      details: { decided: input.outcome, ...present({ note: input.note }) },
    });
    const settled = await gateway.store.calls.settle(context.scope, {
      callId: call.id,
      fence: 0,
      state: tookPlace ? 'done' : 'failed',
      result: JSON.stringify({ decided: input.outcome, by: context.principal.id }),
      attempts: call.attempts,
      durationMs: call.durationMs ?? 0,
      entry,
    });
    if (settled === 'lost')
      throw new AppError('conflict', { what: `call ${call.id}`, problem: 'somebody else decided it just now' });
    gateway.wake();
    return show((await gateway.store.calls.get(context.scope, call.id)) ?? call);
  },
});

export const CALL_OPERATIONS = [list, get, settle];
