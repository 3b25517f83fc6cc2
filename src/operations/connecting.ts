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
import type { Identity } from '../core/connector.js';
import { AppError, toAppError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { CallContext } from '../core/operation.js';
import type { Principal } from '../core/principal.js';
import type { Scope } from '../core/scope.js';
import type { ConnectionRow } from '../core/stored-connection.js';
import { endAtProvider } from './end-at-provider.js';
import { present } from './fields.js';
import type { Gateway } from './gateway.js';
import { askIdentity, describeAccount } from './identity.js';
import { mayStillAct } from './may-still-act.js';
import { joinSameAccount } from './same-account.js';

export type Connected =
  | { kind: 'connected'; row: ConnectionRow; account?: string; missing: readonly string[] }
  | { kind: 'failed'; reason: ConnectFailure; says: string; id: string };

export function redirectUriOf(gateway: Gateway, provider: string): string {
  return `${gateway.address()}/auth/${provider}/callback`;
}

/** `maker_over`: whoever made it may not act any more. */
export type OpenedLink = { kind: 'link'; link: ConnectLink } | { kind: 'over' | 'maker_over' };

/** A link is good for its time, and no longer than its tenant and whoever made it. */
export async function openLink(gateway: Gateway, provider: string, text: string): Promise<OpenedLink> {
  const { links } = await gateway.connecting();
  const link = links.open(provider, text);
  if (link === undefined) return { kind: 'over' };
  if (await isDeleted(gateway, link.scope)) return { kind: 'over' };
  return (await mayStillAct(gateway, link.scope, link.createdBy)) ? { kind: 'link', link } : { kind: 'maker_over' };
}

async function isDeleted({ store }: Gateway, { tenant }: Scope): Promise<boolean> {
  return (await store.tenants.get(tenant))?.deletedAtMs !== undefined;
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
    const end = await flow.finish(provider, answer, {
      binding,
      isTerminal,
      mayGoOn: async ({ scope, createdBy }) => await mayStillAct(gateway, scope, createdBy),
    });
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

/** What was granted stands beside the connection it may renew until it is known whose account it is. */
async function keep(gateway: Gateway, id: string, end: Extract<FlowEnd, { kind: 'granted' }>): Promise<Connected> {
  const { flow, connections } = await gateway.connecting();
  const { stored } = await gateway.connections();
  const { request, credential } = end;
  const { scope, provider, createdBy, user, label, connectionId } = request;
  const connector = flow.connector(provider);
  const given = { connector, credential, createdBy, ...present({ user, label }) };
  const old = connectionId === undefined ? undefined : await stored.row(scope, connectionId, undefined);
  const made = await connections.add(scope, { ...given, unsettled: true });
  // Whoever deletes the tenant from here on finds the connection; who did so before has not seen it.
  if (await isDeleted(gateway, scope)) {
    await endAtProvider(gateway, contextOf(gateway, request), made);
    await stored.disconnect(scope, made.id, undefined);
    const says = 'its tenant was deleted meanwhile; nothing of it was kept';
    return await refuse(gateway, provider, { kind: 'failed', reason: 'maker_over', says, request }, id);
  }
  const within = parseFacts((old ?? made).facts).restrictions ?? {};
  const asked = await askIdentity(gateway, contextOf(gateway, request), connector, made.id, within, user);
  const identity = asked.kind === 'is' ? asked.identity : undefined;
  const before = old && parseFacts(old.facts).account;
  if (identity !== undefined && before !== undefined && before.accountId !== identity.accountId) {
    // Here alone: at the provider it may be the access of another connection, too.
    await stored.disconnect(scope, made.id, undefined);
    const says = `it was ${describeAccount(before)} before, and this is ${describeAccount(identity)}; the connection is as it was`;
    return await refuse(gateway, provider, { kind: 'failed', reason: 'wrong_account', says, request }, id);
  }
  let row = made;
  if (old !== undefined) {
    row = await connections.replace(scope, old.id, given);
    await stored.disconnect(scope, made.id, undefined);
  }
  if (identity !== undefined) row = await recordAccount(gateway, scope, row, identity);
  if (old === undefined && identity !== undefined) row = await joinSameAccount(gateway, scope, row, given);
  if (row.id === made.id)
    await stored.change(scope, row.id, undefined, ({ unsettledUntilMs: _over, ...facts }) => facts);
  await write(gateway, request, { status: 'succeeded', target: { type: 'connection', id: row.id } }, id);
  const { granted } = credential;
  const missing = granted === undefined ? [] : missingScopes(connector.auth.scopes, granted, credential.wanted);
  const known = identity === undefined ? {} : { account: describeAccount(identity) };
  return { kind: 'connected', row: await stored.row(scope, row.id, undefined), missing, ...known };
}

async function recordAccount(
  gateway: Gateway,
  scope: Scope,
  row: ConnectionRow,
  { accountId, account: name, actor, url }: Identity,
): Promise<ConnectionRow> {
  const { stored } = await gateway.connections();
  const account = { accountId, account: name, ...present({ actor, url }) };
  const checkedAtMs = gateway.clock.nowMs();
  return await stored.change(scope, row.id, undefined, (facts) => ({ ...facts, account, checkedAtMs }));
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
