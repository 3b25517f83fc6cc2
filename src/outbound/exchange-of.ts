/** What a plan sends, in whose name, and what it takes from the limits. @module */
import type { Exchange } from './attempt.js';
import type { Plan } from './plan.js';

export function exchangeOf({ found, connection, rendered, context, input, write }: Plan): Exchange {
  const { action, connector, name } = found;
  const { timeoutMs, maxAnswerBytes } = action;
  // Every member by its name, present or not: each attempt reads them.
  return {
    action: name,
    connector,
    connection,
    rendered,
    tenant: context.scope.tenant,
    uses: action.limits?.(input) ?? [],
    write,
    timeoutMs,
    maxAnswerBytes,
    signal: context.signal,
    stream: found.raw?.stream,
    sink: found.raw?.sink,
  };
}
