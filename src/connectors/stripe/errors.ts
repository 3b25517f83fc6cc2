/**
 * What Stripe's answers mean.
 *
 * @source Stripe's OpenAPI description (api_errors); docs.stripe.com/error-codes, /api/errors (statuses),
 * /api/idempotent_requests, /rate-limits; stripe-node RequestSender.ts (Stripe-Should-Retry); the header of a kept
 * answer, Idempotent-Replayed, from memory
 * @module
 */
import type { ProviderFailure } from '../../core/connector.js';
import { classifier, type CodeMeaning } from '../../core/failure-table.js';
import { parseJsonObject, valueAt } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { DECLINES } from './declines.js';

/** Under this key Stripe failed before, and keeps to that. What came of the request, only a look-up can tell. */
export const KEPT_FAILURE = 'kept_failure';
/** This key came with other parameters before. */
export const KEY_OF_ANOTHER = 'idempotency_error';

const CODES: Readonly<Record<string, CodeMeaning>> = {
  ...DECLINES,
  [KEY_OF_ANOTHER]: 'the key was used for another request before; use a new one',
  api_key_expired: { code: 'provider_auth', problem: 'the key has expired' },
  charge_already_refunded: 'the payment has been refunded already',
  charge_disputed: 'the payer disputes the payment, so it cannot be refunded',
  checkout_session_expired: 'the checkout page has expired; make a new one',
  customer_tax_location_invalid: 'the address of the customer is not enough to work out tax',
  email_invalid: 'this is no e-mail address',
  invoice_payment_intent_requires_action: 'the customer has to confirm the payment first',
  invoice_upcoming_none: 'there is nothing to be billed',
  livemode_mismatch: 'it belongs to the other mode: test and live do not mix',
  subscription_payment_intent_requires_action: 'the customer has to confirm the payment first',
};

const table = classifier({
  requestId: ['request-id'],
  providerCode: ['error.decline_code', 'error.code', 'error.type'],
  says: ['error.message'],
  advice: { header: 'stripe-should-retry', retry: 'true', stop: 'false' },
  rules: [
    // The same answer for as long as the key lives: to ask again is no use, and another key could do it twice.
    {
      when: { status: [500, 501, 502, 503, 504], headers: { 'idempotent-replayed': 'true' } },
      code: 'provider_unavailable',
      providerCode: KEPT_FAILURE,
      problem: 'it failed when it was first asked this, and keeps that answer',
      advice: 'stop',
    },
    // A lock that somebody else holds, or the same key still being worked on: this request did nothing.
    {
      when: { body: { 'error.code': 'lock_timeout' } },
      code: 'provider_unavailable',
      safeToRetry: true,
      problem: 'something else is changing the same thing at the moment',
    },
    { when: { status: 409, headers: { 'stripe-should-retry': 'false' } }, code: 'provider_rejected' },
    {
      when: { status: 409 },
      code: 'provider_unavailable',
      safeToRetry: true,
      problem: 'the same request, or another about the same thing, is still under way',
    },
    { when: { status: 403 }, code: 'provider_auth', providerCode: 'missing_permission' },
  ],
  codes: CODES,
});

export function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  const failure = table(answer, nowMs);
  if (failure === undefined) return undefined;
  const body = parseJsonObject(answer.body);
  const type = valueAt(body, 'error.type');
  if (type === 'card_error') return { ...failure, problem: cardWords(failure) };
  const parameter = valueAt(body, 'error.param');
  if (type !== 'invalid_request_error' || typeof parameter !== 'string') return failure;
  return { ...failure, problem: naming(failure.problem, parameter) };
}

/** For a code nobody wrote down: Stripe writes these messages for the holder of the card. */
function cardWords({ providerCode, problem }: ProviderFailure): string {
  return Object.hasOwn(CODES, providerCode) ? problem : `Card was declined (${problem})`;
}

const PARAMETER_CHARACTERS_MAX = 80;

function naming(problem: string, parameter: string): string {
  const name = parameter.slice(0, PARAMETER_CHARACTERS_MAX);
  return name === '' || problem.includes(name) ? problem : `${problem} (${name})`;
}
