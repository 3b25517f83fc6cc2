/**
 * Where an order, a payment, an invoice or a subscription stands. Events come in any order and more than once, so a
 * state is only ever left upwards: the end is the same whatever came first.
 *
 * @module
 */
import type { HandlerContext } from '../../operations/index.js';

/** From what may be overtaken to what is final. */
export const LADDERS = {
  order: ['expired', 'awaiting_payment', 'paid', 'needs_review', 'partially_refunded', 'refunded'],
  payment: ['succeeded', 'needs_review', 'partially_refunded', 'refunded'],
  invoice: ['payment_failed', 'paid', 'needs_review'],
  customer: ['recorded'],
} as const;

type Kind = keyof typeof LADDERS;

export interface Standing {
  /** This event moved it. */
  applied: boolean;
  state: string;
  /** Grows with each move: whoever is told of two moves knows the later one. */
  version: number;
  data: unknown;
}

/** Raises an entity, unless it stands there or higher. Once for each event, however often the event is handled. */
export async function raise<K extends Kind>(
  ctx: HandlerContext,
  kind: K,
  id: string,
  to: (typeof LADDERS)[K][number],
  data: unknown = {},
): Promise<Standing> {
  const ladder: readonly string[] = LADDERS[kind];
  const from = [null, ...ladder.slice(0, ladder.indexOf(to))];
  const entity = `${kind}:${id}`;
  const { applied, current } = await ctx.state.transition(entity, { from, to, data, step: `${entity}:${to}` });
  return { applied, state: current?.state ?? to, version: current?.version ?? 1, data: current?.data ?? data };
}

/** Where an entity stands now. */
export async function standing(ctx: HandlerContext, kind: Kind, id: string): Promise<string | undefined> {
  return (await ctx.state.get(`${kind}:${id}`))?.state;
}

/** Remembers that a payment is the one of an order. */
export async function link(ctx: HandlerContext, payment: string, order: string): Promise<void> {
  const entity = `order-of:${payment}`;
  await ctx.state.transition(entity, { from: [null], to: 'known', data: { order }, step: entity });
}

/** The order that a payment is for, if its checkout has been heard of. */
export async function orderOf(ctx: HandlerContext, payment: string): Promise<string | undefined> {
  const data = (await ctx.state.get(`order-of:${payment}`))?.data as { order?: unknown } | undefined;
  return typeof data?.order === 'string' ? data.order : undefined;
}
