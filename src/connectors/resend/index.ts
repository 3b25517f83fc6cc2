/**
 * Resend.
 *
 * @source resend-openapi; resend-node (ErrorResponse); rate-limit headers from memory
 * @module
 */
import { defineConnector, type ConnectorExamples, type ProviderFailure } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { failureByStatus } from '../../core/provider-failure.js';
import { retryAfterMs } from '../../core/retry-after.js';
import { webhooks } from './webhooks.js';

function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const body = parseJsonObject(answer.body);
  const { name, message } = body ?? {};
  const resetMs = retryAfterMs(answer.headers['ratelimit-reset'], nowMs);
  const isInProgress = name === 'concurrent_idempotent_requests';
  return failureByStatus(answer, nowMs, {
    ...(typeof name === 'string' && { providerCode: name }),
    ...(typeof message === 'string' && { problem: `Resend says: ${message}` }),
    // The first request under the key is still being worked on; this one did nothing.
    ...(isInProgress && { code: 'provider_unavailable', safeToRetry: true }),
    ...(answer.status === 429 && answer.headers['retry-after'] === undefined && resetMs && { retryAfterMs: resetMs }),
  });
}

const examples: ConnectorExamples = {
  answers: [
    { name: 'sent', answer: { status: 200, body: { id: '49a3999c' } }, means: 'success' },
    {
      name: 'a field is wrong',
      answer: {
        status: 422,
        body: { statusCode: 422, name: 'validation_error', message: 'Invalid `from` field.' },
      },
      means: {
        code: 'provider_rejected',
        providerCode: 'validation_error',
        problem: 'Resend says: Invalid `from` field.',
      },
    },
    {
      name: 'the same key is being worked on',
      answer: { status: 409, body: { statusCode: 409, name: 'concurrent_idempotent_requests', message: 'Wait.' } },
      means: { code: 'provider_unavailable', safeToRetry: true },
    },
    {
      name: 'the key was used for another mail',
      answer: { status: 409, body: { statusCode: 409, name: 'invalid_idempotent_request', message: 'Other payload.' } },
      means: { code: 'provider_rejected', safeToRetry: false },
    },
    {
      name: 'too fast',
      answer: { status: 429, headers: { 'ratelimit-reset': '1' }, body: { name: 'rate_limit_exceeded' } },
      means: { code: 'rate_limited', retryAfterMs: 1_000, safeToRetry: true },
    },
    { name: 'bad key', answer: { status: 401, body: { name: 'missing_api_key' } }, means: { code: 'provider_auth' } },
    { name: 'broken', answer: { status: 500 }, means: { code: 'provider_unavailable', safeToRetry: false } },
  ],
  calls: {},
};

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'resend',
  title: 'Resend',
  hosts: ['api.resend.com'],
  baseUrl: 'https://api.resend.com',
  envAliases: [{ variable: 'RESEND_API_KEY', makes: 'connection', credential: 'bearer' }],
  actions: {},
  classify,
  webhooks,
  examples,
});
