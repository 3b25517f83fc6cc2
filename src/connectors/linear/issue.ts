/**
 * An issue as we read it, and how inputs name issues and teams.
 *
 * @source Linear's GraphQL schema (Issue, IssueFilter, TeamFilter)
 * @module
 */
import { z } from 'zod';
import type { LookUp, TargetRef } from '../../core/connector.js';
import { isObject, valueAt } from '../../core/json.js';
import { found, NOT_FOUND, UNDECIDED, type Verdict } from '../../core/verdict.js';
import { graphql, nodesAt } from './graphql.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const KEY = /^[A-Za-z][A-Za-z0-9]{0,6}$/;
const IDENTIFIER = /^([A-Za-z][A-Za-z0-9]{0,6})-(\d{1,9})$/;

export const isUuid = (text: string): boolean => UUID.test(text);

export const uuid = z.string().regex(UUID, 'it is not an id of Linear: a UUID');
export const team = z
  .string()
  .refine((text) => KEY.test(text) || UUID.test(text), { error: 'it is neither a key of a team, e.g. ENG, nor an id' })
  .describe('key of the team, e.g. ENG, or its id');
export const issueName = z
  .string()
  .refine((text) => IDENTIFIER.test(text) || UUID.test(text), { error: 'it is no issue: write ENG-42, or its id' })
  .describe('identifier of the issue, e.g. ENG-42, or its id');

export const issueSchema = z.strictObject({
  id: z.string(),
  identifier: z.string(),
  title: z.string(),
  description: z.string(),
  state: z.strictObject({ id: z.string(), name: z.string(), type: z.string() }),
  team: z.strictObject({ id: z.string(), key: z.string(), name: z.string() }),
  priority: z.int().describe('0 none, 1 urgent, 2 high, 3 medium, 4 low'),
  assignee: z.strictObject({ id: z.string(), name: z.string() }).optional(),
  labels: z.array(z.string()),
  dueDate: z.string().optional(),
  url: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Issue = z.output<typeof issueSchema>;

/** What is asked of every issue. */
export const ISSUE_FIELDS = `id identifier title description priority dueDate url createdAt updatedAt
  state { id name type } team { id key name } assignee { id displayName } labels(first: 50) { nodes { id name } }`;

export function issueFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const { id, identifier, title, description, priority, dueDate, url, createdAt, updatedAt, state, assignee } = value;
  const labels = valueAt(value, 'labels.nodes');
  return {
    id,
    identifier,
    title,
    description: description ?? '',
    state: isObject(state) && { id: state['id'], name: state['name'], type: state['type'] },
    team: {
      id: valueAt(value, 'team.id'),
      key: valueAt(value, 'team.key'),
      name: valueAt(value, 'team.name'),
    },
    priority,
    ...(isObject(assignee) && { assignee: { id: assignee['id'], name: assignee['displayName'] } }),
    labels: Array.isArray(labels) ? labels.map((one) => valueAt(one, 'name')) : [],
    ...(typeof dueDate === 'string' && { dueDate }),
    url,
    createdAt,
    updatedAt,
  };
}

/** A connection can be restricted to teams, by their keys as callers write them or by their ids. */
export const touchesTeam = ({ team }: { team?: string | undefined }): TargetRef[] =>
  team === undefined ? [] : [{ type: 'team', id: UUID.test(team) ? team : team.toUpperCase() }];

/** After its look-up an issue is written `ENG-42/<id>`, so that its team is still known. No caller can write that. */
export const idOf = (issue: string): string => issue.slice(issue.indexOf('/') + 1);

/** The team is the part before the number; an issue that is named by its id alone touches no team that we know. */
export function touchesTeamOf({ issue }: { issue: string }): TargetRef[] {
  const key = IDENTIFIER.exec(issue.split('/')[0] ?? '')?.[1];
  return key === undefined ? [] : [{ type: 'team', id: key.toUpperCase() }];
}

const TEAM_BY_KEY =
  'query TeamByKey($key: String!) { teams(filter: { key: { eq: $key } }, first: 1) { nodes { id } } }';

export function teamLookUp<Input extends { team?: string | undefined }>(): LookUp<Input> {
  return {
    what: 'team',
    name: ({ team }) => (team === undefined || UUID.test(team) ? undefined : team.toUpperCase()),
    request: (key) => graphql(TEAM_BY_KEY, { key }),
    read: (answer) => firstId(nodesAt(answer, 'teams')),
    apply: (input, team) => ({ ...input, team }),
  };
}

const ISSUE_BY_NUMBER = `query IssueByNumber($key: String!, $number: Float!) {
  issues(filter: { team: { key: { eq: $key } }, number: { eq: $number } }, first: 1, includeArchived: true) {
    nodes { id }
  }
}`;

/** By team and number: an issue that has moved to another team has another identifier, and is not found by its old one. */
export function issueLookUp<Input extends { issue: string }>(): LookUp<Input> {
  return {
    what: 'issue',
    name: ({ issue }) => (IDENTIFIER.test(issue) ? issue.toUpperCase() : undefined),
    request: (name) => {
      const [, key = '', number = ''] = IDENTIFIER.exec(name) ?? [];
      return graphql(ISSUE_BY_NUMBER, { key, number: Number(number) });
    },
    read: (answer, name) => {
      const id = firstId(nodesAt(answer, 'issues'));
      return id.is === 'found' ? found(`${name}/${id.value}`) : id;
    },
    apply: (input, issue) => ({ ...input, issue }),
  };
}

/** The id of the only entry. */
export function firstId(nodes: readonly unknown[] | undefined): Verdict<string> {
  if (nodes === undefined) return UNDECIDED;
  if (nodes.length === 0) return NOT_FOUND;
  const id = valueAt(nodes[0], 'id');
  return typeof id === 'string' ? found(id) : UNDECIDED;
}
