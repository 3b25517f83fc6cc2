/** Payments are recorded from verified events alone: whoever asks names an event, and tells nothing. @module */
import { read, type RunOperation } from '../steps.js';

export interface RecordedEvent {
  eventId: string;
  type: string;
  /** `recorded`: its handlers are done. `under_way`: they run, or will by themselves. `requeued`: they run again now. */
  state: 'recorded' | 'under_way' | 'requeued';
}

/**
 * Sees to it that a payment event is recorded, whose handlers had died or were not there yet. What they have done is
 * not done again.
 *
 * @throws AppError `not_found` for what is no event of ours, `invalid_argument` for one that is not about a payment
 */
export async function recordPaymentEvent(run: RunOperation, { eventId }: { eventId: string }): Promise<RecordedEvent> {
  return (await run('billing.recordPaymentEvent', { eventId })) as RecordedEvent;
}

export interface OrderAfterRedirect {
  session: string;
  /** What Stripe says now: `paid`, `unpaid` or `no_payment_required`; what the page may tell the customer. */
  payment: string;
  /** `open`, `complete` or `expired`. */
  status?: string;
  /** Where our own order stands; absent until its event has been handled. */
  order?: string;
}

/**
 * What the page shows to which a customer is sent back after a checkout. It reads and records nothing, so that it does
 * not matter whether the customer or the event is there first.
 */
export async function orderAfterRedirect(
  run: RunOperation,
  { session, connection }: { session: string; connection?: string },
): Promise<OrderAfterRedirect> {
  const [checkout, known] = await Promise.all([
    read<{ paymentStatus: string; status?: string }>(run, 'stripe.getCheckoutSession', { session }, connection),
    run('states.get', { entity: `order:${session}` }) as Promise<{ state?: string }>,
  ]);
  const { paymentStatus: payment, status } = checkout;
  return {
    session,
    payment,
    ...(status !== undefined && { status }),
    ...(known.state !== undefined && { order: known.state }),
  };
}
