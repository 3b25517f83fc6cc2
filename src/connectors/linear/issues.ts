/**
 * Making, changing and reading issues.
 *
 * @source Linear's GraphQL schema (issueCreate, issueUpdate, IssueCreateInput.id: "identifier in UUID v4 format")
 * @module
 */
import { z } from 'zod';
import { defineAction, type LookUp } from '../../core/connector.js';
import { isObject, valueAt } from '../../core/json.js';
import { KEY_LIVES_ON_MS, markAsUuid } from '../../core/mark.js';
import { found, NOT_FOUND, UNDECIDED, type Verdict } from '../../core/verdict.js';
import { dataAt, graphql, nodesAt } from './graphql.js';
import {
  firstId,
  idOf,
  ISSUE_FIELDS,
  issueFrom,
  issueLookUp,
  issueName,
  issueSchema,
  isUuid,
  team,
  teamLookUp,
  touchesTeam,
  touchesTeamOf,
  uuid,
  type Issue,
} from './issue.js';

const title = z.string().trim().min(1).max(255);
const fields = {
  description: z.string().max(200_000).optional().describe('in Markdown'),
  state: z.string().min(1).max(100).optional().describe('name of a state of the team, e.g. In Progress, or its id'),
  priority: z.int().min(0).max(4).optional().describe('0 none, 1 urgent, 2 high, 3 medium, 4 low'),
  assignee: z
    .string()
    .refine((text) => isUuid(text) || /^[^@\s]{1,100}@[^@\s]{1,150}$/.test(text), {
      error: 'it is neither an e-mail address nor an id',
    })
    .optional()
    .describe('e-mail address of a person in the workspace, or the id'),
  labelIds: z.array(uuid).max(50).optional(),
  dueDate: z.iso.date().optional(),
};

interface Changes {
  title?: string | undefined;
  description?: string | undefined;
  state?: string | undefined;
  priority?: number | undefined;
  assignee?: string | undefined;
  labelIds?: string[] | undefined;
  dueDate?: string | undefined;
}

const inputOf = ({ title, description, state, priority, assignee, labelIds, dueDate }: Changes) => ({
  ...(title !== undefined && { title }),
  ...(description !== undefined && { description }),
  ...(state !== undefined && { stateId: state }),
  ...(priority !== undefined && { priority }),
  ...(assignee !== undefined && { assigneeId: assignee }),
  ...(labelIds !== undefined && { labelIds }),
  ...(dueDate !== undefined && { dueDate }),
});

const USER_BY_EMAIL =
  'query UserByEmail($email: String!) { users(filter: { email: { eq: $email } }, first: 1) { nodes { id } } }';

function assigneeLookUp<Input extends Changes>(): LookUp<Input> {
  return {
    what: 'person',
    name: ({ assignee }) => (assignee === undefined || isUuid(assignee) ? undefined : assignee),
    request: (email) => graphql(USER_BY_EMAIL, { email }),
    read: (answer) => firstId(nodesAt(answer, 'users')),
    apply: (input, assignee) => ({ ...input, assignee }),
  };
}

const STATES = 'states(first: 100) { nodes { id name } }';
const STATES_OF_TEAM = `query StatesOfTeam($id: String!) { team(id: $id) { ${STATES} } }`;
const STATES_OF_ISSUE = `query StatesOfIssue($id: String!) { issue(id: $id) { team { ${STATES} } } }`;

/** States have the same names in many teams, so what was found for one is not remembered for another. */
function stateLookUp<Input extends Changes>(document: string, at: string, id: (input: Input) => string): LookUp<Input> {
  return {
    what: 'state',
    name: ({ state }) => (state === undefined || isUuid(state) ? undefined : state),
    request: (_name, input) => graphql(document, { id: id(input) }),
    read: (answer, name) => stateNamed(nodesAt(answer, at), name),
    apply: (input, state) => ({ ...input, state }),
    fresh: true,
  };
}

function stateNamed(states: readonly unknown[] | undefined, name: string): Verdict<string> {
  const wanted = name.toLowerCase();
  const isWanted = (one: unknown): boolean => String(valueAt(one, 'name')).toLowerCase() === wanted;
  return firstId(states?.filter(isWanted));
}

const createInput = z.strictObject({ team, title, ...fields });

const CREATE = `mutation CreateIssue($input: IssueCreateInput!) {
  issueCreate(input: $input) { success issue { ${ISSUE_FIELDS} } }
}`;
/** By its id in the list itself, which says "none" where a question for one issue would fail. */
const BY_ID = `query IssueById($id: ID!) {
  issues(filter: { id: { eq: $id } }, first: 1, includeArchived: true) { nodes { ${ISSUE_FIELDS} } }
}`;

export const createIssue = defineAction<z.output<typeof createInput>, Issue>({
  summary: 'Opens an issue in a Linear team',
  effect: 'create',
  endpoint: 'POST /graphql',
  permissions: ['issues:create'],
  input: createInput,
  output: issueSchema,
  target: ({ team }) => ({ type: 'team', id: team }),
  touches: touchesTeam,
  lookups: [teamLookUp(), stateLookUp(STATES_OF_TEAM, 'team.states', ({ team }) => team), assigneeLookUp()],
  request: ({ team: teamId, ...input }, _connection, marker) =>
    graphql(CREATE, { input: { id: markAsUuid(marker), teamId, ...inputOf(input) } }),
  parse: (answer) => issueFrom(dataAt(answer, 'issueCreate.issue')),
  idempotency: {
    field: 'variables.input.id',
    keyTtlMs: KEY_LIVES_ON_MS,
    source: "Linear's GraphQL schema: IssueCreateInput.id; that a repeat is refused from memory",
    refusedWith: ['id_taken'],
  },
  reconcile: {
    request: (_input, marker) => graphql(BY_ID, { id: markAsUuid(marker) }),
    read(answer, _input, marker) {
      const nodes = nodesAt(answer, 'issues');
      if (nodes === undefined) return UNDECIDED;
      const ours = nodes.find((one) => valueAt(one, 'id') === markAsUuid(marker));
      return isObject(ours) ? found(issueFrom(ours) as Issue) : NOT_FOUND;
    },
  },
  settleMs: 10_000,
  settleSource: 'memory: no page says it; issues are listed as soon as they are made',
});

const updateInput = z
  .strictObject({ issue: issueName, title: title.optional(), ...fields })
  .refine(({ issue: _issue, ...changes }) => Object.values(changes).some((value) => value !== undefined), {
    error: 'say what to change: title, description, state, priority, assignee, labelIds or dueDate',
    path: ['title'],
  });
type Update = z.output<typeof updateInput>;

const UPDATE = `mutation UpdateIssue($id: String!, $input: IssueUpdateInput!) {
  issueUpdate(id: $id, input: $input) { success issue { ${ISSUE_FIELDS} } }
}`;
const ONE = `query GetIssue($id: String!) { issue(id: $id) { ${ISSUE_FIELDS} } }`;

/** Whether an issue is as the update wants it. Labels come back by name and are not compared. */
function isAsWanted(is: Issue, { title, description, state, priority, assignee, dueDate }: Update): boolean {
  return (
    (title === undefined || is.title === title) &&
    (description === undefined || is.description.trimEnd() === description.trimEnd()) &&
    (state === undefined || is.state.id === state) &&
    (priority === undefined || is.priority === priority) &&
    (assignee === undefined || is.assignee?.id === assignee) &&
    (dueDate === undefined || is.dueDate === dueDate)
  );
}

export const updateIssue = defineAction<Update, Issue>({
  summary: 'Changes an issue in Linear: its texts, its state, who works on it',
  effect: 'update',
  endpoint: 'POST /graphql',
  permissions: ['write'],
  input: updateInput,
  output: issueSchema,
  target: ({ issue }) => ({ type: 'issue', id: issue.split('/')[0]! }),
  touches: touchesTeamOf,
  lookups: [
    issueLookUp(),
    stateLookUp(STATES_OF_ISSUE, 'issue.team.states', ({ issue }) => idOf(issue)),
    assigneeLookUp(),
  ],
  request: ({ issue, ...changes }) => graphql(UPDATE, { id: idOf(issue), input: inputOf(changes) }),
  parse: (answer) => issueFrom(dataAt(answer, 'issueUpdate.issue')),
  idempotency: 'none',
  reconcile: {
    request: ({ issue }) => graphql(ONE, { id: idOf(issue) }),
    read(answer, input) {
      const read = issueSchema.safeParse(issueFrom(dataAt(answer, 'issue')));
      // Of labels alone the answer does not tell.
      if (!read.success || Object.keys(inputOf(input)).join() === 'labelIds') return UNDECIDED;
      return isAsWanted(read.data, input) ? found(read.data) : NOT_FOUND;
    },
  },
  settleMs: 10_000,
  settleSource: 'memory: no page says it; an issue is read as it was written last',
});

const getInput = z.strictObject({ issue: issueName });

export const getIssue = defineAction<z.output<typeof getInput>, Issue>({
  summary: 'Reads one issue of Linear',
  effect: 'read',
  endpoint: 'POST /graphql',
  permissions: ['read'],
  input: getInput,
  output: issueSchema,
  target: ({ issue }) => ({ type: 'issue', id: issue.split('/')[0]! }),
  touches: touchesTeamOf,
  lookups: [issueLookUp()],
  request: ({ issue }) => graphql(ONE, { id: idOf(issue) }),
  parse: (answer) => issueFrom(dataAt(answer, 'issue')),
  idempotency: 'none',
  settleMs: 0,
});

/** For examples and checks against the schema. */
export const issueDocuments = { CREATE, UPDATE, ONE, BY_ID, USER_BY_EMAIL, STATES_OF_TEAM, STATES_OF_ISSUE } as const;
