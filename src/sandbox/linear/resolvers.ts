/** What the simulated Linear answers to queries and does in mutations. @source Linear's GraphQL schema @module */
import { isObject } from '../../core/json.js';
import type { Call } from '../kit/index.js';
import { fits } from './filters.js';
import { Refused } from './graphql.js';
import { connection, identifierOf, issueShape, labelShape, organizationShape, teamShape, userShape } from './shapes.js';
import { blank, newUuid, type LinearIssue, type LinearState, type LinearTeam } from './state.js';

export type LinearCall = Call<LinearState>;
type Args = Readonly<Record<string, unknown>>;

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const ISSUES_MAX = 20_000;

const notFound = (what: string): Refused =>
  new Refused('INPUT_ERROR', `Entity not found: ${what} - Could not find referenced ${what}.`);
const invalid = (problem: string): Refused => new Refused('INVALID_INPUT', `Argument Validation Error: ${problem}`);

function issueNamed(id: unknown, state: LinearState): LinearIssue | undefined {
  return state.issues.find((issue) => issue.id === id || identifierOf(issue, state) === id);
}

export function queries({ state }: LinearCall) {
  const filtered = (shapes: readonly object[], args: Args) =>
    connection(
      shapes.filter((shape) => fits(shape, args['filter'])),
      args,
    );
  const newest = (): LinearIssue[] => [...state.issues].reverse();
  return {
    viewer: () =>
      userShape(
        state.users.find(({ isMe }) => isMe),
        state,
      ),
    organization: () => organizationShape(state),
    team({ id }: Args) {
      const team = state.teams.find((one) => one.id === id || one.key === id);
      return team === undefined ? notFound('Team') : teamShape(team, state);
    },
    teams: (args: Args) =>
      filtered(
        state.teams.map((team) => teamShape(team, state)),
        args,
      ),
    users: (args: Args) =>
      filtered(
        state.users.map((user) => userShape(user, state)!),
        args,
      ),
    issueLabels: (args: Args) => filtered(state.labels.map(labelShape), args),
    issue({ id }: Args) {
      const issue = issueNamed(id, state);
      return issue === undefined ? notFound('Issue') : issueShape(issue, state);
    },
    issues: (args: Args) =>
      filtered(
        newest().map((issue) => issueShape(issue, state)),
        args,
      ),
    searchIssues(args: Args) {
      const { term } = args;
      if (typeof term !== 'string') return invalid('term must be a string.');
      const words = term.toLowerCase().split(/\s+/).filter(Boolean);
      const text = ({ title, description }: LinearIssue): string => `${title}\n${description ?? ''}`.toLowerCase();
      const hits = newest().filter((issue) => words.every((word) => text(issue).includes(word)));
      const shapes = hits.map((issue) => issueShape(issue, state, 'IssueSearchResult'));
      const fitting = shapes.filter((shape) => fits(shape, args['filter']));
      return { ...connection(fitting, args), totalCount: fitting.length };
    },
  };
}

export function mutations(call: LinearCall) {
  const { state, nowMs, random } = call;
  return {
    issueCreate({ input }: Args) {
      if (!isObject(input)) return invalid('input must be an object.');
      const team = state.teams.find(({ id }) => id === input['teamId']);
      if (team === undefined) return notFound('Team');
      const id = input['id'] ?? newUuid(random);
      if (typeof id !== 'string' || !UUID_V4.test(id)) return invalid('id must be a UUID.');
      if (state.issues.some((issue) => issue.id === id)) {
        return new Refused('INPUT_ERROR', `conflict on insert of Issue: Entity with id ${id} already exists.`);
      }
      if (typeof input['title'] !== 'string' || input['title'].trim() === '')
        return invalid('title should not be empty.');
      const issue = changed({ ...blank(state, team, id, nowMs) }, input, team, state);
      if (issue instanceof Refused) return issue;
      if (state.issues.length >= ISSUES_MAX) state.issues.shift();
      state.issues.push(issue);
      return payload(call, issue, 'create');
    },
    issueUpdate({ id, input }: Args) {
      const issue = issueNamed(id, state);
      if (issue === undefined) return notFound('Issue');
      if (!isObject(input)) return invalid('input must be an object.');
      const team = state.teams.find((one) => one.id === issue.teamId)!;
      const after = changed({ ...issue, updatedAtMs: nowMs }, input, team, state);
      if (after instanceof Refused) return after;
      Object.assign(issue, after);
      return payload(call, issue, 'update');
    },
  };
}

const FIELDS = new Set([
  'id',
  'teamId',
  'title',
  'description',
  'priority',
  'stateId',
  'assigneeId',
  'labelIds',
  'dueDate',
]);

function changed(issue: LinearIssue, input: Args, team: LinearTeam, state: LinearState): LinearIssue | Refused {
  const unknown = Object.keys(input).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return new Refused('GRAPHQL_VALIDATION_FAILED', `Field "${unknown}" is not defined.`);
  const { title, description, priority, stateId, assigneeId, labelIds, dueDate } = input;
  if (stateId !== undefined && !team.states.some(({ id }) => id === stateId)) return notFound('WorkflowState');
  if (typeof assigneeId === 'string' && !state.users.some(({ id }) => id === assigneeId)) return notFound('User');
  const isLabel = (one: unknown): boolean => state.labels.some(({ id }) => id === one);
  if (labelIds !== undefined && !(Array.isArray(labelIds) && labelIds.every(isLabel))) return notFound('IssueLabel');
  if (typeof dueDate === 'string' && !DATE.test(dueDate)) return invalid('dueDate must be a date.');
  if (priority !== undefined && ![0, 1, 2, 3, 4].includes(Number(priority))) {
    return invalid('priority must not be greater than 4.');
  }
  const given = { title, description, priority, stateId, assigneeId, labelIds, dueDate };
  const changes = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...issue, ...(Object.fromEntries(changes) as Partial<LinearIssue>) };
}

function payload(call: LinearCall, issue: LinearIssue, action: 'create' | 'update'): object {
  const { state } = call;
  const { id, title, description, priority, createdAtMs, updatedAtMs, teamId } = issue;
  call.emit(`Issue.${action}`, {
    action,
    type: 'Issue',
    createdAt: new Date(call.nowMs).toISOString(),
    data: {
      id,
      identifier: identifierOf(issue, state),
      title,
      description,
      priority,
      teamId,
      createdAt: new Date(createdAtMs).toISOString(),
      updatedAt: new Date(updatedAtMs).toISOString(),
    },
    url: `https://linear.app/${state.organization.urlKey}/issue/${identifierOf(issue, state)}`,
    organizationId: state.organization.id,
    webhookTimestamp: call.nowMs,
    webhookId: 'webhook-sandbox',
  });
  return { success: true, lastSyncId: state.issues.length, issue: () => issueShape(issue, state) };
}
