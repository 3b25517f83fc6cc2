/** Answers of Linear and what we conclude, inputs and what we send. Run as tests by the connector suite. @module */
import type { ConnectorExamples } from '../../core/connector.js';
import { issueDocuments } from './issues.js';
import { listDocuments } from './listings.js';

const failed = (code: string, message: string, type?: string): unknown => ({
  errors: [{ message, extensions: { code, ...(type && { type }) } }],
});

const AT = '2026-01-05T09:00:00.000Z';
const TEAM_ID = '00000000-0000-4000-8000-000000000010';
const STATE_ID = '00000000-0000-4000-8000-000000000103';
const PERSON_ID = '00000000-0000-4000-8000-000000000002';
/** The mark of the key `example-key` as a UUID. */
const ISSUE_ID = 'e8610c0d-3d29-47c7-b2e8-caf070a8cfdc';

const ISSUE = {
  id: ISSUE_ID,
  identifier: 'ENG-42',
  title: 'The export stops',
  description: null,
  priority: 2,
  dueDate: null,
  url: 'https://linear.app/acme/issue/ENG-42',
  createdAt: AT,
  updatedAt: AT,
  state: { id: STATE_ID, name: 'In Progress', type: 'started' },
  team: { id: TEAM_ID, key: 'ENG', name: 'Engineering' },
  assignee: { id: PERSON_ID, displayName: 'ada' },
  labels: { nodes: [{ id: 'l', name: 'Bug' }] },
};
const READ = {
  id: ISSUE_ID,
  identifier: 'ENG-42',
  title: 'The export stops',
  description: '',
  state: ISSUE.state,
  team: ISSUE.team,
  priority: 2,
  assignee: { id: PERSON_ID, name: 'ada' },
  labels: ['Bug'],
  url: ISSUE.url,
  createdAt: AT,
  updatedAt: AT,
};

const { assignee: _assignee, ...UNASSIGNED } = READ;

const listed = (name: string, nodes: unknown[], next?: string) => ({
  body: { data: { [name]: { nodes, totalCount: 7, pageInfo: { hasNextPage: next !== undefined, endCursor: next } } } },
});
const post = (query: string, variables: object) =>
  ({ method: 'POST', url: '/graphql', json: { query, variables } }) as const;

const CREATE = { team: 'eng', title: 'The export stops', state: 'in progress', assignee: 'ada@acme.example' };
const STATES = { states: { nodes: [{ id: 'x', name: 'Todo' }, ISSUE.state] } };
const UPDATE = { issue: ISSUE_ID, title: 'The export stops', priority: 2 };

export const examples: ConnectorExamples = {
  answers: [
    { name: 'created', answer: { status: 200, body: { data: { issueCreate: { success: true } } } }, means: 'success' },
    {
      name: 'a wrong field inside a success',
      answer: { status: 200, body: failed('INPUT_ERROR', 'teamId must be a UUID') },
      means: { code: 'provider_rejected', providerCode: 'INPUT_ERROR', problem: 'Linear says: teamId must be a UUID' },
    },
    {
      name: 'too fast, as a bad request',
      answer: {
        status: 400,
        headers: { 'x-ratelimit-requests-reset': '946684809000' },
        body: failed('RATELIMITED', 'Rate limit exceeded'),
      },
      means: { code: 'rate_limited', retryAfterMs: 9_000, safeToRetry: true },
    },
    {
      name: 'the points are used up, not the requests',
      answer: {
        status: 400,
        headers: {
          'x-ratelimit-requests-remaining': '2000',
          'x-ratelimit-requests-reset': '946684809000',
          'x-ratelimit-complexity-remaining': '0',
          'x-ratelimit-complexity-reset': '946684830000',
        },
        body: failed('RATELIMITED', 'Rate limit exceeded'),
      },
      means: { code: 'rate_limited', retryAfterMs: 30_000 },
    },
    {
      name: 'too fast, by its type, without a time',
      answer: { status: 200, body: { errors: [{ message: 'Slow', extensions: { type: 'ratelimited' } }] } },
      means: { code: 'rate_limited', retryAfterMs: 60_000, safeToRetry: true },
    },
    {
      name: 'a bad request that is no limit, with quota left',
      answer: {
        status: 400,
        headers: { 'x-ratelimit-requests-reset': '946687800000' },
        body: failed('GRAPHQL_VALIDATION_FAILED', 'Cannot query field "nmae" on type "Issue".'),
      },
      means: { code: 'provider_rejected', safeToRetry: false },
    },
    {
      name: 'an id that is taken',
      answer: { status: 200, body: failed('INPUT_ERROR', 'conflict on insert of Issue') },
      means: { code: 'provider_rejected', providerCode: 'id_taken' },
    },
    {
      name: 'no such issue',
      answer: {
        status: 200,
        body: failed('INPUT_ERROR', 'Entity not found: Issue - Could not find referenced Issue.'),
      },
      means: { code: 'provider_rejected', providerCode: 'not_found' },
    },
    {
      name: 'bad key',
      answer: { status: 401, body: failed('AUTHENTICATION_ERROR', 'Not authenticated') },
      means: { code: 'provider_auth', problem: 'the key is not valid, or it was revoked' },
    },
    {
      name: 'a key without the permission, inside a success',
      answer: { status: 200, body: failed('FORBIDDEN', 'No', 'forbidden') },
      means: { code: 'provider_auth', safeToRetry: false },
    },
    {
      name: 'broken inside a success',
      answer: { status: 200, body: failed('INTERNAL_SERVER_ERROR', 'Oops') },
      means: { code: 'provider_unavailable', safeToRetry: false },
    },
    { name: 'broken', answer: { status: 503, body: '' }, means: { code: 'provider_unavailable', safeToRetry: false } },
  ],
  calls: {
    createIssue: [
      {
        input: CREATE,
        lookups: [
          listed('teams', [{ id: TEAM_ID }]),
          { body: { data: { team: STATES } } },
          listed('users', [{ id: PERSON_ID }]),
        ],
        request: post(issueDocuments.CREATE, {
          input: { id: ISSUE_ID, teamId: TEAM_ID, title: 'The export stops', stateId: STATE_ID, assigneeId: PERSON_ID },
        }),
        answer: { body: { data: { issueCreate: { success: true, issue: ISSUE } } } },
        output: READ,
      },
      {
        input: { team: TEAM_ID, title: 'Short', labelIds: [], priority: 0, dueDate: '2026-02-01' },
        request: post(issueDocuments.CREATE, {
          input: { id: ISSUE_ID, teamId: TEAM_ID, title: 'Short', labelIds: [], priority: 0, dueDate: '2026-02-01' },
        }),
        answer: {
          body: {
            data: { issueCreate: { success: true, issue: { ...ISSUE, assignee: null, dueDate: '2026-02-01' } } },
          },
        },
        output: { ...UNASSIGNED, dueDate: '2026-02-01' },
      },
    ],
    updateIssue: [
      {
        input: { issue: 'eng-42', state: 'In Progress' },
        lookups: [listed('issues', [{ id: ISSUE_ID }]), { body: { data: { issue: { team: STATES } } } }],
        request: post(issueDocuments.UPDATE, { id: ISSUE_ID, input: { stateId: STATE_ID } }),
        answer: { body: { data: { issueUpdate: { success: true, issue: ISSUE } } } },
        output: READ,
      },
    ],
    getIssue: [
      {
        input: { issue: 'ENG-42' },
        lookups: [listed('issues', [{ id: ISSUE_ID }])],
        request: post(issueDocuments.ONE, { id: ISSUE_ID }),
        answer: { body: { data: { issue: ISSUE } } },
        output: READ,
      },
    ],
    searchIssues: [
      {
        input: { words: 'export', team: TEAM_ID, state: 'started', cursor: 'c1' },
        request: post(listDocuments.SEARCH, {
          term: 'export',
          filter: { team: { id: { eq: TEAM_ID } }, state: { type: { eq: 'started' } } },
          first: 50,
          after: 'c1',
        }),
        answer: listed('searchIssues', [ISSUE], 'c2'),
        output: { issues: [READ], total: 7, nextCursor: 'c2' },
      },
    ],
    listTeams: [
      {
        input: {},
        request: post(listDocuments.TEAMS, { first: 50 }),
        answer: listed('teams', [ISSUE.team]),
        output: { teams: [ISSUE.team] },
      },
    ],
  },
  reconciles: {
    createIssue: [
      { input: { team: TEAM_ID, title: 'x' }, answers: [listed('issues', [ISSUE])], means: { found: READ } },
      { input: { team: TEAM_ID, title: 'x' }, answers: [listed('issues', [])], means: 'not_found' },
      { input: { team: TEAM_ID, title: 'x' }, answers: [{ body: { data: null } }], means: 'undecided' },
    ],
    updateIssue: [
      { input: UPDATE, answers: [{ body: { data: { issue: ISSUE } } }], means: { found: READ } },
      { input: UPDATE, answers: [{ body: { data: { issue: { ...ISSUE, priority: 4 } } } }], means: 'not_found' },
      { input: { issue: ISSUE_ID, labelIds: [] }, answers: [{ body: { data: { issue: ISSUE } } }], means: 'undecided' },
    ],
  },
  identity: {
    answer: {
      body: {
        data: { viewer: { id: 'u', displayName: 'fairlead' }, organization: { id: 'o', name: 'Acme', urlKey: 'acme' } },
      },
    },
    is: { accountId: 'o', account: 'Acme', actor: '@fairlead', url: 'https://linear.app/acme' },
  },
};
