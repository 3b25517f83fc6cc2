/** Answers of Resend and what we conclude, e-mails and what we send. Run as tests by the connector suite. @module */
import type { ConnectorExamples } from '../../core/connector.js';

const failure = (status: number, name: string, message: string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: { statusCode: status, name, message },
});

const MAIL = {
  from: 'Acme <billing@example.com>',
  to: ['ada@example.org'],
  subject: 'Your new plan',
  text: 'It costs 20 EUR a month.',
};

export const examples: ConnectorExamples = {
  answers: [
    { name: 'sent', answer: { status: 200, body: { id: '49a3999c' } }, means: 'success' },
    {
      name: 'a field is wrong',
      answer: failure(422, 'validation_error', 'Invalid `from` field.'),
      means: {
        code: 'provider_rejected',
        providerCode: 'validation_error',
        problem: 'Resend says: Invalid `from` field.',
      },
    },
    {
      name: 'the domain is not verified',
      answer: failure(403, 'validation_error', 'The example.com domain is not verified.'),
      means: { code: 'provider_rejected', problem: 'Resend says: The example.com domain is not verified.' },
    },
    {
      name: 'the same key is being worked on',
      answer: failure(409, 'concurrent_idempotent_requests', 'Wait.'),
      means: { code: 'provider_unavailable', safeToRetry: true },
    },
    {
      name: 'the key was used for another mail',
      answer: failure(409, 'invalid_idempotent_request', 'Other payload.'),
      means: { code: 'provider_rejected', safeToRetry: false },
    },
    {
      name: 'too fast',
      answer: { status: 429, headers: { 'ratelimit-reset': '1' }, body: { name: 'rate_limit_exceeded' } },
      means: { code: 'rate_limited', retryAfterMs: 1_000, safeToRetry: true },
    },
    {
      name: 'too many for a day',
      answer: failure(429, 'daily_quota_exceeded', 'Quota.', { 'ratelimit-reset': '1' }),
      means: { code: 'rate_limited', retryAfterMs: 3_600_000, safeToRetry: true },
    },
    { name: 'no key', answer: { status: 401, body: { name: 'missing_api_key' } }, means: { code: 'provider_auth' } },
    {
      name: 'a key that is none',
      answer: failure(403, 'invalid_api_key', 'API key is invalid'),
      means: { code: 'provider_auth', problem: 'the API key is not valid' },
    },
    {
      name: 'a key that may only send',
      answer: failure(401, 'restricted_api_key', 'This API key is restricted to only send emails.'),
      means: { code: 'provider_auth', problem: 'this API key may only send e-mail' },
    },
    { name: 'broken', answer: { status: 500 }, means: { code: 'provider_unavailable', safeToRetry: false } },
  ],
  calls: {
    sendEmail: [
      {
        input: MAIL,
        request: { method: 'POST', url: '/emails', json: MAIL },
        answer: { body: { id: '49a3999c' } },
        output: { id: '49a3999c' },
      },
      {
        input: {
          from: 'billing@example.com',
          to: ['ada@example.org'],
          subject: 'Your invoice',
          template: { id: 'invoice', variables: { total: 20 } },
          replyTo: ['help@example.com'],
          scheduledAt: '2026-02-03T09:00:00Z',
          attachments: [{ filename: 'a.txt', content: 'SGVsbG8=', contentType: 'text/plain' }],
        },
        request: {
          method: 'POST',
          url: '/emails',
          json: {
            from: 'billing@example.com',
            to: ['ada@example.org'],
            subject: 'Your invoice',
            template: { id: 'invoice', variables: { total: 20 } },
            reply_to: ['help@example.com'],
            scheduled_at: '2026-02-03T09:00:00Z',
            attachments: [{ filename: 'a.txt', content: 'SGVsbG8=', content_type: 'text/plain' }],
          },
        },
        answer: { body: { id: '49a3999d' } },
        output: { id: '49a3999d' },
      },
    ],
    sendBatch: [
      {
        input: { emails: [MAIL, { ...MAIL, to: ['bob@example.org'] }] },
        request: { method: 'POST', url: '/emails/batch', json: [MAIL, { ...MAIL, to: ['bob@example.org'] }] },
        answer: { body: { data: [{ id: 'a' }, { id: 'b' }] } },
        output: { ids: ['a', 'b'] },
      },
    ],
    getEmail: [
      {
        input: { id: '49a3999c' },
        request: { method: 'GET', url: '/emails/49a3999c' },
        answer: {
          body: {
            object: 'email',
            id: '49a3999c',
            ...MAIL,
            html: null,
            cc: null,
            bcc: [],
            reply_to: 'help@example.com',
            created_at: '2026-02-02 12:00:00+00',
            last_event: 'delivered',
          },
        },
        output: {
          id: '49a3999c',
          ...MAIL,
          cc: [],
          bcc: [],
          replyTo: ['help@example.com'],
          status: 'delivered',
          createdAt: '2026-02-02 12:00:00+00',
        },
      },
    ],
  },
  identity: {
    answer: {
      body: {
        data: [
          { id: 'd_2', name: 'example.org', created_at: '2026-01-02' },
          { id: 'd_1', name: 'example.com', created_at: '2026-01-01' },
        ],
      },
    },
    is: { accountId: 'd_1', account: 'example.com, example.org' },
  },
};
