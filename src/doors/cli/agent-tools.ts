/** The operations as tools for agents, as far as commands use them; doors/mcp provides it. @module */
import type { Operation } from '../../operations/index.js';

export interface AgentCall {
  dryRun: boolean;
  idempotencyKey?: string;
  repeat: boolean;
  /** The program that speaks, as it says. */
  client?: string;
  toolCallId?: string;
  signal: AbortSignal;
}

export type RunForAgent = (
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
  call: AgentCall,
) => Promise<unknown>;

export interface AgentTools {
  list(): readonly { name: string; description: string; annotations: { readOnlyHint: boolean } }[];
  costs(): readonly { name: string; tokens: number; whole: number }[];
  call(
    name: string,
    given: Record<string, unknown>,
    run: RunForAgent,
    signal: AbortSignal,
  ): Promise<{ structuredContent: Record<string, unknown>; isError?: true }>;
  /** Resolves when the client has gone. */
  serveOnStdio(run: RunForAgent, stop: AbortSignal, readOnly?: boolean): Promise<void>;
}
