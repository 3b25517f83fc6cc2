/** Which tools there are: a short list that never changes while a client looks, and the catalogue behind it. @module */
import type { ConnectorDefinition } from '../../core/connector.js';
import { operationTable, type Operation } from '../../operations/index.js';
import { runTool, searchTool } from './catalogue-tools.js';
import { operationTool } from './operation-tool.js';
import type { McpTool } from './tool.js';
import { withheldBecause } from './withheld.js';

/** Operations on Fairlead itself that are listed at once; everything else is found by search. */
const LISTED: readonly string[] = [
  'connections.list',
  'calls.get',
  'events.list',
  'events.get',
  'audit.search',
  'audit.explain',
  'dead.list',
];

export interface ToolTable {
  /** What tools/list shows, in this order. */
  listed: readonly McpTool[];
  /** Everything that can be run, by any of its names. */
  byName: ReadonlyMap<string, McpTool>;
}

/**
 * @param listedActions full names of the actions that are listed at once; those that no connector has are left out
 * @param isDenied whether policy denies an operation whatever it is called with: what is not listed and what is refused
 *   is one decision
 */
export function toolTable(
  connectors: readonly ConnectorDefinition[],
  listedActions: readonly string[],
  isDenied: (operation: Operation) => boolean = () => false,
): ToolTable {
  const offered = operationTable(connectors).filter((one) => withheldBecause(one) === undefined && !isDenied(one));
  const tools = offered.map((operation: Operation) => operationTool(operation, connectors));
  const byOperation = new Map(tools.map((tool) => [tool.operation!, tool]));
  const first = [...LISTED, ...listedActions].flatMap((name) => byOperation.get(name) ?? []);
  const listed = [searchTool(tools), runTool(tools), ...first];
  return { listed, byName: new Map([...tools, ...listed].map((tool) => [tool.name, tool])) };
}
