/** Searching issues and listing teams. @source Linear's GraphQL schema (searchIssues, teams) @module */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject } from '../../core/json.js';
import { dataAt, graphql, nextPage, nodesAt, PAGE_SIZE } from './graphql.js';
import { ISSUE_FIELDS, issueFrom, issueSchema, team, teamLookUp, touchesTeam } from './issue.js';

const cursor = z.string().min(1).max(500).optional().describe('nextCursor of the page before');

const searchInput = z.strictObject({
  words: z.string().trim().min(1).max(500),
  team: team.optional(),
  state: z
    .enum(['triage', 'backlog', 'unstarted', 'started', 'completed', 'canceled'])
    .optional()
    .describe('kind of the state that the issue is in'),
  cursor,
});
const searchOutput = z.strictObject({
  issues: z.array(issueSchema),
  total: z.number().describe('how many issues were found in all'),
  nextCursor: z.string().optional(),
});

const SEARCH = `query SearchIssues($term: String!, $filter: IssueFilter, $first: Int, $after: String) {
  searchIssues(term: $term, filter: $filter, first: $first, after: $after) {
    totalCount
    nodes { ${ISSUE_FIELDS} }
    pageInfo { hasNextPage endCursor }
  }
}`;
/** Points for a page of issues with their labels, of which a document may have ten thousand. */
const SEARCH_POINTS = 1_600;

export const searchIssues = defineAction<z.output<typeof searchInput>, z.output<typeof searchOutput>>({
  summary: 'Searches the issues of a Linear workspace or team, the best match first',
  effect: 'read',
  endpoint: 'POST /graphql',
  permissions: ['read'],
  input: searchInput,
  output: searchOutput,
  target: ({ team }) => (team === undefined ? { type: 'workspace', id: '*' } : { type: 'team', id: team }),
  touches: touchesTeam,
  lookups: [teamLookUp()],
  request: ({ words, team, state, cursor }) =>
    graphql(SEARCH, {
      term: words,
      filter: { ...(team && { team: { id: { eq: team } } }), ...(state && { state: { type: { eq: state } } }) },
      first: PAGE_SIZE,
      ...(cursor && { after: cursor }),
    }),
  parse: (answer) => ({
    issues: nodesAt(answer, 'searchIssues')?.map(issueFrom),
    total: dataAt(answer, 'searchIssues.totalCount'),
    ...nextPage(answer, 'searchIssues'),
  }),
  idempotency: 'none',
  settleMs: 0,
  pages: { items: 'issues' },
  limits: () => [{ bucket: 'search' }, { bucket: 'complexity', cost: SEARCH_POINTS }],
});

const listInput = z.strictObject({ cursor });
const listOutput = z.strictObject({
  teams: z.array(z.strictObject({ id: z.string(), key: z.string(), name: z.string() })),
  nextCursor: z.string().optional(),
});

const TEAMS = `query Teams($first: Int, $after: String) {
  teams(first: $first, after: $after) { nodes { id key name } pageInfo { hasNextPage endCursor } }
}`;

export const listTeams = defineAction<z.output<typeof listInput>, z.output<typeof listOutput>>({
  summary: 'Lists the teams of a Linear workspace',
  effect: 'read',
  endpoint: 'POST /graphql',
  permissions: ['read'],
  input: listInput,
  output: listOutput,
  target: () => ({ type: 'workspace', id: '*' }),
  request: ({ cursor }) => graphql(TEAMS, { first: PAGE_SIZE, ...(cursor && { after: cursor }) }),
  parse: (answer) => ({
    teams: nodesAt(answer, 'teams')?.map((one) =>
      isObject(one) ? { id: one['id'], key: one['key'], name: one['name'] } : one,
    ),
    ...nextPage(answer, 'teams'),
  }),
  idempotency: 'none',
  settleMs: 0,
  pages: { items: 'teams' },
  limits: () => [{ bucket: 'complexity', cost: PAGE_SIZE }],
});

/** For examples and checks against the schema. */
export const listDocuments = { SEARCH, TEAMS } as const;
