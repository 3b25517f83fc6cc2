/** From a link to a connection: what stands behind the connect page and the callback. @module */
import {
  missingScopes,
  parseFacts,
  type BegunFlow,
  type ConnectFailure,
  type ConnectLink,
  type FlowEnd,
  type FlowRequest,
} from '../auth/index.js';
import { AppError, toAppError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { CallContext } from '../core/operation.js';
import type { Principal } from '../core/principal.js';
import type { ConnectionRow } from '../core/stored-connection.js';
import { present } from './fields.js';
import type { Gateway } from './gateway.js';
import { askIdentity, describeAccount } from './identity.js';
import { joinSameAccount } from './same-account.js';

export type Connected =
  | { kind: 'connected'; row: ConnectionRow; account?: string; missing: readonly string[] }
  | { kind: 'failed'; reason: ConnectFailure; says: string; id: string };

export function redirectUriOf(gateway: Gateway, provider: string): string {
  return `${gateway.address()}/auth/${provider}/callback`;
}

/** A link for as long as it is good; `undefined` for one that is over, also because its tenant is. */
export async function openLink(gateway: Gateway, provider: string, text: string): Promise<ConnectLink | undefined> {
  const { links } = await gateway.connecting();
  const link = links.open(provider, text);
  const tenant = link && (await gateway.store.tenants.get(link.scope.tenant));
  return tenant?.deletedAtMs === undefined ? link : undefined;
}

/** Begins a flow for whoever has a link. */
export async function beginConnect(
  gateway: Gateway,
  provider: string,
  link: ConnectLink,
  channel: FlowRequest['channel'],
): Promise<BegunFlow> {
  const { flow } = await gateway.connecting();
  return await flow.begin({ ...link, provider, channel, redirectUri: redirectUriOf(gateway, provider) });
}

/** Ends a flow: the code becomes a connection, and whose account it is is asked. Nothing is thrown. */
export async function finishConnect(
  gateway: Gateway,
  provider: string,
  answer: URLSearchParams,
  binding: string | undefined,
  isTerminal = false,
): Promise<Connected> {
  const id = newId('request', gateway.clock, gateway.random);
  const { flow } = await gateway.connecting();
  let request: FlowRequest | undefined;
  try {
    const end = await flow.finish(provider, answer, binding, isTerminal);
    request = end.request;
    if (end.kind === 'failed') return await refuse(gateway, provider, end, id);
    return await keep(gateway, id, end);
  } catch (thrown) {
    const error = toAppError(thrown, () => id);
    gateway.log('error', 'an account could not be connected', { request: id, provider, cause: error.cause ?? error });
    const reason = error.code === 'config_invalid' ? 'not_configured' : 'internal';
    const end = { kind: 'failed', reason, says: error.message } as const;
    return await refuse(gateway, provider, request === undefined ? end : { ...end, request }, id);
  }
}

async function keep(gateway: Gateway, id: string, end: Extract<FlowEnd, { kind: 'granted' }>): Promise<Connected> {
  const { flow, connections } = await gateway.connecting();
  const { request, credential } = end;
  const { scope, provider, createdBy, user, label, connectionId } = request;
  const connector = flow.connector(provider);
  const given = { connector, credential, createdBy, ...present({ user, label }) };
  const made =
    connectionId === undefined
      ? await connections.add(scope, { ...given, unsettled: true })
      : await connections.replace(scope, connectionId, given);
  const context = contextOf(gateway, request);
  const asked = await askIdentity(
    gateway,
    context,
    connector,
    made.id,
    parseFacts(made.facts).restrictions ?? {},
    user,
  );
  const { stored } = await gateway.connections();
  let row = made;
  if (asked.kind === 'is') {
    const before = parseFacts(made.facts).account;
    if (connectionId !== undefined && before !== undefined && before.accountId !== asked.identity.accountId) {
      await stored.change(scope, row.id, undefined, (facts) => facts, 'needs_reconnect');
      const says = `it was ${describeAccount(before)} before, and this is ${describeAccount(asked.identity)}`;
      return await refuse(gateway, provider, { kind: 'failed', reason: 'wrong_account', says, request }, id);
    }
    const { accountId, account: name, actor, url } = asked.identity;
    const account = { accountId, account: name, ...present({ actor, url }) };
    const checkedAtMs = gateway.clock.nowMs();
    row = await stored.change(scope, row.id, undefined, (facts) => ({ ...facts, account, checkedAtMs }));
    if (connectionId === undefined) row = await joinSameAccount(gateway, scope, row, given);
  }
  if (connectionId === undefined && row.id === made.id) {
    await stored.change(scope, row.id, undefined, ({ unsettledUntilMs: _over, ...facts }) => facts);
  }
  await write(gateway, request, { status: 'succeeded', target: { type: 'connection', id: row.id } }, id);
  const { granted } = credential;
  const missing = granted === undefined ? [] : missingScopes(connector.auth.scopes, granted, credential.wanted);
  const known = asked.kind === 'is' ? { account: describeAccount(asked.identity) } : {};
  return { kind: 'connected', row: await stored.row(scope, row.id, undefined), missing, ...known };
}

async function refuse(
  gateway: Gateway,
  provider: string,
  { reason, says, request }: Extract<FlowEnd, { kind: 'failed' }>,
  id: string,
): Promise<Connected> {
  gateway.log('warn', 'an account was not connected', { request: id, provider, reason });
  if (request !== undefined) {
    const error = { code: reason, message: says };
    const target = { type: 'provider', id: provider };
    await write(gateway, request, { status: 'failed', target, error }, id).catch((cause: unknown) =>
      gateway.log('error', 'a refusal could not be written down', { request: id, cause }),
    );
  }
  return { kind: 'failed', reason, says, id };
}

function contextOf(gateway: Gateway, { scope, createdBy, user }: FlowRequest): CallContext {
  const principal: Principal = {
    type: 'person',
    id: createdBy,
    scopes: ['read'],
    via: 'rest',
    ...(user !== undefined && { onBehalfOf: { type: 'person' as const, id: user } }),
  };
  return { scope, principal, callId: newId('call', gateway.clock, gateway.random), dryRun: false };
}

async function write(
  gateway: Gateway,
  request: FlowRequest,
  what: {
    status: 'succeeded' | 'failed';
    target: { type: string; id: string };
    error?: { code: string; message: string };
  },
  cause: string,
): Promise<void> {
  const context = { ...contextOf(gateway, request), cause };
  const draft = {
    phase: 'outcome',
    action: 'connections.connected',
    effect: 'create',
    provider: request.provider,
  } as const;
  await gateway.store.audit.append(request.scope, [gateway.entry(context, { ...draft, ...what })]);
}

/** A failure as an error, for who waits at a terminal. */
export function connectError(title: string, { reason, says }: Extract<Connected, { kind: 'failed' }>): AppError {
  return new AppError('connect_failed', { provider: title, reason, problem: says });
}
