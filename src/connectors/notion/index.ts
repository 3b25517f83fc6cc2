/**
 * Notion.
 *
 * @source notion-sdk-js errors.ts; developers.notion.com/reference/request-limits (429 and 529, Retry-After in seconds)
 * @module
 */
import { defineConnector, type ConnectorExamples, type ProviderFailure } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { failureByStatus } from '../../core/provider-failure.js';
import { webhooks } from './webhooks.js';

const OVERLOADED = 529;

function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const { code, message, request_id: requestId } = parseJsonObject(answer.body) ?? {};
  return failureByStatus(answer, nowMs, {
    ...(typeof code === 'string' && { providerCode: code }),
    ...(typeof message === 'string' && { problem: `Notion says: ${message}` }),
    ...(typeof requestId === 'string' && { requestId }),
    // To be treated like a limit, by Notion's own page.
    ...(answer.status === OVERLOADED && { code: 'rate_limited', safeToRetry: true }),
  });
}

const failed = (code: string, message: string): unknown => ({ object: 'error', code, message, request_id: 'r-1' });

const examples: ConnectorExamples = {
  answers: [
    { name: 'created', answer: { status: 200, body: { object: 'page', id: 'p' } }, means: 'success' },
    {
      name: 'a field is wrong',
      answer: { status: 400, body: failed('validation_error', 'body.parent should be defined') },
      means: {
        code: 'provider_rejected',
        providerCode: 'validation_error',
        problem: 'Notion says: body.parent should be defined',
        requestId: 'r-1',
      },
    },
    { name: 'bad token', answer: { status: 401, body: failed('unauthorized', 'x') }, means: { code: 'provider_auth' } },
    {
      name: 'too fast',
      answer: { status: 429, headers: { 'retry-after': '90' }, body: failed('rate_limited', 'x') },
      means: { code: 'rate_limited', retryAfterMs: 90_000, safeToRetry: true },
    },
    {
      name: 'overloaded',
      answer: { status: 529, headers: { 'retry-after': '3' }, body: failed('service_overload', 'x') },
      means: { code: 'rate_limited', retryAfterMs: 3_000, safeToRetry: true },
    },
    {
      name: 'somebody else writes there',
      answer: { status: 409, body: failed('conflict_error', 'x') },
      means: { code: 'provider_rejected', safeToRetry: false },
    },
    { name: 'broken', answer: { status: 500 }, means: { code: 'provider_unavailable', safeToRetry: false } },
  ],
  calls: {},
};

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'notion',
  title: 'Notion',
  hosts: ['api.notion.com'],
  baseUrl: 'https://api.notion.com/v1',
  envAliases: [{ variable: 'NOTION_TOKEN', makes: 'connection', credential: 'bearer' }],
  actions: {},
  classify,
  webhooks,
  examples,
});
