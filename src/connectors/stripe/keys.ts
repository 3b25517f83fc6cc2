/**
 * How Stripe recognises a repeat, and how long an effect takes to show.
 *
 * @source docs.stripe.com/api/idempotent_requests (keys of 255 characters, at least 24 h, every POST; a 500 is kept,
 * refusals before the work begins are not)
 * @module
 */
import type { Idempotency } from '../../core/connector.js';
import { KEPT_FAILURE, KEY_OF_ANOTHER } from './errors.js';

const DAY_MS = 86_400_000;
const SOURCE = 'docs.stripe.com/api/idempotent_requests';

/** For what can be found again by a look-up. */
export const KEYED = {
  idempotency: {
    header: 'Idempotency-Key',
    keyTtlMs: DAY_MS,
    source: SOURCE,
    // Both say that something began under this key; neither says what came of it.
    refusedWith: [KEPT_FAILURE, KEY_OF_ANOTHER],
  },
  settleMs: 5_000,
  settleSource: 'memory: lists show what was made at once, only searches lag behind, and no search is asked',
} as const satisfies { idempotency: Idempotency; settleMs: number; settleSource: string };

/** For what no list shows. */
export const KEYED_ONLY = {
  idempotency: { header: 'Idempotency-Key', keyTtlMs: DAY_MS, source: SOURCE },
  settleMs: 0,
} as const satisfies { idempotency: Idempotency; settleMs: number };

export const READS = { effect: 'read', idempotency: 'none', settleMs: 0 } as const;
