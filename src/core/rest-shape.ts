/**
 * How an operation looks as a REST request: its input fields go into the path, the query or a JSON body. The HTTP door
 * reads requests by this, clients write them by it.
 *
 * @module
 */
import { AppError } from './errors.js';
import { checkedKey } from './idempotency-key.js';
import type { OperationDefinition } from './operation.js';

type RestPlace = OperationDefinition<never, unknown, never>['http'];

/** What a request carries besides the input of its operation. */
export const REST_HEADERS = {
  /** Of an agent's request: nothing that changes anything is shown to it or done for it. */
  readOnly: 'fairlead-read-only',
  environment: 'fairlead-environment',
  dryRun: 'fairlead-dry-run',
  idempotencyKey: 'idempotency-key',
  /** The connection that an action shall go through, by its id. */
  connection: 'fairlead-connection',
  /** What the caller says it is; a server takes it only as a restriction. */
  principalType: 'fairlead-principal-type',
  /** The coding agent or program that calls. */
  agentClient: 'fairlead-agent-client',
  /** One run of an agent. */
  agentSession: 'fairlead-agent-session',
  /** The id that the client of an agent gave this call. */
  toolCallId: 'fairlead-tool-call',
  /** The person that an agent works for. */
  onBehalfOf: 'fairlead-on-behalf-of',
  /** `mcp`: the request carries a tool call of an agent on this machine. */
  door: 'fairlead-door',
  /** `true`: do it once more, although the same was done a moment ago. */
  repeat: 'fairlead-repeat',
  /** On an answer: it is that of an earlier request under the same key, and nothing was done. */
  replayed: 'idempotent-replayed',
  /** Of a stream of events that is gone on with: the id of the last one that was seen. */
  lastEventId: 'last-event-id',
  requestId: 'x-request-id',
  /** On the answer of an export: the checkpoint that covers it, in base64. */
  checkpoint: 'fairlead-checkpoint',
  /** On an answer: the operation was not begun, so that the same request can be sent elsewhere. */
  notRun: 'fairlead-not-run',
} as const;

export interface RestRequest {
  method: string;
  /** Path and query. */
  path: string;
  /** JSON text. Absent for GET only: a request that changes something always has one. */
  body?: string;
}

const PARAMETER = /\{(\w+)\}/g;

/** The names of the input fields that stand in the path. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(PARAMETER)].map((match) => match[1]!);
}

/**
 * The request that carries `input`. `undefined` fields are left out; lists repeat their name in a query.
 *
 * @throws AppError `invalid_argument` when a part of the address is missing.
 */
export function restRequestOf(place: RestPlace, input: Readonly<Record<string, unknown>>): RestRequest {
  const inPath = pathParameters(place.path);
  const path = place.path.replace(PARAMETER, (_all, name: string) => encodeURIComponent(required(input, name)));
  const rest = Object.entries(input).filter(([name, value]) => value !== undefined && !inPath.includes(name));
  if (place.method === 'POST') return { method: 'POST', path, body: JSON.stringify(Object.fromEntries(rest)) };
  const query = new URLSearchParams();
  for (const [name, value] of rest)
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, textOf(one));
  const search = query.size === 0 ? '' : `?${query.toString()}`;
  return { method: place.method, path: path + search, ...(place.method === 'GET' ? {} : { body: '{}' }) };
}

function required(input: Readonly<Record<string, unknown>>, name: string): string {
  const text = String(input[name] ?? '');
  // An empty part would make it the address of something else.
  if (text === '') throw new AppError('invalid_argument', { argument: name, problem: 'it is missing' });
  return text;
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * A key as a header: a string of Structured Fields (RFC 9651, section 3.3.3), so that a quote or a comma inside is part
 * of it.
 *
 * @throws AppError `invalid_argument` for what is no key
 */
export function quotedKey(key: string): string {
  return `"${checkedKey(key).replace(/["\\]/g, '\\$&')}"`;
}
