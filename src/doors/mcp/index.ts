/** The MCP door: operations as tools for agents, over stdio and HTTP. Everything behind it is loaded when asked for. @module */
import type { ConnectorDefinition } from '../../core/connector.js';
import type { Clock } from '../../core/ports.js';
import type { Environment } from '../../core/scope.js';
import type { Operation, Policy } from '../../operations/index.js';
import type { RunOperation } from './calls.js';
import type { McpHttpParts } from './http.js';
import type { ToolResult } from './call-tool.js';
import type { PaceLimits } from './pace.js';
import type { ListedTool, ToolCost } from './tool-list.js';

export type { McpCall, RunOperation } from './calls.js';

/** The paths that the private listener hands to this door. */
export const MCP_PATHS: ReadonlySet<string> = new Set([
  '/mcp',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/mcp',
]);

/** Loads the protocol, zod and the table, which a process needs only once an agent asks. */
export async function loadMcp(
  parts: McpHttpParts,
): Promise<Awaited<ReturnType<(typeof import('./http.js'))['mcpListener']>>> {
  const { mcpListener } = await import('./http.js');
  return await mcpListener(parts);
}

/** What commands need of this door. */
export interface ToolLibrary {
  list(): ListedTool[];
  costs(): ToolCost[];
  call(name: string, given: Record<string, unknown>, run: RunOperation, signal: AbortSignal): Promise<ToolResult>;
  /** @param readOnly whatever changes something is neither shown nor run */
  serveOnStdio(run: RunOperation, stop: AbortSignal, readOnly?: boolean): Promise<void>;
}

export interface ToolLibraryParts {
  connectors: readonly ConnectorDefinition[];
  listedActions: readonly string[];
  policy: Policy;
  environment: Environment;
  version: string;
  /** Takes what is for the log alone; gives its id. */
  onUnforeseen: (error: unknown) => string;
  /** A message that is none of the protocol; whoever sent it gets no answer, as it has no id that could be trusted. */
  onMalformed: (error: Error) => void;
  /** Of this process: seals what its one client keeps between two tries of a call. */
  secret: string;
  clock: Clock;
  pace?: PaceLimits;
}

export async function loadTools({
  connectors,
  listedActions,
  policy,
  environment,
  version,
  onUnforeseen,
  onMalformed,
  secret,
  clock,
  pace: limits,
}: ToolLibraryParts): Promise<ToolLibrary> {
  const [{ deniedToAgents }, { toolTable }, { listedTools, toolCosts }, { callTool }, { Pace }] = await Promise.all([
    import('../../operations/index.js'),
    import('./tool-table.js'),
    import('./tool-list.js'),
    import('./call-tool.js'),
    import('./pace.js'),
  ]);
  const table = toolTable(connectors, listedActions, deniedToAgents(policy, environment));
  return {
    list: () => listedTools(table),
    costs: () => toolCosts(listedTools(table)),
    call: (name, given, run, signal) => callTool({ table, onUnforeseen }, name, given, { run, signal }),
    async serveOnStdio(run, stop, readOnly = false) {
      const { serveOnStdio } = await import('./stdio.js');
      const shown = readOnly ? toolTable(connectors, listedActions, changes) : table;
      const pace = new Pace(clock, limits).of('stdio');
      await serveOnStdio({ table: shown, version, run, onUnforeseen, secret, pace }, stop, onMalformed);
    },
  };
}

const changes = ({ effect }: Operation): boolean => effect !== 'read';
