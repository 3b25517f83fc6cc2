/**
 * Google: Calendar, Gmail, Drive, Sheets. Connected by OAuth only, so no variable makes a connection.
 *
 * @source discovery documents (addresses); the error form and its reasons, and the words of Gmail's limit from memory
 * @module
 */
import { defineConnector, type ConnectorExamples, type ProviderFailure } from '../../core/connector.js';
import { parseJsonObject, valueAt } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { failureByStatus } from '../../core/provider-failure.js';
import { webhooks } from './webhooks.js';

/** Limits that come as 403, among real refusals. */
const LIMIT_REASONS = new Set(['rateLimitExceeded', 'userRateLimitExceeded']);

function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const body = parseJsonObject(answer.body);
  const reason = valueAt(body, 'error.errors.0.reason') ?? valueAt(body, 'error.status');
  const message = valueAt(body, 'error.message');
  const isLimit = answer.status === 403 && typeof reason === 'string' && LIMIT_REASONS.has(reason);
  return failureByStatus(answer, nowMs, {
    ...(typeof reason === 'string' && { providerCode: reason }),
    ...(typeof message === 'string' && { problem: `Google says: ${message}` }),
    ...(isLimit && { code: 'rate_limited', safeToRetry: true }),
  });
}

const failed = (code: number, reason: string, message: string): unknown => ({
  error: { code, message, errors: [{ domain: 'global', reason, message }] },
});

const examples: ConnectorExamples = {
  answers: [
    { name: 'found', answer: { status: 200, body: { kind: 'calendar#events' } }, means: 'success' },
    {
      name: 'a field is wrong',
      answer: { status: 400, body: failed(400, 'required', 'Missing end time.') },
      means: { code: 'provider_rejected', providerCode: 'required', problem: 'Google says: Missing end time.' },
    },
    {
      name: 'the newer form',
      answer: { status: 404, body: { error: { code: 404, message: 'Not found.', status: 'NOT_FOUND' } } },
      means: { code: 'provider_rejected', providerCode: 'NOT_FOUND' },
    },
    {
      name: 'too fast, as a refusal',
      answer: { status: 403, body: failed(403, 'userRateLimitExceeded', 'Slow down.') },
      means: { code: 'rate_limited', safeToRetry: true },
    },
    {
      name: 'a real refusal',
      answer: { status: 403, body: failed(403, 'insufficientPermissions', 'No.') },
      means: { code: 'provider_rejected', safeToRetry: false },
    },
    {
      name: 'token ended',
      answer: { status: 401, body: failed(401, 'authError', 'x') },
      means: { code: 'provider_auth' },
    },
    { name: 'broken', answer: { status: 503 }, means: { code: 'provider_unavailable', safeToRetry: false } },
  ],
  calls: {},
};

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'google',
  title: 'Google',
  hosts: ['www.googleapis.com', 'gmail.googleapis.com', 'sheets.googleapis.com'],
  baseUrl: 'https://www.googleapis.com',
  envAliases: [],
  actions: {},
  classify,
  webhooks,
  examples,
});
