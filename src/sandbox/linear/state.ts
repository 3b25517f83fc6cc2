/** What the simulated Linear keeps. @module */
import type { Random } from '../../core/ports.js';

export interface LinearWorkflowState {
  id: string;
  name: string;
  type: 'backlog' | 'unstarted' | 'started' | 'completed' | 'canceled';
  color: string;
}

export interface LinearTeam {
  id: string;
  key: string;
  name: string;
  states: LinearWorkflowState[];
}

export interface LinearUser {
  id: string;
  name: string;
  displayName: string;
  email: string;
  isMe: boolean;
}

export interface LinearIssue {
  id: string;
  teamId: string;
  number: number;
  title: string;
  description: string | null;
  priority: number;
  stateId: string;
  assigneeId: string | null;
  labelIds: string[];
  dueDate: string | null;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface LinearState {
  organization: { id: string; name: string; urlKey: string };
  teams: LinearTeam[];
  users: LinearUser[];
  labels: { id: string; name: string; color: string }[];
  /** Oldest first. */
  issues: LinearIssue[];
}

/** Ids that are the same in every run: UUIDs of version 4. */
const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

export const BEGUN_AT_MS = Date.UTC(2026, 0, 5, 9);

function team(number: number, key: string, name: string): LinearTeam {
  const states = [
    { name: 'Backlog', type: 'backlog', color: '#bec2c8' },
    { name: 'Todo', type: 'unstarted', color: '#e2e2e2' },
    { name: 'In Progress', type: 'started', color: '#f2c94c' },
    { name: 'Done', type: 'completed', color: '#5e6ad2' },
    { name: 'Canceled', type: 'canceled', color: '#95a2b3' },
  ] as const;
  return {
    id: id(number),
    key,
    name,
    states: states.map((state, index) => ({ id: id(number * 10 + index + 1), ...state })),
  };
}

export function begin(): LinearState {
  const teams = [team(10, 'ENG', 'Engineering'), team(20, 'SEC', 'Security')];
  const users = [
    { id: id(1), name: 'Fairlead Bot', displayName: 'fairlead', email: 'bot@acme.example', isMe: true },
    { id: id(2), name: 'Ada Lovelace', displayName: 'ada', email: 'ada@acme.example', isMe: false },
  ];
  const state: LinearState = {
    organization: { id: id(9), name: 'Acme', urlKey: 'acme' },
    teams,
    users,
    labels: [
      { id: id(31), name: 'Bug', color: '#eb5757' },
      { id: id(32), name: 'Feature', color: '#bb87fc' },
    ],
    issues: [],
  };
  state.issues.push({
    ...blank(state, teams[0]!, id(41), BEGUN_AT_MS),
    title: 'The export stops',
    description: 'At the first empty line.',
  });
  state.issues.push({ ...blank(state, teams[0]!, id(42), BEGUN_AT_MS), title: 'Widgets in blue', labelIds: [id(32)] });
  state.issues.push({ ...blank(state, teams[1]!, id(43), BEGUN_AT_MS), title: 'Rotate the export key' });
  return state;
}

/** An issue of a team with nothing but what every issue has. */
export function blank(state: LinearState, team: LinearTeam, issueId: string, nowMs: number): LinearIssue {
  const numbers = state.issues.filter(({ teamId }) => teamId === team.id).map(({ number }) => number);
  return {
    id: issueId,
    teamId: team.id,
    number: Math.max(0, ...numbers) + 1,
    title: '',
    description: null,
    priority: 0,
    stateId: team.states[0]!.id,
    assigneeId: null,
    labelIds: [],
    dueDate: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** A random UUID, version 4. */
export function newUuid(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
