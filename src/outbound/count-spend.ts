/** Amounts are counted before the first byte, so that of two calls that fit alone and not together one goes. @module */
import { AppError } from '../core/errors.js';
import type { OutboundParts } from './parts.js';
import { isRefusal, permissionFor, type Refusal } from './permission.js';
import type { Plan } from './plan.js';

/** Others count at the same time: after so many turns it is their turn for good. */
const TURNS_MAX = 5;

const HOUR_MS = 3_600_000;

/** `ask`: with what others have spent by now, a person has to agree. */
export type Counted = { kind: 'counted' } | { kind: 'ask'; plan: Plan } | { kind: 'refused'; refusal: Refusal };

/**
 * Notes what is about to be read, for rules about what comes after it: a note an hour and caller. It is written before
 * the first byte, so that what was read and what is known to have been read do not differ.
 */
export async function noteRead(parts: OutboundParts, { context, permission }: Plan): Promise<void> {
  const { spend, clock } = parts;
  const hour = Math.floor(clock.nowMs() / HOUR_MS);
  for (const item of permission.counts ?? []) {
    await spend?.take(context.scope, `${item.counter} ${hour}`, [item]);
  }
}

/** @param force the call was agreed to: it is counted, whatever the limit */
export async function countSpend(parts: OutboundParts, first: Plan, force: boolean): Promise<Counted> {
  let plan = first;
  for (let turn = 1; turn <= TURNS_MAX; turn++) {
    const { counts = [], decision } = plan.permission;
    if (counts.length === 0 || parts.spend === undefined) return { kind: 'counted' };
    if (decision === 'ask' && !force) return { kind: 'ask', plan };
    const items = force ? counts.map(({ limit: _limit, ...item }) => item) : counts;
    const taken = await parts.spend.take(plan.context.scope, plan.key, items);
    if (taken.kind === 'taken') return { kind: 'counted' };
    const permission = await permissionFor(parts, plan, plan.uses);
    if (isRefusal(permission)) return { kind: 'refused', refusal: permission };
    plan = { ...plan, permission };
  }
  const { name } = plan.found;
  return {
    kind: 'refused',
    refusal: {
      state: 'failed',
      error: new AppError('conflict', { what: name, problem: 'too many calls count at once' }),
    },
  };
}
