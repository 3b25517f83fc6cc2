/** The pipeline for calls out, with its connectors and connections. @module */
import { auditEntry, type LateEntries, type RecorderParts } from '../audit/index.js';
import {
  ConnectionBook,
  EnvironmentConnections,
  FetchedSecrets,
  StoredConnections,
  type KeptSecrets,
  type Vault,
} from '../auth/index.js';
import type { ApprovalRow } from '../core/approval.js';
import type { ConnectorDefinition } from '../core/connector.js';
import { DEFAULT_TENANT } from '../core/scope.js';
import type { Connecting } from '../operations/index.js';
import type { Outbound, RateShare } from '../outbound/index.js';
import type { Parts } from '../parts.js';
import type { OwnEvents } from './own-events.js';

export interface OutboundWithConnectors {
  outbound: Outbound;
  connectors: readonly ConnectorDefinition[];
  connections: ConnectionBook;
  connecting: Connecting;
}

/** Loaded when it is first needed, because connectors bring the schemas. @throws AppError `config_invalid` */
export async function composeOutbound(
  parts: Parts,
  recorder: RecorderParts,
  { kept, vault, events }: { kept: KeptSecrets; vault: Vault; events: OwnEvents },
  share: RateShare,
  lateEntries: LateEntries,
  approvalLink: (row: ApprovalRow) => string | undefined,
): Promise<OutboundWithConnectors> {
  const [{ Outbound }, { CONNECTORS }, { withIdentity }, { composeConnecting, composeRenewer }] = await Promise.all([
    import('../outbound/index.js'),
    import('../connectors/index.js'),
    import('./identity-action.js'),
    import('./connecting.js'),
  ]);
  const { config, store, secretSources: sources, secrets, net, clock, random, log } = parts;
  const connectors = [...CONNECTORS, ...config.connectors];
  const scope = { tenant: DEFAULT_TENANT, environment: config.environment };
  const ofVault = (name: string): Promise<string> => kept.read(scope, 'named', name);
  const reader = new FetchedSecrets({ sources, clock, secrets, kept: ofVault });
  const environment = new EnvironmentConnections(config, connectors, reader);
  const oauth = { parts, recorder, kept, vault, events, connectors, environment };
  const renewing = composeRenewer(oauth);
  const { renewer } = renewing;
  const rows = store.connections;
  const stored = new StoredConnections({ rows, kept, environment, connectors, clock, random, renewer });
  const connections = new ConnectionBook(environment, stored);
  const outbound = new Outbound({
    connectors: connectors.map(withIdentity),
    connections,
    calls: store.calls,
    policy: config.policy,
    spend: store.spend,
    approvals: store.approvals,
    approvalLink,
    hasApprovers: async (at) =>
      (await kept.list({ ...at, environment: 'live' }, 'approver', { limit: 1 })).rows.length > 0,
    audit: store.audit,
    lateEntries,
    ...(store.limits && { limits: store.limits }),
    share,
    entry: (scope, draft) => auditEntry(recorder, scope, draft),
    net,
    clock,
    random,
    log,
    secrets,
  });
  return { outbound, connectors, connections, connecting: composeConnecting(oauth, renewing, stored) };
}
