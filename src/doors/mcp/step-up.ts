/**
 * A program whose token lacks a scope that its person could give is told so by the answer's status, so that it can ask
 * for it (RFC 6750, 3.1). The call leaves the line in the audit log that every refused call leaves.
 *
 * @module
 */
import type { PermissionScope } from '../../core/principal.js';
import { isObject } from '../../core/json.js';
import type { Operation } from '../../operations/index.js';
import { RUN_TOOL } from './catalogue-tools.js';
import type { ToolTable } from './tool-table.js';

/** A call of a tool, as a message has it. */
export interface NamedCall {
  tool: string;
  given: Record<string, unknown>;
  /** Of the operation behind the tool. */
  scope: PermissionScope;
}

/** What a message calls, where that needs a scope of its own; `undefined` for everything else. */
export function namedCall(
  { byName }: ToolTable,
  operations: ReadonlyMap<string, Operation>,
  message: unknown,
): NamedCall | undefined {
  if (!isObject(message) || message['method'] !== 'tools/call' || !isObject(message['params'])) return undefined;
  const { name: tool, arguments: given = {} } = message['params'];
  if (typeof tool !== 'string' || !isObject(given)) return undefined;
  const inner = tool === RUN_TOOL ? given['name'] : tool;
  if (typeof inner !== 'string') return undefined;
  const operation = operations.get(byName.get(inner)?.operation ?? inner);
  return operation === undefined ? undefined : { tool, given, scope: operation.scope };
}
