/** The variables of the environment that connectors honour, as help and the template of `.env` list them. @module */
import { CONNECTORS } from '../connectors/index.js';
import { WEBHOOKS } from '../connectors/webhooks.generated.js';
import { variablesOf } from '../declared-sources.js';
import type { ConnectorVariable } from '../doors/cli/index.js';

/** By name. A variable that an alias and a webhook definition both name is listed once. */
export function connectorVariables(): ConnectorVariable[] {
  const ofConnectors = CONNECTORS.flatMap(({ provider, envAliases }) =>
    envAliases.map(({ variable, makes }) => ({ name: variable, provider, makes })),
  );
  const ofSources = Object.entries(WEBHOOKS).flatMap(([provider, definition]) =>
    variablesOf(provider, definition).map((name) => ({ name, provider, makes: 'source' as const })),
  );
  const all = new Map([...ofConnectors, ...ofSources].map((variable) => [variable.name, variable]));
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
