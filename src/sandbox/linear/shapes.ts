/** How the simulated Linear shows what it keeps: members that lead elsewhere are functions, so that cycles are harmless. @module */
import { pageAtCursor } from '../kit/index.js';
import { BEGUN_AT_MS, type LinearIssue, type LinearState, type LinearTeam, type LinearUser } from './state.js';

type Args = Readonly<Record<string, unknown>>;

const NODES_DEFAULT = 50;
const NODES_MAX = 250;
const PRIORITIES = ['No priority', 'Urgent', 'High', 'Medium', 'Low'];

const isoTime = (ms: number): string => new Date(ms).toISOString();
const since = { createdAt: isoTime(BEGUN_AT_MS), updatedAt: isoTime(BEGUN_AT_MS) };
const withId = (id: string | null): { id: string } | null => (id === null ? null : { id });

/** A Relay connection over a whole list. */
export function connection<Item extends object>(all: readonly Item[], { first, after }: Args) {
  const size = typeof first === 'number' ? Math.min(Math.max(Math.trunc(first), 1), NODES_MAX) : NODES_DEFAULT;
  const page = pageAtCursor(all, typeof after === 'string' ? after : undefined, size);
  const nodes = page?.items ?? [];
  return {
    nodes,
    edges: nodes.map((node) => ({ node, cursor: '' })),
    pageInfo: {
      hasNextPage: page?.hasMore ?? false,
      hasPreviousPage: Boolean(after),
      startCursor: null,
      endCursor: page?.next ?? null,
    },
  };
}

export function userShape(user: LinearUser | undefined, state: LinearState): object | null {
  if (user === undefined) return null;
  return {
    __typename: 'User',
    ...user,
    ...since,
    active: true,
    admin: false,
    owner: false,
    guest: false,
    app: false,
    isAssignable: true,
    isMentionable: true,
    initials: user.displayName.slice(0, 2).toUpperCase(),
    avatarBackgroundColor: '#5e6ad2',
    createdIssueCount: 0,
    canAccessAnyPublicTeam: true,
    supportsAgentSessions: false,
    inviteHash: '',
    url: `https://linear.app/${state.organization.urlKey}/profiles/${user.displayName}`,
    organization: () => organizationShape(state),
    teams: (args: Args) =>
      connection(
        state.teams.map((team) => teamShape(team, state)),
        args,
      ),
    assignedIssues: (args: Args) =>
      connection(
        state.issues.filter(({ assigneeId }) => assigneeId === user.id).map((issue) => issueShape(issue, state)),
        args,
      ),
  };
}

export function organizationShape({ organization, users, teams, ...state }: LinearState): object {
  const whole = { organization, users, teams, ...state };
  return {
    __typename: 'Organization',
    ...organization,
    ...since,
    userCount: users.length,
    createdIssueCount: state.issues.length,
    previousUrlKeys: [],
    allowedAuthServices: [],
    projectStatuses: [],
    teams: (args: Args) =>
      connection(
        teams.map((team) => teamShape(team, whole)),
        args,
      ),
  };
}

function workflowStateShape(team: LinearTeam, stateId: string, state: LinearState): object | null {
  const at = team.states.findIndex(({ id }) => id === stateId);
  const found = team.states[at];
  if (found === undefined) return null;
  return { __typename: 'WorkflowState', ...found, ...since, position: at, team: () => teamShape(team, state) };
}

export function teamShape(team: LinearTeam, state: LinearState): object {
  const { id, key, name } = team;
  const own = state.issues.filter(({ teamId }) => teamId === id);
  return {
    __typename: 'Team',
    id,
    key,
    name,
    ...since,
    displayName: name,
    timezone: 'Etc/UTC',
    private: false,
    visibility: 'public',
    issueCount: own.length,
    inviteHash: '',
    cyclesEnabled: false,
    triageEnabled: false,
    issueEstimationType: 'notUsed',
    organization: () => organizationShape(state),
    defaultIssueState: () => workflowStateShape(team, team.states[0]!.id, state),
    states: (args: Args) =>
      connection(
        team.states.map((one) => workflowStateShape(team, one.id, state)!),
        args,
      ),
    issues: (args: Args) =>
      connection(
        own.map((issue) => issueShape(issue, state)),
        args,
      ),
    labels: (args: Args) =>
      connection(
        state.labels.map((label) => labelShape(label)),
        args,
      ),
  };
}

export function labelShape(label: LinearState['labels'][number]): object {
  return { __typename: 'IssueLabel', ...label, ...since, isGroup: false };
}

export const identifierOf = ({ teamId, number }: LinearIssue, { teams }: LinearState): string =>
  `${teams.find(({ id }) => id === teamId)?.key ?? 'GONE'}-${number}`;

export function issueShape(issue: LinearIssue, state: LinearState, typename = 'Issue'): object {
  const { teamId, stateId, assigneeId, labelIds, createdAtMs, updatedAtMs, ...plain } = issue;
  const team = state.teams.find(({ id }) => id === teamId)!;
  const identifier = identifierOf(issue, state);
  const labels = state.labels.filter(({ id }) => labelIds.includes(id));
  return {
    __typename: typename,
    ...plain,
    identifier,
    labelIds,
    priorityLabel: PRIORITIES[issue.priority] ?? PRIORITIES[0],
    url: `https://linear.app/${state.organization.urlKey}/issue/${identifier}`,
    branchName: `fairlead/${identifier.toLowerCase()}`,
    createdAt: isoTime(createdAtMs),
    updatedAt: isoTime(updatedAtMs),
    previousIdentifiers: [],
    reactions: [],
    reactionData: [],
    metadata: {},
    customerTicketCount: 0,
    sortOrder: issue.number,
    boardOrder: 0,
    prioritySortOrder: 0,
    inheritsSharedAccess: false,
    sharedAccess: { isShared: false, disallowedIssueFields: [], sharedWithUsers: [], sharedWithCount: 0 },
    team: () => teamShape(team, state),
    state: () => workflowStateShape(team, stateId, state),
    creator: () => userShape(state.users[0], state),
    assignee: () =>
      withId(assigneeId) &&
      userShape(
        state.users.find(({ id }) => id === assigneeId),
        state,
      ),
    labels: (args: Args) =>
      connection(
        labels.map((label) => labelShape(label)),
        args,
      ),
  };
}
