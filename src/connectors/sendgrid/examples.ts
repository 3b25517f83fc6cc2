/** Answers of SendGrid and what we conclude, calls and what we send. Run as tests by the connector suite. @module */
import type { ConnectorExamples } from '../../core/connector.js';
import { markAsUuid } from '../../core/mark.js';

const MARK = markAsUuid('example-key');
const failure = (message: string, field: string | null = null) => ({ errors: [{ message, field, help: null }] });

const MAIL = {
  from: 'Acme <billing@example.com>',
  messages: [{ to: ['Ada <ada@example.org>'] }],
  subject: 'Your new plan',
  text: 'It costs 20 EUR a month.',
};
const CUSTOM = { fairlead_call: MARK };
const LIST = { id: 'ca7f9a4e-6d0a-4c60-b2b6-3d9e3a6f6b10', name: 'Newsletter', contact_count: 0 };
const LIST_OUTPUT = { id: LIST.id, name: 'Newsletter', contactCount: 0 };
const NEXT = 'https://api.sendgrid.com/v3/marketing/lists?page_size=1000&page_token=t2';

const answers: ConnectorExamples['answers'] = [
  { name: 'taken', answer: { status: 202, body: '' }, means: 'success' },
  {
    name: 'a field is wrong',
    answer: { status: 400, body: failure('The from email is not valid.', 'from.email') },
    means: {
      code: 'provider_rejected',
      providerCode: 'from.email',
      problem: 'SendGrid says: The from email is not valid (field from.email)',
    },
  },
  {
    name: 'two fields are wrong',
    answer: {
      status: 400,
      body: {
        errors: [
          { message: 'Bad.', field: 'subject' },
          { message: 'Worse', parameter: 'size' },
        ],
      },
    },
    means: { problem: 'SendGrid says: Bad (field subject); Worse (field size)' },
  },
  {
    name: 'one error in place of a list',
    answer: { status: 404, body: { errors: { message: 'not found', error_id: 'e_1' } } },
    means: { code: 'provider_rejected', problem: 'SendGrid says: not found' },
  },
  {
    name: 'too fast',
    answer: {
      status: 429,
      headers: { 'x-ratelimit-reset': '946684812' },
      body: failure('too many requests'),
    },
    means: { code: 'rate_limited', retryAfterMs: 12_000, safeToRetry: true },
  },
  {
    name: 'no credits',
    answer: { status: 401, body: failure('Maximum credits exceeded') },
    means: { code: 'rate_limited', retryAfterMs: 3_600_000, safeToRetry: true },
  },
  { name: 'bad key', answer: { status: 401, body: { errors: [] } }, means: { code: 'provider_auth' } },
  {
    name: 'a key without the permission',
    answer: { status: 403, body: failure('access forbidden') },
    means: { code: 'provider_auth', providerCode: 'missing_scope' },
  },
  {
    name: 'a sender nobody verified',
    answer: { status: 403, body: failure('The from address does not match a verified Sender Identity.', 'from') },
    means: { code: 'provider_rejected' },
  },
  { name: 'broken', answer: { status: 500 }, means: { code: 'provider_unavailable', safeToRetry: false } },
];

const calls: ConnectorExamples['calls'] = {
  sendMail: [
    {
      input: MAIL,
      request: {
        method: 'POST',
        url: '/v3/mail/send',
        json: {
          personalizations: [{ to: [{ email: 'ada@example.org', name: 'Ada' }], custom_args: CUSTOM }],
          from: { email: 'billing@example.com', name: 'Acme' },
          subject: 'Your new plan',
          content: [{ type: 'text/plain', value: 'It costs 20 EUR a month.' }],
        },
      },
      answer: { status: 202, headers: { 'x-message-id': 'm1' } },
      output: { messageId: 'm1' },
    },
    {
      input: {
        from: 'billing@example.com',
        messages: [{ to: ['ada@example.org'], templateData: { total: 20 }, customArgs: { order: '7' } }],
        templateId: 'd-1',
        attachments: [{ filename: 'a.txt', content: 'SGVsbG8=', type: 'text/plain' }],
        sendAt: '2026-02-03T09:00:00Z',
        validateOnly: true,
      },
      request: {
        method: 'POST',
        json: {
          personalizations: [
            {
              to: [{ email: 'ada@example.org' }],
              dynamic_template_data: { total: 20 },
              custom_args: { order: '7', ...CUSTOM },
            },
          ],
          from: { email: 'billing@example.com' },
          template_id: 'd-1',
          attachments: [{ content: 'SGVsbG8=', filename: 'a.txt', type: 'text/plain' }],
          send_at: 1_770_109_200,
          mail_settings: { sandbox_mode: { enable: true } },
        },
      },
      answer: { status: 200 },
      output: {},
    },
  ],
  createList: [
    {
      input: { name: 'Newsletter' },
      request: { method: 'POST', url: '/v3/marketing/lists', json: { name: 'Newsletter' } },
      answer: { status: 201, body: LIST },
      output: LIST_OUTPUT,
    },
  ],
  addContacts: [
    {
      input: {
        listIds: [LIST.id],
        contacts: [{ email: 'ada@example.org', firstName: 'Ada', addressLine1: '1 Road', customFields: { w1: 'x' } }],
      },
      request: {
        method: 'PUT',
        url: '/v3/marketing/contacts',
        json: {
          list_ids: [LIST.id],
          contacts: [
            { email: 'ada@example.org', first_name: 'Ada', address_line_1: '1 Road', custom_fields: { w1: 'x' } },
          ],
        },
      },
      answer: { status: 202, body: { job_id: 'j1' } },
      output: { jobId: 'j1' },
    },
  ],
  getImportStatus: [
    {
      input: { jobId: 'j1' },
      request: { method: 'GET', url: '/v3/marketing/contacts/imports/j1' },
      answer: {
        body: {
          id: 'j1',
          status: 'completed',
          job_type: 'upsert',
          results: { requested_count: 2, created_count: 1, updated_count: 1, errored_count: 0 },
          started_at: '2026-02-02T12:00:00Z',
        },
      },
      output: {
        jobId: 'j1',
        status: 'completed',
        requested: 2,
        created: 1,
        updated: 1,
        errored: 0,
        startedAt: '2026-02-02T12:00:00Z',
      },
    },
  ],
  getStatistics: [
    {
      input: { from: '2026-02-01', by: 'day' },
      request: { method: 'GET', url: '/v3/stats', query: { start_date: '2026-02-01', aggregated_by: 'day' } },
      answer: { body: [{ date: '2026-02-01', stats: [{ metrics: { requests: 3, delivered: 2 } }] }] },
      output: { periods: [{ date: '2026-02-01', metrics: { requests: 3, delivered: 2 } }] },
    },
    {
      input: { from: '2026-02-01', to: '2026-02-02', categories: ['billing'] },
      request: {
        method: 'GET',
        url: '/v3/categories/stats',
        query: { start_date: '2026-02-01', end_date: '2026-02-02', categories: ['billing'] },
      },
      answer: {
        body: [{ date: '2026-02-01', stats: [{ type: 'category', name: 'billing', metrics: { requests: 1 } }] }],
      },
      output: { periods: [{ date: '2026-02-01', category: 'billing', metrics: { requests: 1 } }] },
    },
  ],
  listSuppressions: [
    {
      input: { kind: 'bounces', cursor: '500' },
      request: { method: 'GET', url: '/v3/suppression/bounces', query: { limit: 500, offset: 500 } },
      answer: {
        body: [{ created: 1_770_000_000, email: 'ADA@example.org', reason: '550 no such user', status: '5.1.1' }],
      },
      output: {
        suppressions: [
          { address: 'ada@example.org', reason: 'bounced', atMs: 1_770_000_000_000, detail: '550 no such user' },
        ],
      },
    },
  ],
};

export const examples: ConnectorExamples = {
  answers,
  calls,
  reconciles: {
    sendMail: [
      {
        input: MAIL,
        answers: [{ body: { messages: [{ msg_id: 'm1.filter0001', to_email: 'ada@example.org' }] } }],
        means: { found: { messageId: 'm1' } },
      },
      { input: MAIL, answers: [{ body: { messages: [] } }], means: 'undecided' },
    ],
    createList: [
      { input: { name: 'Newsletter' }, answers: [{ body: { result: [LIST] } }], means: { found: LIST_OUTPUT } },
      {
        input: { name: 'Newsletter' },
        answers: [{ body: { result: [], _metadata: { next: NEXT } } }, { body: { result: [LIST], _metadata: {} } }],
        means: { found: LIST_OUTPUT },
      },
      { input: { name: 'Newsletter' }, answers: [{ body: { result: [], _metadata: {} } }], means: 'not_found' },
    ],
  },
  identity: {
    answer: { body: { username: 'acme', user_id: 7 } },
    is: { accountId: '7', account: 'acme' },
  },
};
