/** Asks the provider whether a write took place, by the action's own look-up. @module */
import type { ActionRequest } from '../core/connector.js';
import { ask, type Asked } from './ask.js';
import { masked } from './output.js';
import type { OutboundParts } from './parts.js';
import type { Plan } from './plan.js';

/** What was found fits the output of the action; what does not fit is taken for undecided. */
export async function reconcile(
  parts: OutboundParts,
  { found, connection, input, mark, context }: Plan,
  { callId, startedAtMs }: { callId: string; startedAtMs: number },
): Promise<Asked<unknown>> {
  const { action, connector, name } = found;
  const look = action.reconcile!;
  const { signal, scope } = context;
  const asking = { action: `${name} (look-up)`, connector, connection, callId, tenant: scope.tenant };
  const first = (): ActionRequest => look.request(input, mark, connection.view, startedAtMs);
  const asked = await ask(parts, { ...asking, ...(signal && { signal }) }, first, (answer, step) =>
    look.read(answer, input, mark, step, startedAtMs),
  );
  if (asked.is !== 'found') return asked;
  const checked = action.output.safeParse(asked.value);
  return checked.success ? { is: 'found', value: masked(action, input, checked.data) } : { is: 'undecided' };
}
