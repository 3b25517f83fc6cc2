/** What a plan sends, in whose name, and what it takes from the limits. @module */
import type { Exchange } from './attempt.js';
import type { Plan } from './plan.js';

export function exchangeOf({ found, connection, rendered, context, input, write }: Plan): Exchange {
  const { action, connector, name } = found;
  const { timeoutMs, maxAnswerBytes } = action;
  return {
    action: name,
    connector,
    connection,
    rendered,
    tenant: context.scope.tenant,
    uses: action.limits?.(input) ?? [],
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(maxAnswerBytes !== undefined && { maxAnswerBytes }),
    ...(write && { write }),
    ...(context.signal && { signal: context.signal }),
    ...(found.raw?.stream && { stream: found.raw.stream }),
    ...(found.raw?.sink && { sink: found.raw.sink }),
  };
}
