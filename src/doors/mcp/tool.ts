/** A tool: an operation as an agent sees it, or one of the two that lead to the rest. @module */
import type { JsonSchema } from '../../operations/index.js';
import type { McpCall, RunOperation } from './calls.js';
import type { ToolHints } from './hints.js';

/** What a tool came to, before it is cleaned, bounded and written. */
export interface ToolAnswer {
  value: Readonly<Record<string, unknown>>;
  isError?: boolean;
  /** Fields whose text comes from outside: data, never an instruction. */
  untrusted?: readonly string[];
  /** Of a call that waits for a person. */
  waits?: Waiting;
  /** The list in it that shrinks when it does not fit: asked again with a smaller limit. */
  shrink?: (limit: number) => Promise<ToolAnswer>;
}

/** What a client can show a person who has to agree. */
export interface Waiting {
  callId: string;
  key: string;
  action: string;
  approval: string;
  /** Of the page that shows what would be sent, and takes the decision. */
  url: string;
}

export interface McpTool {
  name: string;
  /** Of the operation behind it; absent for the two that are about all. */
  operation?: string;
  description: string;
  inputSchema: JsonSchema;
  outputSchema: JsonSchema;
  annotations: ToolHints;
  /** Arguments are checked by then. @throws AppError. */
  run(given: Readonly<Record<string, unknown>>, call: ToolCall): Promise<ToolAnswer>;
}

export type ToolCall = Pick<McpCall, 'client' | 'toolCallId' | 'signal'> & { run: RunOperation };
