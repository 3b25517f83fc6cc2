/** Answers of GitHub and what we conclude from them. Run as tests by the connector suite. @module */
import type { AnswerExample, ConnectorExamples } from '../../core/connector.js';
import { issueCalls, issueReconciles } from './issue-examples.js';
import { releaseCalls, releaseReconciles } from './release-examples.js';

const refused = (status: number, message: string, headers: Record<string, string> = {}): AnswerExample['answer'] => ({
  status,
  headers,
  body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
});
const invalid = (errors: unknown): AnswerExample['answer'] => ({
  status: 422,
  headers: { 'x-github-request-id': 'AB:CD' },
  body: { message: 'Validation Failed', errors },
});
const SECONDARY = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';

const answers: readonly AnswerExample[] = [
  { name: 'created', answer: { status: 201, body: { id: 1 } }, means: 'success' },
  { name: 'asked for', answer: { status: 202, body: {} }, means: 'success' },
  {
    name: 'a field is missing',
    answer: invalid([{ resource: 'Issue', field: 'title', code: 'missing_field' }]),
    means: {
      code: 'provider_rejected',
      providerCode: 'missing_field',
      problem: 'GitHub does not take it: title is missing',
      requestId: 'AB:CD',
      safeToRetry: false,
    },
  },
  {
    name: 'a release with this tag is there',
    answer: invalid([{ resource: 'Release', field: 'tag_name', code: 'already_exists' }]),
    means: { providerCode: 'already_exists', problem: 'GitHub does not take it: tag name is taken already' },
  },
  {
    name: 'words of its own, and several fields',
    answer: invalid([{ code: 'custom', message: 'body is too long' }, 'assignees are unknown', {}, 7]),
    means: { problem: 'GitHub does not take it: body is too long; assignees are unknown' },
  },
  {
    name: 'unreadable values without fields',
    answer: refused(422, 'Invalid request.'),
    means: { code: 'provider_rejected', problem: 'GitHub says: Invalid request.' },
  },
  {
    name: 'primary limit',
    answer: { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '946684830' } },
    means: { code: 'rate_limited', retryAfterMs: 30_000, safeToRetry: true },
  },
  {
    name: 'primary limit as 429',
    answer: refused(429, 'API rate limit exceeded', {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '946688400',
    }),
    means: { code: 'rate_limited', retryAfterMs: 3_600_000 },
  },
  {
    name: 'primary limit whose end has passed',
    answer: { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '946684700' } },
    means: { code: 'rate_limited', retryAfterMs: 60_000 },
  },
  {
    name: 'secondary limit with a time',
    answer: refused(403, SECONDARY, { 'retry-after': '7', 'x-ratelimit-remaining': '4000' }),
    means: { code: 'rate_limited', retryAfterMs: 7_000, safeToRetry: true },
  },
  {
    name: 'secondary limit with a time that is none',
    answer: refused(403, SECONDARY, { 'retry-after': 'soon' }),
    means: { code: 'rate_limited', retryAfterMs: 60_000 },
  },
  {
    name: 'secondary limit without a time',
    answer: refused(403, SECONDARY),
    means: { code: 'rate_limited', retryAfterMs: 60_000 },
  },
  { name: 'too fast, nothing said', answer: { status: 429 }, means: { code: 'rate_limited', retryAfterMs: 60_000 } },
  {
    name: 'the token lacks a permission, and the quota is not the reason',
    answer: refused(403, 'Resource not accessible by personal access token', {
      'x-ratelimit-remaining': '4999',
      'x-ratelimit-reset': '946688400',
      'x-accepted-github-permissions': 'issues=write',
    }),
    means: {
      code: 'provider_auth',
      providerCode: 'missing_permission',
      problem: 'GitHub says: Resource not accessible by personal access token (it takes issues=write)',
    },
  },
  {
    name: 'the account may not do this',
    answer: refused(403, 'Must have admin rights to Repository.', { 'x-ratelimit-remaining': '4999' }),
    means: { code: 'provider_rejected', problem: 'GitHub says: Must have admin rights to Repository.' },
  },
  {
    name: 'not there, or not to be seen',
    answer: refused(404, 'Not Found'),
    means: {
      code: 'provider_rejected',
      providerCode: 'not_found',
      problem:
        'there is no such thing, or the token may not see it: GitHub answers the same when a permission is missing',
    },
  },
  {
    name: 'moved',
    answer: refused(301, 'Moved Permanently', { location: 'https://api.github.com/repositories/1/issues' }),
    means: { code: 'provider_rejected', problem: 'the repository was renamed or moved; use its new name' },
  },
  {
    name: 'issues are switched off',
    answer: refused(410, 'Issues has been disabled in this repository.'),
    means: { code: 'provider_rejected', problem: 'GitHub says: Issues has been disabled in this repository.' },
  },
  {
    name: 'bad token',
    answer: refused(401, 'Bad credentials'),
    means: { code: 'provider_auth', problem: 'GitHub says: Bad credentials' },
  },
  {
    name: 'broken: it may have been done',
    answer: { status: 502, body: '<html>' },
    means: { code: 'provider_unavailable', safeToRetry: false },
  },
];

export const examples: ConnectorExamples = {
  answers,
  calls: { ...issueCalls, ...releaseCalls },
  reconciles: { ...issueReconciles, ...releaseReconciles },
  identity: {
    answer: { body: { id: 103, login: 'fairlead-bot', html_url: 'https://github.com/fairlead-bot' } },
    is: {
      accountId: '103',
      account: 'fairlead-bot',
      actor: '@fairlead-bot',
      url: 'https://github.com/fairlead-bot',
    },
  },
};
