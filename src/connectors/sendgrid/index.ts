/**
 * Twilio SendGrid, v3.
 *
 * @source sendgrid-oai (errors, servers); rate-limit headers from memory
 * @module
 */
import { defineConnector, type ConnectorExamples, type ProviderFailure } from '../../core/connector.js';
import { parseJsonObject, valueAt } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { failureByStatus } from '../../core/provider-failure.js';
import { untilEpochSecondsMs } from '../../core/retry-after.js';
import { webhooks } from './webhooks.js';

function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const body = parseJsonObject(answer.body);
  const message = valueAt(body, 'errors.0.message');
  const field = valueAt(body, 'errors.0.field');
  const resetMs = untilEpochSecondsMs(answer.headers['x-ratelimit-reset'], nowMs);
  return failureByStatus(answer, nowMs, {
    ...(typeof message === 'string' && { problem: `SendGrid says: ${message}` }),
    ...(typeof field === 'string' && { providerCode: field }),
    ...(answer.status === 429 && resetMs !== undefined && { retryAfterMs: resetMs }),
  });
}

const examples: ConnectorExamples = {
  answers: [
    { name: 'taken', answer: { status: 202, body: '' }, means: 'success' },
    {
      name: 'a field is wrong',
      answer: {
        status: 400,
        body: { errors: [{ message: 'The from email is not valid.', field: 'from.email', help: null }] },
      },
      means: {
        code: 'provider_rejected',
        providerCode: 'from.email',
        problem: 'SendGrid says: The from email is not valid.',
      },
    },
    {
      name: 'too fast',
      answer: {
        status: 429,
        headers: { 'x-ratelimit-reset': '946684812' },
        body: { errors: [{ field: null, message: 'too many requests' }] },
      },
      means: { code: 'rate_limited', retryAfterMs: 12_000, safeToRetry: true },
    },
    { name: 'bad key', answer: { status: 401, body: { errors: [] } }, means: { code: 'provider_auth' } },
    { name: 'broken', answer: { status: 500 }, means: { code: 'provider_unavailable', safeToRetry: false } },
  ],
  calls: {},
};

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'sendgrid',
  title: 'SendGrid',
  hosts: ['api.sendgrid.com', 'api.eu.sendgrid.com'],
  baseUrl: 'https://api.sendgrid.com',
  envAliases: [{ variable: 'SENDGRID_API_KEY', makes: 'connection', credential: 'bearer' }],
  actions: {},
  classify,
  webhooks,
  examples,
});
