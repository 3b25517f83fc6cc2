/** Where a subscription stands: the newest word counts, and an end is an end. @module */
import { AppError } from '../../core/errors.js';
import type { HandlerEvent } from '../../operations/index.js';
import { record, type Desk } from './desk.js';
import { factsOf, idAt, textAt } from './payment-facts.js';

/** What the last word was, so that an older one that comes later is known for what it is. */
interface Word {
  atMs: number;
  key: string;
}

const ENDED = 'canceled';
const TRIES = 5;

export async function subscriptionChanged(
  desk: Desk,
  subscription: Record<string, unknown>,
  event: HandlerEvent,
): Promise<void> {
  const { ctx } = desk;
  const facts = factsOf(subscription, 'quantity');
  const { id, customer } = facts;
  const isEnd = event.type.endsWith('.deleted');
  const status = isEnd ? ENDED : (textAt(subscription, 'status') ?? 'unknown');
  const price = idAt(subscription, 'items.data.0.price');
  const word: Word = { atMs: event.occurredAtMs ?? event.receivedAtMs, key: event.key };
  const entity = `subscription:${id}`;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const known = await ctx.state.get(entity);
    if (known !== undefined && !isNewer(word, known.data as Partial<Word>) && !isEnd) return;
    if (known?.state === ENDED && (known.data as Partial<Word>).key !== event.key) return;
    const data = { ...word, ...(price !== undefined && { price }) };
    const from = [known?.state ?? null];
    const moved = await ctx.state.transition(entity, { from, to: status, data, step: `${entity}:${attempt}` });
    if (!moved.applied) continue;
    const version = moved.current?.version ?? 1;
    return await record(desk, 'subscriptions', {
      id,
      status,
      version,
      ...(customer !== undefined && { customer }),
      ...(price !== undefined && { price }),
    });
  }
  throw new AppError('conflict', { what: entity, problem: 'it changes faster than it can be followed' });
}

/** Stripe tells the second; of two words of one second the greater id counts, which is as good as any and always the same. */
function isNewer(word: Word, { atMs = -Infinity, key = '' }: Partial<Word>): boolean {
  return word.atMs > atMs || (word.atMs === atMs && word.key >= key);
}
