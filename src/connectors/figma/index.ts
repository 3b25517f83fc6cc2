/**
 * Figma.
 *
 * @source figma/rest-api-spec (security schemes, errors); developers.figma.com/docs/rest-api/rate-limits
 * @module
 */
import { defineConnector, type ConnectorExamples, type ProviderFailure } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { failureByStatus } from '../../core/provider-failure.js';
import { webhooks } from './webhooks.js';

function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const { err, message } = parseJsonObject(answer.body) ?? {};
  const said = [err, message].find((text) => typeof text === 'string' && text !== '');
  // An invalid token comes as 403, with these words.
  const isToken = answer.status === 403 && typeof said === 'string' && /invalid token/i.test(said);
  return failureByStatus(answer, nowMs, {
    ...(typeof said === 'string' && { problem: `Figma says: ${said}` }),
    ...(isToken && { code: 'provider_auth' }),
  });
}

const examples: ConnectorExamples = {
  answers: [
    { name: 'found', answer: { status: 200, body: { name: 'File' } }, means: 'success' },
    {
      name: 'no such file',
      answer: { status: 404, body: { status: 404, err: 'Not found' } },
      means: { code: 'provider_rejected', problem: 'Figma says: Not found' },
    },
    {
      name: 'the other form of an error',
      answer: { status: 400, body: { error: true, status: 400, message: 'message is required' } },
      means: { code: 'provider_rejected', problem: 'Figma says: message is required' },
    },
    { name: 'bad token', answer: { status: 403, body: { err: 'Invalid token' } }, means: { code: 'provider_auth' } },
    {
      name: 'too fast',
      answer: { status: 429, headers: { 'retry-after': '14' } },
      means: { code: 'rate_limited', retryAfterMs: 14_000, safeToRetry: true },
    },
    { name: 'broken', answer: { status: 500 }, means: { code: 'provider_unavailable', safeToRetry: false } },
  ],
  calls: {},
};

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'figma',
  title: 'Figma',
  hosts: ['api.figma.com'],
  baseUrl: 'https://api.figma.com',
  envAliases: [{ variable: 'FIGMA_TOKEN', makes: 'connection', credential: 'header', header: 'x-figma-token' }],
  actions: {},
  classify,
  webhooks,
  examples,
});
