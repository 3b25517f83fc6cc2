/** Answers of Slack and what we conclude, messages and what we send. Run as tests by the connector suite. @module */
import type { ConnectorExamples } from '../../core/connector.js';
import { moreCalls, moreReconciles } from './more-examples.js';

const POSTED = { ok: true, channel: 'C1H9RESGL', ts: '1503435956.000247', message: { text: 'Hello', type: 'message' } };

const MARKED = { event_type: 'fairlead_call', event_payload: { key: 'example-key' } };

export const examples: ConnectorExamples = {
  answers: [
    { name: 'posted by token', answer: { status: 200, body: POSTED }, means: 'success' },
    { name: 'posted by webhook', answer: { status: 200, body: 'ok' }, means: 'success' },
    {
      name: 'failure inside a success',
      answer: { status: 200, body: { ok: false, error: 'channel_not_found' } },
      means: { code: 'provider_rejected', providerCode: 'channel_not_found', safeToRetry: false },
    },
    {
      name: 'a word nobody wrote down',
      answer: { status: 200, body: { ok: false, error: 'moon_in_retrograde' } },
      means: { code: 'provider_rejected', problem: 'Slack says "moon in retrograde"' },
    },
    {
      name: 'no word at all',
      answer: { status: 200, body: { ok: false } },
      means: { code: 'provider_rejected', providerCode: 'unknown_error' },
    },
    {
      name: 'token revoked',
      answer: { status: 200, body: { ok: false, error: 'token_revoked' } },
      means: { code: 'provider_auth', problem: 'the token was revoked' },
    },
    {
      name: 'permission missing',
      answer: {
        status: 200,
        body: { ok: false, error: 'missing_scope', needed: 'chat:write', provided: 'users:read' },
      },
      means: { code: 'provider_auth', problem: 'the token lacks a permission (chat:write)' },
    },
    {
      name: 'a hint about the field',
      answer: {
        status: 200,
        body: { ok: false, error: 'invalid_blocks', response_metadata: { messages: ['[ERROR] missing: text'] } },
      },
      means: { problem: 'the blocks are not in the form that Slack takes ([ERROR] missing: text)' },
    },
    {
      name: 'too fast',
      answer: { status: 429, headers: { 'retry-after': '30' }, body: { ok: false, error: 'ratelimited' } },
      means: { code: 'rate_limited', retryAfterMs: 30_000, safeToRetry: true },
    },
    {
      name: 'too fast, for a webhook',
      answer: { status: 429, headers: { 'retry-after': '1' }, body: 'rate_limited' },
      means: { code: 'rate_limited', retryAfterMs: 1_000, safeToRetry: true },
    },
    {
      name: 'too fast, inside a success',
      answer: { status: 200, headers: { 'retry-after': '5' }, body: { ok: false, error: 'ratelimited' } },
      means: { code: 'rate_limited', retryAfterMs: 5_000, safeToRetry: true },
    },
    {
      name: 'internal failure inside a success: it may have been posted',
      answer: { status: 200, body: { ok: false, error: 'fatal_error' } },
      means: { code: 'provider_unavailable', safeToRetry: false },
    },
    {
      name: 'webhook removed',
      answer: { status: 404, body: 'no_service' },
      means: { code: 'provider_auth', problem: 'the webhook was removed or switched off' },
    },
    {
      name: 'webhook, unreadable message',
      answer: { status: 400, body: 'invalid_payload' },
      means: { code: 'provider_rejected', providerCode: 'invalid_payload' },
    },
    {
      name: 'webhook, archived channel',
      answer: { status: 410, body: 'channel_is_archived' },
      means: { code: 'provider_rejected', problem: 'the channel is archived' },
    },
    {
      name: 'webhook, internal failure: it may have been posted',
      answer: { status: 500, body: 'rollup_error' },
      means: { code: 'provider_unavailable', providerCode: 'rollup_error', safeToRetry: false },
    },
    {
      name: 'a page of an error in front of Slack',
      answer: { status: 503, body: '<html><h1>Service Unavailable</h1></html>' },
      means: { code: 'provider_unavailable', providerCode: 'http_503', safeToRetry: false },
    },
    {
      name: 'an unknown webhook leads to the documentation',
      answer: { status: 302, headers: { location: 'https://slack.com/' }, body: '' },
      means: { code: 'provider_unavailable', safeToRetry: false },
    },
  ],
  calls: {
    ...moreCalls,
    sendMessage: [
      {
        input: { text: 'Hello' },
        credential: 'secret_url',
        request: { method: 'POST', json: { text: 'Hello' } },
        answer: { body: 'ok' },
        output: { via: 'webhook' },
      },
      {
        input: { channel: 'C1H9RESGL', text: 'Hello', threadTs: '1503435956.000247' },
        credential: 'bearer',
        request: {
          method: 'POST',
          url: '/chat.postMessage',
          json: {
            channel: 'C1H9RESGL',
            text: 'Hello',
            thread_ts: '1503435956.000247',
            metadata: { event_type: 'fairlead_call', event_payload: { key: 'example-key' } },
          },
        },
        answer: { body: POSTED },
        output: { via: 'web_api', channel: 'C1H9RESGL', ts: '1503435956.000247' },
      },
      {
        input: {
          channel: '#releases',
          blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '*Done*' } }],
          attachments: [{ fallback: 'x' }],
        },
        credential: 'bearer',
        lookups: [{ body: { ok: true, channels: [{ id: 'C1H9RESGL', name: 'releases' }] } }],
        answer: { body: POSTED },
        output: { via: 'web_api', channel: 'C1H9RESGL', ts: '1503435956.000247' },
      },
    ],
  },
  reconciles: {
    ...moreReconciles,
    sendMessage: [
      {
        input: { channel: 'C1H9RESGL', text: 'Hello' },
        answers: [{ body: { ok: true, messages: [{ ts: '1503435956.000247', metadata: MARKED }], has_more: true } }],
        means: { found: { via: 'web_api', channel: 'C1H9RESGL', ts: '1503435956.000247' } },
      },
      {
        input: { channel: 'C1H9RESGL', text: 'Hello' },
        answers: [{ body: { ok: true, messages: [{ ts: '1503435956.000247' }], has_more: false } }],
        means: 'not_found',
      },
      {
        input: { channel: 'C1H9RESGL', text: 'Hello' },
        answers: [
          { body: { ok: true, messages: [], has_more: true, response_metadata: { next_cursor: 'bmV4dA==' } } },
          { body: { ok: true, messages: [{ ts: '1503435956.000247', metadata: MARKED }], has_more: false } },
        ],
        means: { found: { via: 'web_api', channel: 'C1H9RESGL', ts: '1503435956.000247' } },
      },
      {
        input: { channel: 'C1H9RESGL', text: 'Hello' },
        answers: [{ body: { ok: true, messages: [], has_more: true } }],
        means: 'undecided',
      },
    ],
  },
  identity: {
    answer: {
      body: {
        ok: true,
        url: 'https://acme.slack.com/',
        team: 'Acme',
        user: 'bot',
        team_id: 'T0G9PQBBK',
        user_id: 'W23456789',
      },
    },
    is: { accountId: 'T0G9PQBBK', account: 'Acme', actor: '@bot', url: 'https://acme.slack.com/' },
  },
};
