/** Answers of tools and what we conclude, inputs and what we send. Run as tests by the connector suite. @module */
import type { ConnectorExamples } from '../../core/connector.js';

const JSON_TYPE = { 'content-type': 'application/json' };

export const examples: ConnectorExamples = {
  answers: [
    { name: 'accepted', answer: { status: 202, body: '' }, means: 'success' },
    {
      name: 'a sentence of the tool',
      answer: { status: 422, headers: JSON_TYPE, body: { error: 'amount is missing', code: 'E42' } },
      means: { code: 'provider_rejected', providerCode: 'E42', problem: 'it says: amount is missing' },
    },
    {
      name: 'problem details',
      answer: { status: 409, body: { title: 'Conflict', detail: 'order 7 is closed' } },
      means: { code: 'provider_rejected', problem: 'it says: order 7 is closed' },
    },
    { name: 'no words', answer: { status: 404, body: 'Not Found' }, means: { providerCode: 'http_404' } },
    { name: 'no credential', answer: { status: 401 }, means: { code: 'provider_auth' } },
    {
      name: 'slow down until a date',
      answer: { status: 429, headers: { 'retry-after': 'Sat, 01 Jan 2000 00:00:10 GMT' } },
      means: { code: 'rate_limited', safeToRetry: true },
    },
    { name: 'broken', answer: { status: 500 }, means: { code: 'provider_unavailable', safeToRetry: false } },
    { name: 'moved', answer: { status: 308 }, means: { code: 'provider_rejected', problem: 'this address has moved' } },
  ],
  calls: {
    post: [
      {
        input: { url: 'https://tools.example.com/orders?x=1', json: { id: 7 }, headers: { 'X-Team': 'billing' } },
        request: { method: 'POST', url: 'https://tools.example.com/orders?x=1', json: { id: 7 } },
        answer: { status: 201, headers: JSON_TYPE, body: { stored: true } },
        output: { status: 201, json: { stored: true } },
      },
      {
        input: { url: 'https://tools.example.com/log', text: 'line' },
        answer: { status: 200, body: 'thanks' },
        output: { status: 200, text: 'thanks' },
      },
      { input: { url: 'https://tools.example.com/ping' }, answer: { status: 204, body: '' }, output: { status: 204 } },
    ],
    forward: [
      {
        input: {
          url: 'https://tools.example.com/hooks',
          secret: 'env:FORWARD_SECRET',
          eventId: 'evt_1',
          type: 'invoice.paid',
          provider: 'stripe',
          contentType: 'application/json',
          bodyBase64: 'e30=',
        },
        answer: { status: 200, body: 'ok' },
        output: { status: 200 },
      },
    ],
  },
};
