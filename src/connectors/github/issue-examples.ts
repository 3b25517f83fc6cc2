/** Issues and comments: what we send and how we read the answers. Run as tests by the connector suite. @module */
import type { CallExample, ReconcileExample } from '../../core/connector.js';

/** The mark of the key `example-key`. */
export const MARK = '<!-- fairlead-call: e8610c0d-3d29-47c7-b2e8-caf070a8cfdc -->';

const AT = '2026-01-05T09:00:00Z';
const ISSUE = {
  number: 7,
  id: 1001,
  title: 'It breaks',
  body: `Here.\n\n${MARK}`,
  state: 'open',
  labels: [{ id: 1, name: 'bug' }, 'help wanted'],
  assignees: [{ login: 'ada' }],
  user: { login: 'fairlead-bot' },
  comments: 0,
  html_url: 'https://github.com/octo/widgets/issues/7',
  created_at: AT,
  updated_at: AT,
  closed_at: null,
};
const READ = {
  number: 7,
  title: 'It breaks',
  body: 'Here.',
  state: 'open',
  labels: ['bug', 'help wanted'],
  assignees: ['ada'],
  author: 'fairlead-bot',
  comments: 0,
  isPullRequest: false,
  url: 'https://github.com/octo/widgets/issues/7',
  createdAt: AT,
  updatedAt: AT,
};
const COMMENT = { id: 5, body: `Seen.\n\n${MARK}`, user: null, html_url: 'https://github.com/x#5', created_at: AT };
const READ_COMMENT = { id: 5, body: 'Seen.', url: 'https://github.com/x#5', createdAt: AT };

const IN = { repository: 'octo/widgets' };
const CREATE = { ...IN, title: 'It breaks', body: 'Here.', labels: ['bug'], assignees: ['ada'] };
const LISTED = 'https://api.github.com/repositories/1/issues?per_page=100&after=Y3&page=2';
const NEXT = { link: `<${LISTED}>; rel="next"` };

export const issueCalls: Record<string, CallExample[]> = {
  createIssue: [
    {
      input: CREATE,
      request: {
        method: 'POST',
        url: '/repos/octo/widgets/issues',
        headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
        json: { title: 'It breaks', body: `Here.\n\n${MARK}`, labels: ['bug'], assignees: ['ada'] },
      },
      answer: { status: 201, body: ISSUE },
      output: READ,
    },
    {
      input: { ...IN, title: 'Only a title' },
      request: {
        method: 'POST',
        url: '/repos/octo/widgets/issues',
        json: { title: 'Only a title', body: MARK },
      },
      answer: { status: 201, body: { ...ISSUE, body: MARK } },
      output: { ...READ, body: '' },
    },
  ],
  updateIssue: [
    {
      input: { ...IN, number: 7, state: 'closed', reason: 'not_planned', labels: [] },
      request: {
        method: 'PATCH',
        url: '/repos/octo/widgets/issues/7',
        json: { state: 'closed', state_reason: 'not_planned', labels: [] },
      },
      answer: { body: { ...ISSUE, state: 'closed', closed_at: AT, labels: [] } },
      output: { ...READ, state: 'closed', closedAt: AT, labels: [] },
    },
  ],
  getIssue: [
    {
      input: { ...IN, number: 7 },
      request: { method: 'GET', url: '/repos/octo/widgets/issues/7' },
      answer: { body: { ...ISSUE, body: null, pull_request: { url: 'x' } } },
      output: { ...READ, body: '', isPullRequest: true },
    },
  ],
  listIssues: [
    {
      input: { ...IN, state: 'all', labels: ['bug', 'new'], cursor: 'page=2&after=Y3&state=open&creator=x' },
      request: {
        method: 'GET',
        url: '/repos/octo/widgets/issues',
        query: { state: 'all', labels: 'bug,new', per_page: 100, page: 2, after: 'Y3' },
      },
      answer: { headers: NEXT, body: [ISSUE, { ...ISSUE, number: 8, pull_request: {} }] },
      output: { issues: [READ], nextCursor: 'after=Y3&page=2' },
    },
  ],
  searchIssues: [
    {
      input: { ...IN, words: 'empty OR repo:octo/vault "first line"', state: 'open', labels: ['help wanted'] },
      request: {
        method: 'GET',
        url: '/search/issues',
        query: {
          q: 'empty "OR" "repo:octo/vault" "first line" repo:octo/widgets is:issue state:open label:"help wanted"',
          per_page: 100,
        },
      },
      answer: { body: { total_count: 1, incomplete_results: false, items: [{ ...ISSUE, score: 1 }] } },
      output: { issues: [READ], total: 1, isIncomplete: false },
    },
  ],
  createComment: [
    {
      input: { ...IN, number: 7, body: 'Seen.' },
      request: {
        method: 'POST',
        url: '/repos/octo/widgets/issues/7/comments',
        json: { body: `Seen.\n\n${MARK}` },
      },
      answer: { status: 201, body: COMMENT },
      output: READ_COMMENT,
    },
  ],
};

const UPDATE = { ...IN, number: 7, title: 'It breaks', body: 'Here.', labels: ['BUG', 'help wanted'] };

export const issueReconciles: Record<string, ReconcileExample[]> = {
  createIssue: [
    { input: CREATE, answers: [{ body: [{ ...ISSUE, body: 'Other' }, ISSUE] }], means: { found: READ } },
    { input: CREATE, answers: [{ headers: NEXT, body: [] }, { body: [ISSUE] }], means: { found: READ } },
    { input: CREATE, answers: [{ headers: NEXT, body: [] }, { body: [] }], means: 'not_found' },
    { input: CREATE, answers: [{ body: { message: 'odd' } }], means: 'undecided' },
  ],
  updateIssue: [
    { input: UPDATE, answers: [{ body: ISSUE }], means: { found: READ } },
    { input: UPDATE, answers: [{ body: { ...ISSUE, title: 'Another' } }], means: 'not_found' },
    { input: UPDATE, answers: [{ body: [] }], means: 'undecided' },
  ],
  createComment: [
    {
      input: { ...IN, number: 7, body: 'Seen.' },
      answers: [{ body: [{ ...COMMENT, body: null }, COMMENT] }],
      means: { found: READ_COMMENT },
    },
    { input: { ...IN, number: 7, body: 'Seen.' }, answers: [{ body: [] }], means: 'not_found' },
  ],
};
