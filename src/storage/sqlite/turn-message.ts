/**
 * A turn of the queue in a message between threads: what has completed, which is most of it, as a list of ids and
 * fences in one JSON text. Cloned as objects, it cost both threads more than the claim that comes back.
 *
 * @module
 */
import type { JobSettlement, Turn } from '../../core/job.js';
import type { VerbCall } from './verb-lanes.js';

/** In the order of the turn: id and fence of a completed job, any other settlement as it is. */
type PackedSettlements = (string | number | JobSettlement)[];

export type PackedTurn = ['turn', settled: string, rest: Omit<Turn, 'settled'>];

export function packTurn(turn: Turn): PackedTurn {
  const { settled, ...rest } = turn;
  const packed: PackedSettlements = [];
  for (const settlement of settled) {
    if (settlement.outcome === 'completed') packed.push(settlement.id, settlement.fence);
    else packed.push(settlement);
  }
  return ['turn', JSON.stringify(packed), rest];
}

export function unpackTurn([, text, rest]: PackedTurn): VerbCall {
  const packed = JSON.parse(text) as PackedSettlements;
  const settled: JobSettlement[] = [];
  for (let at = 0; at < packed.length; at++) {
    const one = packed[at]!;
    if (typeof one === 'object') settled.push(one);
    else settled.push({ id: one as string, fence: packed[++at] as number, outcome: 'completed' });
  }
  const turn: Turn = { settled, ...rest };
  return { name: 'system.turn', args: [turn] };
}
