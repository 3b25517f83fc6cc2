/** Answers of Figma and what we conclude, inputs and what we send. Run as tests by the connector suite. @module */
import type { ConnectorExamples } from '../../core/connector.js';

const FILE = 'fileOnboarding01';
const AT = '2026-01-05T09:00:00Z';
const COMMENT = {
  id: '901',
  file_key: FILE,
  parent_id: '',
  user: { id: '1', handle: 'Ada', img_url: 'https://f' },
  created_at: AT,
  resolved_at: null,
  message: 'Larger.',
  client_meta: { x: 1, y: 2 },
  order_id: '1',
  reactions: [],
};
const READ = { id: '901', message: 'Larger.', author: 'Ada', createdAt: AT };
const CREATE = { file: FILE, message: 'Larger.' };
const DELETE = { file: FILE, comment: '901' };
const list = (...comments: unknown[]) => ({ body: { comments } });

export const examples: ConnectorExamples = {
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
      name: 'a token without the scope',
      answer: { status: 403, body: { err: 'Invalid scope(s): file_comments:write is needed' } },
      means: { code: 'provider_auth', providerCode: 'missing_scope' },
    },
    {
      name: 'a file of others',
      answer: { status: 403, body: { status: 403, err: 'Forbidden' } },
      means: { code: 'provider_rejected', providerCode: 'forbidden' },
    },
    {
      name: 'too fast',
      answer: { status: 429, headers: { 'retry-after': '14' } },
      means: { code: 'rate_limited', retryAfterMs: 14_000, safeToRetry: true },
    },
    {
      name: 'a seat with few requests, without a time',
      answer: { status: 429, headers: { 'x-figma-rate-limit-type': 'low' } },
      means: {
        code: 'rate_limited',
        retryAfterMs: 60_000,
        problem: 'the few requests that this kind of seat has for such files are used up for now',
      },
    },
    { name: 'broken', answer: { status: 500 }, means: { code: 'provider_unavailable', safeToRetry: false } },
  ],
  calls: {
    getFile: [
      {
        input: { file: FILE },
        request: { method: 'GET', url: `/v1/files/${FILE}/meta` },
        answer: {
          body: {
            name: 'Onboarding',
            folder_name: 'Website',
            editorType: 'figma',
            last_touched_at: AT,
            creator: { handle: 'Ada' },
            version: '7',
          },
        },
        output: {
          name: 'Onboarding',
          project: 'Website',
          editor: 'figma',
          touchedAt: AT,
          creator: 'Ada',
          version: '7',
        },
      },
    ],
    listFiles: [
      {
        input: { project: '501' },
        request: { method: 'GET', url: '/v1/projects/501/files' },
        answer: { body: { name: 'Website', files: [{ key: FILE, name: 'Onboarding', last_modified: AT }] } },
        output: { project: 'Website', files: [{ key: FILE, name: 'Onboarding', modifiedAt: AT }] },
      },
    ],
    listComments: [
      {
        input: { file: FILE },
        request: { method: 'GET', url: `/v1/files/${FILE}/comments` },
        answer: list(COMMENT, { ...COMMENT, id: '902', parent_id: '901', resolved_at: AT }),
        output: { comments: [READ, { ...READ, id: '902', replyTo: '901', resolvedAt: AT }] },
      },
    ],
    createComment: [
      {
        input: { ...CREATE, at: { x: 1, y: 2 }, frame: '1:2' },
        request: {
          method: 'POST',
          url: `/v1/files/${FILE}/comments`,
          json: { message: 'Larger.', client_meta: { node_id: '1:2', node_offset: { x: 1, y: 2 } } },
        },
        answer: { body: COMMENT },
        output: READ,
      },
      {
        input: { ...CREATE, replyTo: '900' },
        request: {
          method: 'POST',
          url: `/v1/files/${FILE}/comments`,
          json: { message: 'Larger.', comment_id: '900' },
        },
        answer: { body: { ...COMMENT, parent_id: '900' } },
        output: { ...READ, replyTo: '900' },
      },
    ],
    deleteComment: [
      {
        input: DELETE,
        request: { method: 'DELETE', url: `/v1/files/${FILE}/comments/901` },
        answer: { body: { status: 200, error: false } },
        output: { id: '901' },
      },
    ],
  },
  reconciles: {
    createComment: [
      { input: CREATE, answers: [list({ ...COMMENT, message: 'Else.' }, COMMENT)], means: 'undecided' },
      { input: CREATE, answers: [list({ ...COMMENT, created_at: 'soon' })], means: 'undecided' },
      { input: CREATE, answers: [list({ ...COMMENT, message: 'Else.' })], means: 'not_found' },
      { input: CREATE, answers: [list({ ...COMMENT, parent_id: '900' })], means: 'not_found' },
      { input: CREATE, answers: [list(COMMENT, { ...COMMENT, id: '902' })], means: 'undecided' },
    ],
    deleteComment: [
      { input: DELETE, answers: [list()], means: { found: { id: '901' } } },
      { input: DELETE, answers: [list(COMMENT)], means: 'not_found' },
    ],
  },
  identity: {
    answer: { body: { id: '1', handle: 'Fairlead Bot', img_url: 'https://f', email: 'bot@acme.example' } },
    is: { accountId: '1', account: 'bot@acme.example', actor: '@Fairlead Bot' },
  },
};
