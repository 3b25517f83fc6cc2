/**
 * Stripe.
 *
 * @source Stripe's OpenAPI description (api_errors); docs.stripe.com/api/idempotent_requests, /rate-limits;
 * stripe-node RequestSender.ts (Stripe-Should-Retry)
 * @module
 */
import { defineConnector, type ConnectorExamples, type ProviderFailure } from '../../core/connector.js';
import { parseJsonObject, valueAt } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { failureByStatus, type FailureWords } from '../../core/provider-failure.js';
import { markedKey } from './key-environment.js';
import { STRIPE_CURRENCIES } from './money.js';
import { webhooks } from './webhooks.js';

function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const body = parseJsonObject(answer.body);
  const text = (path: string): string | undefined => {
    const value = valueAt(body, path);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const providerCode = text('error.decline_code') ?? text('error.code') ?? text('error.type');
  return failureByStatus(answer, nowMs, {
    ...(providerCode && { providerCode }),
    ...problemOf(text('error.type'), text('error.message')),
    ...conflictOf(answer, text('error.code')),
  });
}

/** Stripe writes the messages of card errors for the person who holds the card. */
function problemOf(type: string | undefined, message: string | undefined): FailureWords {
  if (message === undefined) return {};
  return { problem: type === 'card_error' ? message : `Stripe says: ${message}` };
}

/**
 * 409 is a lock that somebody else holds, or the same key still being worked on: this request did nothing, and Stripe
 * says in a header whether another one makes sense.
 */
function conflictOf({ status, headers }: HttpAnswer, code: string | undefined): FailureWords {
  const isConflict = status === 409 || code === 'lock_timeout';
  if (!isConflict || headers['stripe-should-retry'] === 'false') return {};
  return { code: 'provider_unavailable', safeToRetry: true };
}

const examples: ConnectorExamples = {
  answers: [
    { name: 'created', answer: { status: 200, body: { id: 'cus_1' } }, means: 'success' },
    {
      name: 'card declined',
      answer: {
        status: 402,
        headers: { 'request-id': 'req_1' },
        body: {
          error: {
            type: 'card_error',
            code: 'card_declined',
            decline_code: 'insufficient_funds',
            message: 'Your card has insufficient funds.',
          },
        },
      },
      means: {
        code: 'provider_rejected',
        providerCode: 'insufficient_funds',
        problem: 'Your card has insufficient funds.',
        requestId: 'req_1',
      },
    },
    {
      name: 'wrong parameter',
      answer: {
        status: 400,
        body: { error: { type: 'invalid_request_error', code: 'parameter_missing', message: 'Missing: amount.' } },
      },
      means: { code: 'provider_rejected', problem: 'Stripe says: Missing: amount.' },
    },
    {
      name: 'the same key is being worked on',
      answer: { status: 409, body: { error: { type: 'idempotency_error', code: 'idempotency_key_in_use' } } },
      means: { code: 'provider_unavailable', safeToRetry: true },
    },
    {
      name: 'a conflict that will not pass',
      answer: { status: 409, headers: { 'stripe-should-retry': 'false' } },
      means: { code: 'provider_rejected', safeToRetry: false },
    },
    { name: 'bad key', answer: { status: 401 }, means: { code: 'provider_auth' } },
    { name: 'too fast', answer: { status: 429 }, means: { code: 'rate_limited', safeToRetry: true } },
    {
      name: 'broken, and it may have been done',
      answer: { status: 500, headers: { 'stripe-should-retry': 'true' } },
      means: { code: 'provider_unavailable', safeToRetry: false },
    },
  ],
  calls: {},
};

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'stripe',
  title: 'Stripe',
  hosts: ['api.stripe.com', 'files.stripe.com'],
  baseUrl: 'https://api.stripe.com/v1',
  envAliases: [markedKey],
  actions: {},
  classify,
  currencies: STRIPE_CURRENCIES,
  webhooks,
  examples,
});
