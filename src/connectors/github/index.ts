/**
 * GitHub.
 *
 * @source @octokit/openapi; github/docs rate-limits-for-the-rest-api.md; octokit/plugin-throttling.js (the words of a
 * secondary limit, the minute to wait when nothing is said)
 * @module
 */
import { defineConnector, type ConnectorExamples, type ProviderFailure } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { failureByStatus } from '../../core/provider-failure.js';
import { retryAfterMs, untilEpochSecondsMs } from '../../core/retry-after.js';
import { webhooks } from './webhooks.js';

/** What GitHub wants to be left alone for when a limit comes without a time. */
const UNSAID_WAIT_MS = 60_000;

function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  if (answer.status < 300 && answer.status >= 200) return undefined;
  const body = parseJsonObject(answer.body);
  const message = typeof body?.['message'] === 'string' ? body['message'] : '';
  const requestId = answer.headers['x-github-request-id'];
  const named = requestId === undefined ? {} : { requestId };
  const waitMs = limitWaitMs(answer, message, nowMs);
  if (waitMs !== undefined) {
    const limit = {
      code: 'rate_limited',
      problem: 'too many requests',
      retryAfterMs: waitMs,
      safeToRetry: true,
    } as const;
    return failureByStatus(answer, nowMs, { ...named, ...limit, providerCode: 'rate_limited' });
  }
  const problem = message === '' ? '' : `GitHub says: ${message}${firstError(body?.['errors'])}`;
  return failureByStatus(answer, nowMs, { ...named, problem });
}

/** Both kinds of limit come as 403 or 429: first Retry-After, then the reset, then a minute. */
function limitWaitMs({ status, headers }: HttpAnswer, message: string, nowMs: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const asked = retryAfterMs(headers['retry-after'], nowMs);
  if (asked !== undefined) return asked;
  const isSpent = headers['x-ratelimit-remaining'] === '0';
  if (isSpent) return untilEpochSecondsMs(headers['x-ratelimit-reset'], nowMs) ?? UNSAID_WAIT_MS;
  return status === 429 || /secondary rate/i.test(message) ? UNSAID_WAIT_MS : undefined;
}

function firstError(errors: unknown): string {
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (!isObject(first)) return '';
  const words = [first['resource'], first['field'], first['code'], first['message']];
  return ` (${words.filter((word) => typeof word === 'string').join(' ')})`;
}

const examples: ConnectorExamples = {
  answers: [
    { name: 'created', answer: { status: 201, body: { id: 1 } }, means: 'success' },
    {
      name: 'validation',
      answer: {
        status: 422,
        headers: { 'x-github-request-id': 'AB:CD' },
        body: { message: 'Validation Failed', errors: [{ resource: 'Issue', field: 'title', code: 'missing_field' }] },
      },
      means: {
        code: 'provider_rejected',
        problem: 'GitHub says: Validation Failed (Issue title missing_field)',
        requestId: 'AB:CD',
      },
    },
    {
      name: 'primary limit',
      answer: { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '946684830' } },
      means: { code: 'rate_limited', retryAfterMs: 30_000, safeToRetry: true },
    },
    {
      name: 'secondary limit with a time',
      answer: {
        status: 403,
        headers: { 'retry-after': '7' },
        body: { message: 'You have exceeded a secondary rate limit' },
      },
      means: { code: 'rate_limited', retryAfterMs: 7_000 },
    },
    {
      name: 'secondary limit without a time',
      answer: { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } },
      means: { code: 'rate_limited', retryAfterMs: 60_000 },
    },
    {
      name: 'no permission',
      answer: {
        status: 403,
        headers: { 'x-ratelimit-remaining': '4999' },
        body: { message: 'Must have admin rights' },
      },
      means: { code: 'provider_rejected', problem: 'GitHub says: Must have admin rights' },
    },
    {
      name: 'bad token',
      answer: { status: 401, body: { message: 'Bad credentials' } },
      means: { code: 'provider_auth', problem: 'GitHub says: Bad credentials' },
    },
    { name: 'broken', answer: { status: 502, body: '<html>' }, means: { code: 'provider_unavailable' } },
  ],
  calls: {},
};

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'github',
  title: 'GitHub',
  hosts: ['api.github.com', 'uploads.github.com'],
  baseUrl: 'https://api.github.com',
  envAliases: [{ variable: 'GITHUB_TOKEN', makes: 'connection', credential: 'bearer' }],
  actions: {},
  classify,
  webhooks,
  examples,
});
