/** The pipeline for calls out, with its connectors and connections. @module */
import { auditEntry, type RecorderParts } from '../audit/index.js';
import { EnvironmentConnections, FetchedSecrets } from '../auth/index.js';
import type { ConnectorDefinition } from '../core/connector.js';
import type { Outbound } from '../outbound/index.js';
import type { Parts } from '../parts.js';

export interface OutboundWithConnectors {
  outbound: Outbound;
  connectors: readonly ConnectorDefinition[];
}

/** Loaded when it is first needed, because connectors bring the schemas. @throws AppError `config_invalid` */
export async function composeOutbound(parts: Parts, recorder: RecorderParts): Promise<OutboundWithConnectors> {
  const [{ Outbound }, { CONNECTORS }] = await Promise.all([
    import('../outbound/index.js'),
    import('../connectors/index.js'),
  ]);
  const { config, store, secretSources: sources, secrets, net, clock, random, log } = parts;
  const connectors = [...CONNECTORS, ...config.connectors];
  const reader = new FetchedSecrets({ sources, clock, secrets });
  const outbound = new Outbound({
    connectors,
    connections: new EnvironmentConnections(config, connectors, reader),
    calls: store.calls,
    audit: store.audit,
    entry: (scope, draft) => auditEntry(recorder, scope, draft),
    net,
    clock,
    random,
    log,
    secrets,
  });
  return { outbound, connectors };
}
