/**
 * Searching issues. Every word is searched for as it is: none can become a qualifier (`repo:`) or an operator (`OR`) and
 * lead the search out of its repository.
 *
 * @source @octokit/openapi (search/issues-and-pull-requests); docs.github.com searching-issues-and-pull-requests
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import { issueFrom, issueSchema } from './issues.js';
import { cursor, nextPage, PAGE_SIZE, placeAt } from './pages.js';
import { repository, touchesRepository } from './repository.js';

const quotable = (characters: number) =>
  z
    .string()
    .min(1)
    .max(characters)
    .regex(/^[^"\\]*$/, 'it contains " or \\');

const input = z.strictObject({
  repository,
  words: z
    .string()
    .max(200)
    .describe('in title, text or comments; all of them; "several words" for a phrase')
    .optional(),
  state: z.enum(['open', 'closed']).optional(),
  labels: z.array(quotable(50)).max(10).optional(),
  author: z
    .string()
    .regex(/^[A-Za-z0-9][\w-]{0,99}$/, 'it is no login of GitHub')
    .optional(),
  cursor,
});

const output = z.strictObject({
  issues: z.array(issueSchema),
  total: z.int(),
  isIncomplete: z.boolean().describe('GitHub ran out of time before it had looked at everything'),
  nextCursor: z.string().optional(),
});

type SearchIssues = z.output<typeof input>;

/** Words and phrases as text: whatever is not a plain word is quoted. */
function literally(words: string): string[] {
  const pieces = words.match(/"[^"]*"|[^\s"]+/g) ?? [];
  return pieces
    .map((piece) => piece.replaceAll('"', '').replaceAll('\\', ' ').trim())
    .filter((piece) => piece !== '')
    .map((piece) => (/^[\p{L}\p{N}]+$/u.test(piece) && !/^(AND|OR|NOT)$/i.test(piece) ? piece : `"${piece}"`));
}

function queryOf({ repository, words = '', state, labels = [], author }: SearchIssues): string {
  return [
    ...literally(words),
    `repo:${repository}`,
    'is:issue',
    ...(state === undefined ? [] : [`state:${state}`]),
    ...labels.map((label) => `label:"${label}"`),
    ...(author === undefined ? [] : [`author:${author}`]),
  ].join(' ');
}

export const searchIssues = defineAction<SearchIssues, z.output<typeof output>>({
  summary: 'Searches the issues of a GitHub repository; what is new may take a while to be found',
  effect: 'read',
  endpoint: 'GET /search/issues',
  permissions: ['issues:read'],
  input,
  output,
  target: ({ repository }) => ({ type: 'repository', id: repository }),
  touches: touchesRepository,
  request: (asked) => ({
    method: 'GET',
    url: '/search/issues',
    query: { q: queryOf(asked), per_page: PAGE_SIZE, ...placeAt(asked.cursor) },
  }),
  parse(answer) {
    const found = parseJsonObject(answer.body);
    const items = found?.['items'];
    return {
      issues: Array.isArray(items) ? items.map(issueFrom) : undefined,
      total: found?.['total_count'],
      isIncomplete: found?.['incomplete_results'],
      ...nextPage(answer),
    };
  },
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'search' }],
  pages: { items: 'issues' },
});
