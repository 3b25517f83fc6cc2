/**
 * Everything that is decided before a call can have an effect: who may, whether the input fits, in whose name, and what
 * exactly would be sent. A plan is complete: a dry run shows it, a call sends it.
 *
 * @module
 */
import { canonicalHash } from '../core/canonical.js';
import type { Connection, ConnectionResolution, ConnectionSource } from '../core/connection.js';
import type { ConnectorDefinition, Idempotency } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { findListed } from '../core/host-list.js';
import type { LookedUp } from '../core/call.js';
import { goOn, type MaybePromise } from '../core/maybe-promise.js';
import type { CallContext } from '../core/operation.js';
import type { AnswerSink, RawRequest } from '../core/raw-request.js';
import { checkedInput } from '../core/schema.js';
import { requestHash, type CallFacts } from './entries.js';
import { findAction, type FoundAction } from './find-action.js';
import { keyOfCall, markOfKey } from './idempotency-key.js';
import { resolveNames, type LookUpParts } from './look-up.js';
import {
  isRefusal,
  permissionFor,
  refusalByName,
  type Permission,
  type PermissionParts,
  type Refusal,
} from './permission.js';
import { rawAction } from './raw-action.js';
import { renderRequest, withKey, type RenderedRequest } from './request.js';
import { checkRestrictions } from './restriction.js';
import { checkGranted } from './scope.js';

/** How much of a name nobody knows is repeated. */
const CONNECTION_CHARACTERS_MAX = 100;

/** One call of an action, as a door or a handler asks for it. */
export interface ActionCall {
  /** `provider.action`. */
  action: string;
  input: unknown;
  context: CallContext;
  /** What the handler that calls declared. */
  uses?: readonly string[];
  /** A request in the provider's own words; the name is then `provider.request`, and `input` says what it is. */
  raw?: RawRequest;
  /** Of a raw read: takes a long answer in pieces. */
  sink?: AnswerSink;
  /** Of a raw payment: it may come without a key, and is then sent once. Who asks is an SDK that knows of no key of ours. */
  mayLackKey?: boolean;
  /** A connection that is insisted on, whatever the context says. */
  connectionId?: string;
}

export interface PlanParts extends LookUpParts, PermissionParts {
  connectors: readonly ConnectorDefinition[];
  connections: ConnectionSource;
}

export interface Plan {
  context: CallContext;
  found: FoundAction;
  /** Checked, with ids in the place of names. */
  input: unknown;
  lookups: readonly LookedUp[];
  /** Hash of what makes the call this call; the same key with another is a mismatch. A read is never asked for it. */
  inputHash: () => Uint8Array;
  key: string;
  mark: string;
  connection: Connection;
  idempotency: Idempotency;
  rendered: RenderedRequest;
  write: boolean;
  facts: CallFacts;
  /** What policy says to it. */
  permission: Permission;
  /** What the handler that calls declared. */
  uses?: readonly string[];
  /** Of a raw request: what was asked for. */
  raw?: RawRequest;
}

/** A call by its name, its key and its input, before anybody looks for its connection. */
export interface NamedCall extends Pick<Plan, 'context' | 'facts' | 'found' | 'key' | 'inputHash' | 'write'> {
  /** Checked, with names as they were given. */
  named: unknown;
}

/**
 * @param facts filled in on the way, so that a refusal is recorded with all that was known by then.
 * @throws AppError for a call that cannot be made (its state is then `failed`).
 */
export function nameCall(parts: PlanParts, call: ActionCall, facts: CallFacts): NamedCall | Refusal {
  const { context } = call;
  const found = findCalled(parts, call);
  Object.assign(facts, { effect: found.action.effect, provider: found.connector.provider });
  // Without a key it is sent once, whatever it does.
  const demands = call.mayLackKey === true ? 'send' : found.action.effect;
  const key = keyOfCall(context.idempotencyKey, context.callId, demands, found.name);
  facts.idempotencyKey = key;
  const named = checkedInput(found.action.input, call.input);
  facts.target = found.action.target(named);
  const refusal = refusalByName(parts, context, found, call.uses);
  if (refusal !== undefined) return refusal;
  let hash: Uint8Array | undefined;
  const inputHash = (): Uint8Array =>
    (hash ??= canonicalHash({ action: found.name, connection: connectionIdOf(call), input: call.input }));
  const write = found.action.effect !== 'read';
  // An input that has no hash is refused before anything is looked up or written down.
  if (write) inputHash();
  return { context, facts, found, key, named, inputHash, write };
}

/** Most plans need nothing but what is at hand. @throws AppError as {@link nameCall}, or rejects with it */
export function planCall(parts: PlanParts, call: ActionCall, called: NamedCall): MaybePromise<Plan | Refusal> {
  const { facts, found, named } = called;
  return goOn(resolution(parts, call, found, named), (resolved) => {
    const connection = connectionOf(call, found, resolved);
    facts.connection = connection.view.id;
    checkGranted(found.connector, found.name, found.action, connection);
    const hasNames = found.action.lookups !== undefined && found.action.lookups.length > 0;
    if (!hasNames) return planAbout(parts, call, called, connection, { input: named, lookups: [] });
    return resolve(parts, call, found, connection, named).then((meant) =>
      planAbout(parts, call, called, connection, meant),
    );
  });
}

/** With what it is about in view: whether it may be, and what would be sent. */
function planAbout(
  parts: PlanParts,
  call: ActionCall,
  called: NamedCall,
  connection: Connection,
  meant: { input: unknown; lookups: LookedUp[] },
): MaybePromise<Plan | Refusal> {
  const { context, facts, found, named } = called;
  const { input } = meant;
  if (input !== named) facts.target = found.action.target(input);
  checkRestrictions(connection, found.action, { named, resolved: input });
  return goOn(permissionFor(parts, { context, found, connection, input }, call.uses), (permission) =>
    isRefusal(permission) ? permission : planOf(call, called, connection, meant, permission),
  );
}

function planOf(
  call: ActionCall,
  { context, facts, found, key, inputHash, write }: NamedCall,
  connection: Connection,
  { input, lookups }: { input: unknown; lookups: LookedUp[] },
  permission: Permission,
): Plan {
  const mark = markOfKey(key);
  const request = found.action.request(input, connection.view, mark);
  const bare = renderRequest(request, found.connector, connection.view);
  const idempotency = idempotencyOf(found, connection, bare);
  const rendered = withKey(bare, idempotency, mark);
  facts.requestHash = requestHash(rendered);
  facts.endpoint = endpointOf(found, rendered);
  const { uses, raw } = call;
  // Every member by its name, present or not: one shape for all plans.
  return {
    context,
    found,
    input,
    lookups,
    inputHash,
    key,
    mark,
    connection,
    idempotency,
    rendered,
    write,
    facts,
    permission,
    uses,
    raw,
  };
}

function findCalled({ connectors }: PlanParts, { action, raw, sink, context }: ActionCall): FoundAction {
  if (raw === undefined) return findAction(connectors, action);
  const found = rawAction(connectors, action, raw, context.idempotencyKey !== undefined);
  const takes = sink !== undefined && found.action.effect === 'read';
  return takes ? { ...found, raw: { ...found.raw!, sink } } : found;
}

async function resolve(
  parts: PlanParts,
  { context }: ActionCall,
  { name, connector, action }: FoundAction,
  connection: Connection,
  input: unknown,
): Promise<{ input: unknown; lookups: LookedUp[] }> {
  const { lookups = [] } = action;
  const { callId, signal, scope } = context;
  const asked = { action: `${name} (look-up)`, connector, connection, callId, tenant: scope.tenant };
  const asking = { ...asked, ...(signal && { signal }) };
  return await resolveNames(parts, asking, lookups, input);
}

/** Where the address is the secret, only the method can be told. */
function endpointOf({ action }: FoundAction, { method, url }: RenderedRequest): string {
  return action.endpoint ?? (url === undefined ? method : `${method} ${url.pathname}`);
}

export function isPlan(planned: Plan | Refusal): planned is Plan {
  return 'rendered' in planned;
}

function connectionIdOf({ connectionId, context }: ActionCall): string | undefined {
  return connectionId ?? context.connection;
}

function resolution(
  { connections }: PlanParts,
  call: ActionCall,
  { connector, action }: FoundAction,
  input: unknown,
): MaybePromise<ConnectionResolution> {
  const { scope, principal } = call.context;
  const accepts = action.accepts?.(input);
  return connections.resolve(scope, connector.provider, accepts, connectionIdOf(call), principal.onBehalfOf?.id);
}

/** @throws AppError `not_found`, `not_connected` */
function connectionOf(call: ActionCall, { connector }: FoundAction, resolved: ConnectionResolution): Connection {
  if (resolved.kind === 'connection') return resolved.connection;
  const connectionId = connectionIdOf(call);
  if (resolved.unknown === true && connectionId !== undefined) {
    throw new AppError('not_found', { what: 'connection', id: connectionId.slice(0, CONNECTION_CHARACTERS_MAX) });
  }
  const { environment } = call.context.scope;
  throw new AppError('not_connected', { provider: connector.title, environment, hint: resolved.hint });
}

/** Asked with the target in view: whether a target recognises our key is known by its host. */
export function idempotencyOf({ action }: FoundAction, connection: Connection, { url }: RenderedRequest): Idempotency {
  if (typeof action.idempotency !== 'function') return action.idempotency;
  const honours = url !== undefined && findListed(url, connection.idempotentHosts) !== undefined;
  return action.idempotency(honours ? { ...connection.view, honoursIdempotencyKey: true } : connection.view);
}
