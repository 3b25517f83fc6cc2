/** Asks a provider something on the way of a call, over as many answers as it takes. Reads only. @module */
import type { Connection } from '../core/connection.js';
import type { ActionRequest, ConnectorDefinition } from '../core/connector.js';
import type { AppError } from '../core/errors.js';
import type { HttpAnswer, Random } from '../core/ports.js';
import type { Verdict } from '../core/verdict.js';
import type { AttemptParts } from './attempt.js';
import { renderRequest } from './request.js';
import { transmit } from './transmit.js';

export interface Asking {
  /** For the log. */
  action: string;
  connector: ConnectorDefinition;
  connection: Connection;
  callId: string;
  tenant: string;
  signal?: AbortSignal;
}

export type Asked<Found> =
  | Exclude<Verdict<Found>, { is: 'next' }>
  /** `passes`: it makes sense to ask again later. */
  | { is: 'no_answer'; passes: boolean; error: AppError; retryAfterMs?: number };

/** A listing that is longer does not end for us. */
const STEPS_MAX = 50;

export async function ask<Found>(
  parts: AttemptParts & { random: Random },
  asking: Asking,
  first: () => ActionRequest,
  read: (answer: HttpAnswer, step: number) => Verdict<Found>,
): Promise<Asked<Found>> {
  let request = first();
  for (let step = 1; step <= STEPS_MAX; step++) {
    const ending = await send(parts, asking, request);
    if (ending.kind === 'lost' || ending.kind === 'repeated') return { is: 'undecided' };
    if (ending.kind !== 'answered') {
      const { error, retryAfterMs } = ending;
      const passes = ending.kind === 'failed' && error.row.retry === 'later';
      return { is: 'no_answer', passes, error, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    }
    const verdict = understood(() => read(ending.answer, step));
    if (verdict.is !== 'next') return verdict;
    ({ request } = verdict);
  }
  return { is: 'undecided' };
}

async function send(parts: AttemptParts & { random: Random }, asking: Asking, request: ActionRequest) {
  const { action, connector, connection, callId, tenant, signal } = asking;
  const rendered = renderRequest(request, connector, connection.view);
  return await transmit(parts, {
    exchange: { action, connector, connection, rendered, tenant, uses: [], ...(signal && { signal }) },
    write: false,
    callId,
    earlierMaybe: false,
    isKeyed: () => false,
    renew: async () => 'recorded',
  });
}

/** A connector that throws over an answer has not understood it. */
function understood<Found>(read: () => Verdict<Found>): Verdict<Found> {
  try {
    return read();
  } catch {
    return { is: 'undecided' };
  }
}
