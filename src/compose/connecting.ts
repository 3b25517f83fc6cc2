/** How accounts are connected by OAuth, and how their tokens stay valid. @module */
import { auditEntry, type RecorderParts } from '../audit/index.js';
import {
  ConnectFlow,
  ConnectLinks,
  OAuthApps,
  OAuthConnections,
  parseFacts,
  Renewer,
  TokenClient,
  type EnvironmentConnections,
  type KeptSecrets,
  type RenewalReport,
  type StoredConnections,
  type Vault,
} from '../auth/index.js';
import type { ConnectorDefinition } from '../core/connector.js';
import { SYSTEM } from '../core/principal.js';
import type { Environment } from '../core/scope.js';
import type { ConnectionRow } from '../core/stored-connection.js';
import type { Connecting } from '../operations/index.js';
import type { Parts } from '../parts.js';
import type { OwnEvents } from './own-events.js';

export interface ConnectingParts {
  parts: Parts;
  recorder: RecorderParts;
  kept: KeptSecrets;
  vault: Vault;
  /** Told of what ended. */
  events: OwnEvents;
  connectors: readonly ConnectorDefinition[];
  environment: EnvironmentConnections;
}

/** What renews tokens, before there are connections that need it. */
export function composeRenewer(given: ConnectingParts): { renewer: Renewer; apps: OAuthApps; tokens: TokenClient } {
  const { parts, recorder, kept, connectors } = given;
  const { config, store, net, clock, random, log } = parts;
  const apps = new OAuthApps({ variables: config.variables, environment: config.environment, kept });
  const tokens = new TokenClient({ net, clock, timeoutMs: config.connect.timeoutMs });
  const report = async (renewal: RenewalReport): Promise<void> => {
    await writeRenewal(parts, recorder, renewal);
    if (renewal.outcome === 'needs_reconnect') await publishEnd(given, renewal);
  };
  const renewer = new Renewer({ renewals: store.renewals, kept, apps, tokens, connectors, clock, random, log, report });
  return { renewer, apps, tokens };
}

export function composeConnecting(
  { parts, kept, vault, connectors, environment }: ConnectingParts,
  { renewer, apps, tokens }: ReturnType<typeof composeRenewer>,
  stored: StoredConnections,
): Connecting {
  const { config, store, net, clock, random } = parts;
  const baseUrlOf = (provider: string, of: Environment): string =>
    environment.outline(provider, of, 'bearer')?.view.baseUrl ?? '';
  const { system, tickets, renewals } = store;
  const { timeoutMs, returnTo, embedIn } = config.connect;
  return {
    flow: new ConnectFlow({ tickets, system, vault, apps, tokens, connectors, clock, random, baseUrlOf }),
    links: new ConnectLinks(vault, clock),
    connections: new OAuthConnections({
      stored,
      kept,
      renewals,
      renewer,
      apps,
      net,
      timeoutMs,
      clock,
      random,
      baseUrlOf,
    }),
    tokens,
    apps,
    baseUrlOf,
    returnTo,
    embedIn,
  };
}

/** Nobody calls for a renewal: it is written down in Fairlead's own name. */
async function writeRenewal(
  { store, log }: Parts,
  recorder: RecorderParts,
  { scope, id, provider, outcome, problem, error }: RenewalReport,
): Promise<void> {
  const entry = auditEntry(recorder, scope, {
    phase: 'system',
    action: outcome === 'needs_reconnect' ? 'connection.needs_reconnect' : 'connection.renew',
    effect: 'update',
    status: outcome === 'renewed' ? 'succeeded' : 'failed',
    provider,
    target: { type: 'connection', id },
    actor: SYSTEM,
    ...(problem !== undefined && { error: { code: error ?? 'failed', message: problem } }),
  });
  const level = outcome === 'renewed' ? 'debug' : 'warn';
  log(level, `a renewal: ${outcome}`, { connection: id, provider, ...(error !== undefined && { code: error }) });
  await store.audit.append(scope, [entry]);
}

const LINK_DAYS = 7;

/**
 * For handlers: `on('fairlead', 'connection.needs_reconnect', ...)`. The link is good for this connection and its account
 * alone; where nobody knows the account, a link would be good for anybody's, and there is the command instead.
 */
async function publishEnd(
  { parts, vault, events }: ConnectingParts,
  { scope, id, provider, problem, error }: RenewalReport,
): Promise<void> {
  const { store, clock } = parts;
  const row = await store.connections.get(scope, id);
  if (row === undefined) return;
  const { account, label } = parseFacts(row.facts);
  const nowMs = clock.nowMs();
  await events.publish(scope, {
    type: 'connection.needs_reconnect',
    key: `${id} ${nowMs}`,
    subject: id,
    body: {
      connection: id,
      provider,
      environment: scope.environment,
      ...(row.user !== undefined && { user: row.user }),
      ...(label !== undefined && { label }),
      ...(account !== undefined && { account: account.account }),
      error,
      problem,
      at: new Date(nowMs).toISOString(),
      reconnect: {
        ...linkFor(parts, vault, row),
        command: `fairlead connection connect ${provider} --reconnect ${id} --env ${scope.environment}`,
      },
    },
  });
}

function linkFor(
  { clock, address }: Parts,
  vault: Vault,
  { id, provider, user, facts, tenant, environment }: ConnectionRow,
): { url?: string; expiresAt?: string } {
  const { grant, account, wanted = [] } = parseFacts(facts);
  if (grant !== 'authorization_code' || account === undefined) return {};
  const owner = user === undefined ? {} : { user };
  const link = { scope: { tenant, environment }, createdBy: SYSTEM.id, ...owner, wanted, connectionId: id };
  const ttlMs = LINK_DAYS * 86_400_000;
  const text = new ConnectLinks(vault, clock).make(provider, link, ttlMs);
  const expiresAt = new Date(clock.nowMs() + ttlMs).toISOString();
  return { url: `${address()}/connect/${provider}?link=${text}`, expiresAt };
}
