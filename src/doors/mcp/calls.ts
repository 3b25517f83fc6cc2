/** How a tool calls an operation: in this process over HTTP, wherever the data is over stdio. @module */
import type { Operation } from '../../operations/index.js';

/** What comes with one tool call besides the input of its operation. */
export interface McpCall {
  dryRun: boolean;
  /** The agent's own key; without one, a write gets one that is derived from what it asks. */
  idempotencyKey?: string;
  /** Do it again although the same was done a moment ago. */
  repeat: boolean;
  /** The program that speaks, as it says. */
  client?: string;
  /** The id that the client gave this call. */
  toolCallId?: string;
  signal: AbortSignal;
}

/** @throws AppError what the operation throws. */
export type RunOperation = (
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
  call: McpCall,
) => Promise<unknown>;
