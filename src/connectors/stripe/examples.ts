/** Answers of Stripe and what we conclude from them. Run as tests by the connector suite. @module */
import type { AnswerExample, ConnectorExamples } from '../../core/connector.js';
import { billingCalls, billingReconciles } from './billing-examples.js';
import { customerCalls, customerReconciles } from './customer-examples.js';
import { paymentCalls, paymentReconciles } from './payment-examples.js';

const refused = (status: number, error: object, headers: Record<string, string> = {}): AnswerExample['answer'] => ({
  status,
  headers: { 'request-id': 'req_1', ...headers },
  body: { error },
});
const card = (code: string, declineCode?: string, message = 'Your card was declined.') =>
  refused(402, { type: 'card_error', code, ...(declineCode && { decline_code: declineCode }), message });
const declined = (problem: string) => ({ code: 'provider_rejected', problem, requestId: 'req_1' }) as const;
const invalid = (message: string, more: object = {}) => ({ type: 'invalid_request_error', message, ...more });

const answers: readonly AnswerExample[] = [
  { name: 'created', answer: { status: 200, body: { id: 'cus_1' } }, means: 'success' },
  {
    name: 'too little money',
    answer: card('card_declined', 'insufficient_funds', 'Your card has insufficient funds.'),
    means: {
      ...declined('Card was declined: there is not enough money on it'),
      providerCode: 'insufficient_funds',
      safeToRetry: false,
    },
  },
  { name: 'declined', answer: card('card_declined', 'generic_decline'), means: declined('Card was declined') },
  { name: 'no reason at all', answer: card('card_declined'), means: declined('Card was declined') },
  {
    name: 'a stolen card: the words do not say so, the code does',
    answer: card('card_declined', 'stolen_card'),
    means: { ...declined('Card was declined'), providerCode: 'stolen_card' },
  },
  {
    name: 'an expired card',
    answer: card('expired_card', undefined, 'Your card has expired.'),
    means: declined('Card was declined: it has expired'),
  },
  {
    name: 'a wrong security code',
    answer: card('incorrect_cvc', 'incorrect_cvc'),
    means: declined('Card was declined: its security code is wrong'),
  },
  {
    name: 'the holder has to confirm',
    answer: card('card_declined', 'authentication_required'),
    means: declined('Card was declined: its holder has to confirm the payment first'),
  },
  {
    name: 'a reason nobody wrote down',
    answer: card('card_declined', 'moon_in_retrograde', 'The stars are against it.'),
    means: { ...declined('Card was declined (The stars are against it.)'), safeToRetry: false },
  },
  {
    name: 'a plan whose first payment wants the customer',
    answer: card('subscription_payment_intent_requires_action', undefined, 'Payment requires action.'),
    means: declined('the customer has to confirm the payment first'),
  },
  {
    name: 'wrong parameter',
    answer: refused(400, invalid('Missing required param: amount.', { code: 'parameter_missing', param: 'amount' })),
    means: { code: 'provider_rejected', problem: 'Missing required param: amount.' },
  },
  {
    name: 'wrong value, and its place',
    answer: refused(400, invalid("No such price: 'p'", { code: 'resource_missing', param: 'items[0][price]' })),
    means: {
      providerCode: 'resource_missing',
      problem: "No such price: 'p' (items[0][price])",
      safeToRetry: false,
    },
  },
  {
    name: 'refunded before',
    answer: refused(400, invalid('Charge ch_1 has already been refunded.', { code: 'charge_already_refunded' })),
    means: { code: 'provider_rejected', problem: 'the payment has been refunded already' },
  },
  {
    name: 'test and live',
    answer: refused(404, invalid("No such customer: 'cus_1'", { code: 'livemode_mismatch' })),
    means: { problem: 'it belongs to the other mode: test and live do not mix' },
  },
  {
    name: 'the key was used for something else',
    answer: refused(400, { type: 'idempotency_error', message: 'Keys for idempotent requests can only be used with…' }),
    means: {
      code: 'provider_rejected',
      providerCode: 'idempotency_error',
      problem: 'the key was used for another request before; use a new one',
    },
  },
  {
    name: 'the same key is being worked on',
    answer: refused(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' }),
    means: { code: 'provider_unavailable', safeToRetry: true },
  },
  {
    name: 'a lock',
    answer: refused(429, invalid('This object cannot be accessed right now.', { code: 'lock_timeout' })),
    means: {
      code: 'provider_unavailable',
      problem: 'something else is changing the same thing at the moment',
      safeToRetry: true,
    },
  },
  {
    name: 'a conflict that will not pass',
    answer: { status: 409, headers: { 'stripe-should-retry': 'false' } },
    means: { code: 'provider_rejected', safeToRetry: false, advice: 'stop' },
  },
  {
    name: 'bad key',
    answer: refused(401, invalid('Invalid API Key provided: sk_test_****')),
    means: { code: 'provider_auth', problem: 'Invalid API Key provided: sk_test_****' },
  },
  {
    name: 'expired key',
    answer: refused(401, invalid('Expired API Key provided: sk_test_****', { code: 'api_key_expired' })),
    means: { code: 'provider_auth', problem: 'the key has expired' },
  },
  {
    name: 'a restricted key',
    answer: refused(403, invalid('The provided key does not have the required permissions for this endpoint.')),
    means: {
      code: 'provider_auth',
      providerCode: 'missing_permission',
      problem: 'The provided key does not have the required permissions for this endpoint.',
    },
  },
  {
    name: 'too fast',
    answer: refused(429, invalid('Request rate limit exceeded.', { code: 'rate_limit' }), {
      'stripe-rate-limited-reason': 'global-rate',
      'stripe-should-retry': 'true',
    }),
    means: { code: 'rate_limited', providerCode: 'rate_limit', safeToRetry: true, advice: 'retry' },
  },
  {
    name: 'too fast, with a time',
    answer: refused(429, invalid('Request rate limit exceeded.'), { 'retry-after': '7' }),
    means: { code: 'rate_limited', retryAfterMs: 7_000, safeToRetry: true },
  },
  {
    name: 'broken, and it may have been done',
    answer: { status: 500, headers: { 'stripe-should-retry': 'true' } },
    means: { code: 'provider_unavailable', safeToRetry: false, advice: 'retry' },
  },
  {
    name: 'broken when it was first asked, and kept under the key',
    answer: refused(500, { type: 'api_error', message: 'x' }, { 'idempotent-replayed': 'true' }),
    means: { code: 'provider_unavailable', providerCode: 'kept_failure', safeToRetry: false, advice: 'stop' },
  },
];

export const examples: ConnectorExamples = {
  answers,
  calls: { ...customerCalls, ...paymentCalls, ...billingCalls },
  reconciles: { ...customerReconciles, ...paymentReconciles, ...billingReconciles },
  identity: {
    answer: {
      body: {
        id: 'acct_1',
        object: 'account',
        business_profile: { name: 'Acme GmbH' },
        email: 'owner@example.com',
        settings: { dashboard: { display_name: 'Acme', timezone: 'Etc/UTC' } },
      },
    },
    is: { accountId: 'acct_1', account: 'Acme' },
  },
};
