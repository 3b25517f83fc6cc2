/**
 * What was committed since the last release.
 *
 * @source @octokit/openapi (repos/compare-commits-with-basehead, repos/list-commits, repos/list-tags)
 * @module
 */
import { z } from 'zod';
import { defineAction, type ActionRequest } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { path } from '../../core/path.js';
import { found, next, UNDECIDED, type Verdict } from '../../core/verdict.js';
import { listIn, optional } from './answers.js';
import { nextPage, PAGE_SIZE, placeAt } from './pages.js';
import { repository, repositoryPath, touchesRepository } from './repository.js';
import { highestVersion } from './version.js';

/** The first page also lists every changed file with its lines. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

const reference = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!.*\.\.)[^\s~^:?*[\\]+$/, 'it is no branch, tag or commit');

const input = z.strictObject({
  repository,
  since: reference.optional().describe('tag, branch or commit; default: the last release, else the highest tag'),
  head: reference.optional().describe('branch or commit up to which; default: the main branch'),
  cursor: z.string().min(1).max(1_000).optional().describe('nextCursor of the page before'),
});
type Asked = z.output<typeof input>;

const commit = z.strictObject({
  sha: z.string(),
  title: z.string().describe('first line of the message'),
  message: z.string(),
  author: z.string().optional().describe('login, or the name in the commit'),
  committedAt: z.string().optional(),
  url: z.string(),
});

const output = z.strictObject({
  since: z.string().optional().describe('absent when nothing was ever released or tagged'),
  commits: z.array(commit),
  total: z.int().optional().describe('of all pages; absent when nothing was ever released or tagged'),
  nextCursor: z.string().optional(),
});

function commitFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const message = valueAt(value, 'commit.message');
  return {
    sha: value['sha'],
    title: typeof message === 'string' ? message.split('\n', 1)[0]!.trim() : undefined,
    message,
    ...optional('author', valueAt(value, 'author.login') ?? valueAt(value, 'commit.author.name')),
    ...optional('committedAt', valueAt(value, 'commit.committer.date')),
    url: value['html_url'],
  };
}

/** Every page is counted from the same commit, although there may be a newer release by then. */
function sinceOf({ since, cursor }: Asked): string | undefined {
  return cursor === undefined ? since : (new URLSearchParams(cursor).get('since') ?? '');
}

const tagsOf = (name: string): ActionRequest => ({
  method: 'GET',
  url: `${repositoryPath({ repository: name })}/tags`,
  query: { per_page: PAGE_SIZE },
});

/** First the releases; if none is published, the tags; if there is none, an empty name: all commits are unreleased. */
function readLastRelease(answer: HttpAnswer, name: string, step: number): Verdict<string> {
  const entries = listIn(answer);
  if (entries === undefined) return UNDECIDED;
  if (step > 1) return found(highestVersion(entries.map((tag) => String(valueAt(tag, 'name') ?? ''))) ?? '');
  const published = entries.find(
    (one) => isObject(one) && one['draft'] === false && one['prerelease'] === false && one['tag_name'],
  );
  return published === undefined ? next(tagsOf(name)) : found(String(valueAt(published, 'tag_name')));
}

export const listUnreleasedCommits = defineAction<Asked, z.output<typeof output>>({
  summary: 'Lists the commits of a GitHub repository since its last release or tag, oldest first',
  effect: 'read',
  endpoint: 'GET /repos/{owner}/{repo}/compare/{basehead}',
  permissions: ['contents:read'],
  input,
  output,
  target: ({ repository }) => ({ type: 'repository', id: repository }),
  touches: touchesRepository,
  lookups: [
    {
      what: 'last release',
      name: (asked) => (sinceOf(asked) === undefined ? asked.repository : undefined),
      request: (name) => ({
        method: 'GET',
        url: `${repositoryPath({ repository: name })}/releases`,
        query: { per_page: PAGE_SIZE },
      }),
      read: readLastRelease,
      apply: (asked, since) => ({ ...asked, since }),
      fresh: true,
    },
  ],
  request(asked) {
    const since = sinceOf(asked) ?? '';
    const { head } = asked;
    const query = { per_page: PAGE_SIZE, ...placeAt(asked.cursor) };
    if (since === '') return { method: 'GET', url: `${repositoryPath(asked)}/commits`, query: { sha: head, ...query } };
    const range = `${since}...${head ?? 'HEAD'}`;
    return { method: 'GET', url: repositoryPath(asked) + path`/compare/${range}`, query };
  },
  parse(answer, asked) {
    const since = sinceOf(asked) ?? '';
    const comparison = parseJsonObject(answer.body);
    const commits = since === '' ? listIn(answer) : comparison?.['commits'];
    const { nextCursor } = nextPage(answer);
    return {
      ...optional('since', since),
      commits: Array.isArray(commits) ? commits.map(commitFrom) : undefined,
      ...optional('total', comparison?.['total_commits']),
      ...(nextCursor !== undefined && { nextCursor: `${new URLSearchParams({ since }).toString()}&${nextCursor}` }),
    };
  },
  idempotency: 'none',
  settleMs: 0,
  maxAnswerBytes: ANSWER_BYTES_MAX,
  pages: { items: 'commits' },
});
