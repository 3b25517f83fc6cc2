/**
 * What we know of Stripe's API beyond our actions.
 *
 * @source Stripe's OpenAPI description (paths)
 * @module
 */
import type { Effect } from '../../core/operation.js';
import type { RawFacts, RawRules } from '../../core/connector.js';
import { KEYED_ONLY } from './keys.js';

/** What moves money when it is posted to. */
const PAYS =
  /^\/(?:charges|payment_intents(?:\/[^/]+\/(?:confirm|capture|increment_authorization))?|invoices\/[^/]+\/(?:pay|send|finalize)|subscriptions|subscription_schedules|payouts|transfers|refunds|topups|charges\/[^/]+\/(?:capture|refund)|orders\/[^/]+\/submit)$/;

/** Keys of Stripe that are made for a caller, and what runs beside the API. */
const NOT_PASSED_ON = /^\/(?:ephemeral_keys|stripecli\/|oauth\/|apps\/secrets|account_sessions)/;

function effect({ method, path }: RawFacts): Effect {
  if (method === 'GET') return 'read';
  if (method === 'DELETE') return 'delete';
  if (PAYS.test(path)) return 'pay';
  // Anything below an object changes it; what stands in a list is new.
  return path.split('/').length > 2 ? 'update' : 'create';
}

export const raw: RawRules = {
  effect,
  refuses: ({ path }) => (NOT_PASSED_ON.test(path) ? 'this address hands out credentials' : undefined),
  limits: ({ method, path }) => [
    { bucket: 'endpoint', key: `${method} /v1${path.replace(/\/\w{2,8}_\w{6,}/g, '/{id}')}` },
  ],
  idempotency: KEYED_ONLY.idempotency,
  stopHeaders: { 'stripe-should-retry': 'false' },
  headers: ['stripe-version', 'stripe-account', 'stripe-context', 'x-stripe-client-user-agent'],
};
