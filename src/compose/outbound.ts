/** The pipeline for calls out, with its connectors and connections. @module */
import { auditEntry, type RecorderParts } from '../audit/index.js';
import {
  ConnectionBook,
  EnvironmentConnections,
  FetchedSecrets,
  StoredConnections,
  type KeptSecrets,
} from '../auth/index.js';
import type { ConnectorDefinition } from '../core/connector.js';
import { DEFAULT_TENANT } from '../core/scope.js';
import type { Outbound, RateShare } from '../outbound/index.js';
import type { Parts } from '../parts.js';

export interface OutboundWithConnectors {
  outbound: Outbound;
  connectors: readonly ConnectorDefinition[];
  connections: ConnectionBook;
}

/** Loaded when it is first needed, because connectors bring the schemas. @throws AppError `config_invalid` */
export async function composeOutbound(
  parts: Parts,
  recorder: RecorderParts,
  kept: KeptSecrets,
  share: RateShare,
): Promise<OutboundWithConnectors> {
  const [{ Outbound }, { CONNECTORS }, { withIdentity }] = await Promise.all([
    import('../outbound/index.js'),
    import('../connectors/index.js'),
    import('./identity-action.js'),
  ]);
  const { config, store, secretSources: sources, secrets, net, clock, random, log } = parts;
  const connectors = [...CONNECTORS, ...config.connectors];
  const scope = { tenant: DEFAULT_TENANT, environment: config.environment };
  const ofVault = (name: string): Promise<string> => kept.read(scope, 'named', name);
  const reader = new FetchedSecrets({ sources, clock, secrets, kept: ofVault });
  const environment = new EnvironmentConnections(config, connectors, reader);
  const stored = new StoredConnections({ rows: store.connections, kept, environment, connectors, clock, random });
  const connections = new ConnectionBook(environment, stored);
  const outbound = new Outbound({
    connectors: connectors.map(withIdentity),
    connections,
    calls: store.calls,
    audit: store.audit,
    ...(store.limits && { limits: store.limits }),
    share,
    entry: (scope, draft) => auditEntry(recorder, scope, draft),
    net,
    clock,
    random,
    log,
    secrets,
  });
  return { outbound, connectors, connections };
}
