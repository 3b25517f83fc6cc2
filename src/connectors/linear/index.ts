/**
 * Linear, GraphQL.
 *
 * @source linear packages/sdk/src/error.ts (headers, extensions); the code RATELIMITED and the unit of the reset (epoch
 * milliseconds) from memory
 * @module
 */
import { defineConnector, type ConnectorExamples, type ProviderFailure } from '../../core/connector.js';
import { parseJsonObject, valueAt } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { failureByStatus, requestIdOf } from '../../core/provider-failure.js';
import { retryAfterMs, untilEpochMillisecondsMs } from '../../core/retry-after.js';
import { webhooks } from './webhooks.js';

type Meaning = Pick<ProviderFailure, 'code' | 'providerCode' | 'problem' | 'safeToRetry'>;

/** GraphQL says that it failed inside 200 as well, and Linear says "slow down" with 400. */
function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  const meaning = meaningOf(parseJsonObject(answer.body));
  if (meaning === undefined) return failureByStatus(answer, nowMs);
  const isLimit = meaning.code === 'rate_limited';
  const waitMs = isLimit ? limitWaitMs(answer, nowMs) : undefined;
  const requestId = requestIdOf(answer);
  return { ...meaning, ...(waitMs !== undefined && { retryAfterMs: waitMs }), ...(requestId && { requestId }) };
}

function meaningOf(body: Record<string, unknown> | undefined): Meaning | undefined {
  const text = (path: string): string | undefined => {
    const value = valueAt(body, path);
    return typeof value === 'string' ? value.slice(0, 300) : undefined;
  };
  const message = text('errors.0.extensions.userPresentableMessage') ?? text('errors.0.message');
  if (message === undefined) return undefined;
  const providerCode = text('errors.0.extensions.code') ?? text('errors.0.extensions.type') ?? 'graphql_error';
  return { ...verdictOf(providerCode.toUpperCase()), providerCode, problem: `Linear says: ${message}` };
}

function verdictOf(code: string): Pick<Meaning, 'code' | 'safeToRetry'> {
  if (code === 'RATELIMITED') return { code: 'rate_limited', safeToRetry: true };
  if (code === 'AUTHENTICATION_ERROR') return { code: 'provider_auth', safeToRetry: false };
  const isFailure = code === 'INTERNAL_SERVER_ERROR' || code === 'NETWORK_ERROR';
  return { code: isFailure ? 'provider_unavailable' : 'provider_rejected', safeToRetry: false };
}

function limitWaitMs({ headers }: HttpAnswer, nowMs: number): number | undefined {
  return (
    retryAfterMs(headers['retry-after'], nowMs) ??
    untilEpochMillisecondsMs(headers['x-ratelimit-requests-reset'], nowMs) ??
    untilEpochMillisecondsMs(headers['x-ratelimit-complexity-reset'], nowMs)
  );
}

const failed = (code: string, message: string): unknown => ({ errors: [{ message, extensions: { code } }] });

const examples: ConnectorExamples = {
  answers: [
    { name: 'created', answer: { status: 200, body: { data: { issueCreate: { success: true } } } }, means: 'success' },
    {
      name: 'a wrong field inside a success',
      answer: { status: 200, body: failed('INPUT_ERROR', 'teamId must be a UUID') },
      means: { code: 'provider_rejected', providerCode: 'INPUT_ERROR', problem: 'Linear says: teamId must be a UUID' },
    },
    {
      name: 'too fast, as a bad request',
      answer: {
        status: 400,
        headers: { 'x-ratelimit-requests-reset': '946684809000' },
        body: failed('RATELIMITED', 'Rate limit exceeded'),
      },
      means: { code: 'rate_limited', retryAfterMs: 9_000, safeToRetry: true },
    },
    {
      name: 'bad key',
      answer: { status: 401, body: failed('AUTHENTICATION_ERROR', 'Not authenticated') },
      means: { code: 'provider_auth' },
    },
    {
      name: 'broken inside a success',
      answer: { status: 200, body: failed('INTERNAL_SERVER_ERROR', 'Oops') },
      means: { code: 'provider_unavailable', safeToRetry: false },
    },
    { name: 'broken', answer: { status: 503, body: '' }, means: { code: 'provider_unavailable', safeToRetry: false } },
  ],
  calls: {},
};

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'linear',
  title: 'Linear',
  hosts: ['api.linear.app'],
  baseUrl: 'https://api.linear.app',
  // A personal key stands alone in the header, without "Bearer".
  envAliases: [{ variable: 'LINEAR_API_KEY', makes: 'connection', credential: 'header', header: 'authorization' }],
  actions: {},
  classify,
  webhooks,
  examples,
});
