/** What a client is told of a tool's effect. A hint informs the client; what holds is policy. @module */
import type { Operation } from '../../operations/index.js';

export interface ToolHints {
  readOnlyHint: boolean;
  destructiveHint: boolean;
  idempotentHint: boolean;
  openWorldHint: boolean;
}

/** All four are given, because the default of the protocol is the worst of each. */
export function hintsOf({ effect, audit }: Pick<Operation, 'effect' | 'audit'>): ToolHints {
  const isAction = audit === 'call';
  const reads = effect === 'read';
  return {
    readOnlyHint: reads,
    destructiveHint: effect === 'update' || effect === 'delete' || effect === 'pay',
    // A write that is repeated word for word is answered from the ledger. A payment always has a key.
    idempotentHint: reads || isAction,
    openWorldHint: isAction,
  };
}
