/**
 * Issues and their comments.
 *
 * @source @octokit/openapi (issues, issue comments)
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { found, NOT_FOUND, UNDECIDED } from '../../core/verdict.js';
import { each, listIn, optional, textOrEmpty } from './answers.js';
import { markedIn, SETTLES, sinceInstant } from './look-up.js';
import { MARK_CHARACTERS, withMark } from './marker.js';
import { cursor, nextPage, PAGE_SIZE, placeAt } from './pages.js';
import { repository, repositoryPath, touchesRepository } from './repository.js';

/** GitHub takes so many characters; our mark is among them. */
const BODY_CHARACTERS_MAX = 65_536 - MARK_CHARACTERS;

const number = z.int().positive().describe('number of the issue in its repository');
const title = z.string().min(1).max(256);
const body = z.string().max(BODY_CHARACTERS_MAX).describe('in GitHub Markdown');
const labels = z.array(z.string().min(1).max(50)).max(100);
const login = z.string().regex(/^[A-Za-z0-9][\w[\]-]{0,99}$/, 'it is no login of GitHub');
const assignees = z.array(login).max(10).describe('logins');

const issue = z.strictObject({
  number: z.int(),
  title: z.string(),
  body: z.string(),
  state: z.enum(['open', 'closed']),
  labels: z.array(z.string()),
  assignees: z.array(z.string()),
  author: z.string().optional().describe('login; absent when the account is gone'),
  comments: z.int(),
  isPullRequest: z.boolean(),
  url: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  closedAt: z.string().optional(),
});
export type Issue = z.output<typeof issue>;

const comment = z.strictObject({
  id: z.int(),
  body: z.string(),
  author: z.string().optional(),
  url: z.string(),
  createdAt: z.string(),
});

export function issueFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    number: value['number'],
    title: value['title'],
    body: textOrEmpty(value['body']),
    state: value['state'],
    labels: each(value['labels'], 'name'),
    assignees: each(value['assignees'] ?? [], 'login'),
    ...optional('author', valueAt(value, 'user.login')),
    comments: value['comments'],
    isPullRequest: isObject(value['pull_request']),
    url: value['html_url'],
    createdAt: value['created_at'],
    updatedAt: value['updated_at'],
    ...optional('closedAt', value['closed_at']),
  };
}

function commentFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    id: value['id'],
    body: textOrEmpty(value['body']),
    ...optional('author', valueAt(value, 'user.login')),
    url: value['html_url'],
    createdAt: value['created_at'],
  };
}

interface InIssue {
  repository: string;
  number: number;
}

const issuesPath = (input: { repository: string }): string => `${repositoryPath(input)}/issues`;
const issuePath = (input: InIssue): string => `${issuesPath(input)}/${input.number}`;
const issueTarget = ({ repository, number }: InIssue) => ({ type: 'issue', id: `${repository}#${number}` });
const repositoryTarget = ({ repository }: { repository: string }) => ({ type: 'repository', id: repository });

const createIssueInput = z.strictObject({
  repository,
  title,
  body: body.optional(),
  labels: labels.optional(),
  assignees: assignees.optional(),
});

export const createIssue = defineAction<z.output<typeof createIssueInput>, Issue>({
  summary: 'Opens an issue in a GitHub repository',
  effect: 'create',
  endpoint: 'POST /repos/{owner}/{repo}/issues',
  permissions: ['issues:write'],
  input: createIssueInput,
  output: issue,
  target: repositoryTarget,
  touches: touchesRepository,
  request: ({ repository, title, body, labels, assignees }, _connection, marker) => ({
    method: 'POST',
    url: issuesPath({ repository }),
    json: { title, body: withMark(body, marker), ...(labels && { labels }), ...(assignees && { assignees }) },
  }),
  parse: ({ body }) => issueFrom(parseJsonObject(body)),
  idempotency: 'none',
  reconcile: markedIn(
    {
      url: issuesPath,
      query: (sinceMs) => ({ state: 'all', sort: 'created', direction: 'desc', since: sinceInstant(sinceMs) }),
    },
    issueFrom,
  ),
  ...SETTLES,
});

const updateIssueInput = z
  .strictObject({
    repository,
    number,
    title: title.optional(),
    body: body.optional(),
    state: z.enum(['open', 'closed']).optional(),
    reason: z.enum(['completed', 'not_planned']).optional().describe('why it is closed'),
    labels: labels.optional().describe('in place of those it has'),
    assignees: assignees.optional().describe('in place of those it has'),
  })
  .refine(({ repository: _repository, number: _number, ...changes }) => Object.values(changes).some(isGiven), {
    error: 'say what to change: title, body, state, labels or assignees',
    path: ['title'],
  })
  .refine(({ state, reason }) => reason === undefined || state === 'closed', {
    error: 'only an issue that is being closed has a reason',
    path: ['reason'],
  });
type UpdateIssue = z.output<typeof updateIssueInput>;

function isGiven(value: unknown): boolean {
  return value !== undefined;
}

/** Whether an issue is as the update wants it. Names of labels and logins are the same in any case. */
function isAsWanted(is: Issue, { title, body, state, labels, assignees }: UpdateIssue): boolean {
  const lines = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd();
  const names = (list: readonly string[]): string =>
    list
      .map((one) => one.toLowerCase())
      .sort()
      .join('\n');
  return (
    (title === undefined || is.title === title.trim()) &&
    (body === undefined || lines(is.body) === lines(body)) &&
    (state === undefined || is.state === state) &&
    (labels === undefined || names(is.labels) === names(labels)) &&
    (assignees === undefined || names(is.assignees) === names(assignees))
  );
}

export const updateIssue = defineAction<UpdateIssue, Issue>({
  summary: 'Changes, closes or reopens an issue in a GitHub repository',
  effect: 'update',
  endpoint: 'PATCH /repos/{owner}/{repo}/issues/{issue_number}',
  permissions: ['issues:write'],
  input: updateIssueInput,
  output: issue,
  target: issueTarget,
  touches: touchesRepository,
  request: ({ repository, number, reason, ...changes }) => ({
    method: 'PATCH',
    url: issuePath({ repository, number }),
    json: { ...changes, ...(reason && { state_reason: reason }) },
  }),
  parse: ({ body }) => issueFrom(parseJsonObject(body)),
  idempotency: 'none',
  reconcile: {
    request: (input) => ({ method: 'GET', url: issuePath(input) }),
    read({ body }, input) {
      const read = issue.safeParse(issueFrom(parseJsonObject(body)));
      if (!read.success) return UNDECIDED;
      return isAsWanted(read.data, input) ? found(read.data) : NOT_FOUND;
    },
  },
  ...SETTLES,
});

const getIssueInput = z.strictObject({ repository, number });

export const getIssue = defineAction<z.output<typeof getIssueInput>, Issue>({
  summary: 'Reads one issue of a GitHub repository',
  effect: 'read',
  endpoint: 'GET /repos/{owner}/{repo}/issues/{issue_number}',
  permissions: ['issues:read'],
  input: getIssueInput,
  output: issue,
  target: issueTarget,
  touches: touchesRepository,
  request: (input) => ({ method: 'GET', url: issuePath(input) }),
  parse: ({ body }) => issueFrom(parseJsonObject(body)),
  idempotency: 'none',
  settleMs: 0,
});

const listIssuesInput = z.strictObject({
  repository,
  state: z.enum(['open', 'closed', 'all']).optional().describe('default: open'),
  labels: z
    .array(
      z
        .string()
        .min(1)
        .max(50)
        .regex(/^[^,]*$/, 'a comma would make two of it'),
    )
    .max(20)
    .optional(),
  creator: login.optional(),
  assignee: login.optional(),
  updatedSince: z.iso.datetime({ offset: true }).optional(),
  cursor,
});
const issuePage = z.strictObject({ issues: z.array(issue), nextCursor: z.string().optional() });

export const listIssues = defineAction<z.output<typeof listIssuesInput>, z.output<typeof issuePage>>({
  summary: 'Lists the issues of a GitHub repository, newest first, without pull requests',
  effect: 'read',
  endpoint: 'GET /repos/{owner}/{repo}/issues',
  permissions: ['issues:read'],
  input: listIssuesInput,
  output: issuePage,
  target: repositoryTarget,
  touches: touchesRepository,
  request: ({ repository, state, labels, creator, assignee, updatedSince: since, cursor }) => ({
    method: 'GET',
    url: issuesPath({ repository }),
    query: { state, labels: labels?.join(','), creator, assignee, since, per_page: PAGE_SIZE, ...placeAt(cursor) },
  }),
  parse: (answer) => ({
    issues: listIn(answer)
      ?.filter((one) => !(isObject(one) && isObject(one['pull_request'])))
      .map(issueFrom),
    ...nextPage(answer),
  }),
  idempotency: 'none',
  settleMs: 0,
  pages: { items: 'issues' },
});

const createCommentInput = z.strictObject({ repository, number, body: body.min(1) });

export const createComment = defineAction<z.output<typeof createCommentInput>, z.output<typeof comment>>({
  summary: 'Comments on an issue or a pull request of a GitHub repository',
  effect: 'create',
  endpoint: 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
  permissions: ['issues:write'],
  input: createCommentInput,
  output: comment,
  target: issueTarget,
  touches: touchesRepository,
  request: (input, _connection, marker) => ({
    method: 'POST',
    url: `${issuePath(input)}/comments`,
    json: { body: withMark(input.body, marker) },
  }),
  parse: ({ body }) => commentFrom(parseJsonObject(body)),
  idempotency: 'none',
  reconcile: markedIn(
    { url: (input) => `${issuePath(input)}/comments`, query: (sinceMs) => ({ since: sinceInstant(sinceMs) }) },
    commentFrom,
  ),
  ...SETTLES,
});

export { issue as issueSchema };
