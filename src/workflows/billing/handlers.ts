/** What each event about money does. Every one of them may come twice, late, or before the one it follows from. @module */
import type { HandlerContext, HandlerDefinition, HandlerEvent } from '../../operations/index.js';
import { isExpected, record, sendDunningMail, tell, type BillingOptions, type Desk } from './desk.js';
import { factsOf, idAt, numberAt, objectOf, textAt, type PaymentFacts } from './payment-facts.js';
import { link, orderOf, raise, standing, type Standing } from './standing.js';
import { subscriptionChanged } from './subscriptions.js';

type OnEvent = (desk: Desk, object: Record<string, unknown>, event: HandlerEvent) => Promise<void>;

const USES = ['http.post', 'resend.sendEmail', 'stripe.getCustomer'];

const HANDLERS: Readonly<Record<string, OnEvent>> = {
  'checkout.session.completed': checkoutCompleted,
  'checkout.session.expired': checkoutExpired,
  'payment_intent.succeeded': paymentSucceeded,
  'invoice.payment_succeeded': invoicePaid,
  'invoice.payment_failed': invoiceFailed,
  'customer.subscription.updated': subscriptionChanged,
  'customer.subscription.deleted': subscriptionChanged,
  'charge.refunded': chargeRefunded,
};

/**
 * Handlers for everything that Stripe tells about money, to be spread into `handlers` of a configuration.
 *
 * Events of one customer run one after the other. Each move of an order, a payment, an invoice or a subscription is
 * guarded, told to the internal tool once, and leads to the same end in every order of the events.
 */
export function billing(options: BillingOptions): HandlerDefinition[] {
  return Object.entries(HANDLERS).map(([type, handle]) => ({
    provider: 'stripe',
    type,
    options: { name: `billing.${type}`, uses: USES, orderKey: ({ subject }) => subject },
    run: (event: HandlerEvent, ctx: HandlerContext) => handle({ ctx, options }, objectOf(event), event),
  }));
}

async function checkoutCompleted(desk: Desk, session: Record<string, unknown>): Promise<void> {
  const { ctx } = desk;
  const reference = textAt(session, 'client_reference_id');
  const facts = { ...factsOf(session, 'amount_total'), ...(reference !== undefined && { reference }) };
  const payment = idAt(session, 'payment_intent');
  // First the link, then the look: a refund that comes in between sees the link, or we see the refund.
  if (payment !== undefined) await link(ctx, payment, facts.id);
  const isPaid = textAt(session, 'payment_status') !== 'unpaid';
  await moveOrder(desk, facts, isExpected(desk, facts) ? (isPaid ? 'paid' : 'awaiting_payment') : 'needs_review');
  if (payment !== undefined) await follow(desk, facts.id, payment, facts);
}

type OrderState = Parameters<typeof raise<'order'>>[3];

async function moveOrder(desk: Desk, facts: PaymentFacts, to: OrderState): Promise<void> {
  const moved = await raise(desk.ctx, 'order', facts.id, to, facts);
  await tell(desk, 'orders', facts, moved);
  if (moved.applied && to === 'needs_review')
    desk.ctx.log('warn', 'an order was paid in a currency that is not expected', { order: facts.id });
  if (moved.applied && to === 'paid') await recordCustomer(desk, facts);
}

/** A customer is somebody who has paid; whoever pays twice is recorded once. */
async function recordCustomer(desk: Desk, { id: order, customer, email }: PaymentFacts): Promise<void> {
  const id = customer ?? order;
  const { applied } = await raise(desk.ctx, 'customer', id, 'recorded', { order });
  if (applied)
    await record(desk, 'customers', { id, order, status: 'recorded', ...(email !== undefined && { email }) });
}

/** What was given back was paid before, whether or not that has been heard of. */
const FOLLOWS: Readonly<Record<string, readonly OrderState[]>> = {
  succeeded: ['paid'],
  partially_refunded: ['paid', 'partially_refunded'],
  refunded: ['paid', 'refunded'],
};

/** An order stands at least where its payment stands. */
async function follow(desk: Desk, order: string, payment: string, facts: PaymentFacts): Promise<void> {
  const states = FOLLOWS[(await standing(desk.ctx, 'payment', payment)) ?? ''] ?? [];
  // What was put aside for a person is not taken back by a payment, only by a refund.
  for (const to of states) await moveOrder(desk, { ...facts, id: order }, to);
}

/** The order of a payment, if it is known by now, with what its checkout said. */
async function followFrom(desk: Desk, payment: string): Promise<void> {
  const order = await orderOf(desk.ctx, payment);
  if (order === undefined) return;
  const known = (await desk.ctx.state.get(`order:${order}`))?.data as PaymentFacts | undefined;
  // Without it the checkout is being handled just now, and looks at the payment when it is done.
  if (known !== undefined) await follow(desk, order, payment, known);
}

async function checkoutExpired(desk: Desk, session: Record<string, unknown>): Promise<void> {
  await moveOrder(desk, factsOf(session, 'amount_total'), 'expired');
}

async function paymentSucceeded(desk: Desk, payment: Record<string, unknown>): Promise<void> {
  const facts = factsOf(payment, 'amount_received');
  const moved = await raise(desk.ctx, 'payment', facts.id, isExpected(desk, facts) ? 'succeeded' : 'needs_review');
  await tell(desk, 'payments', facts, moved);
  await followFrom(desk, facts.id);
}

async function chargeRefunded(desk: Desk, charge: Record<string, unknown>): Promise<void> {
  const facts = { ...factsOf(charge, 'amount_refunded'), id: idAt(charge, 'payment_intent') ?? String(charge['id']) };
  const isWhole = charge['refunded'] === true || numberAt(charge, 'amount_refunded') === numberAt(charge, 'amount');
  const moved = await raise(desk.ctx, 'payment', facts.id, isWhole ? 'refunded' : 'partially_refunded');
  // Of several refunds of one payment each says the sum so far.
  const isFurtherPart = !isWhole && moved.state === 'partially_refunded';
  await tell(desk, 'payments', facts, isFurtherPart ? { ...moved, applied: true } : moved);
  await followFrom(desk, facts.id);
}

async function invoicePaid(desk: Desk, invoice: Record<string, unknown>): Promise<void> {
  const facts = factsOf(invoice, 'amount_paid');
  const moved = await raise(desk.ctx, 'invoice', facts.id, isExpected(desk, facts) ? 'paid' : 'needs_review');
  await tell(desk, 'invoices', facts, moved);
}

async function invoiceFailed(desk: Desk, invoice: Record<string, unknown>): Promise<void> {
  const facts = factsOf(invoice, 'amount_due');
  const moved: Standing = await raise(desk.ctx, 'invoice', facts.id, 'payment_failed');
  await tell(desk, 'invoices', facts, moved);
  if (!moved.applied) return;
  const number = textAt(invoice, 'number');
  const payAt = textAt(invoice, 'hosted_invoice_url');
  await sendDunningMail(desk, {
    ...facts,
    ...(number !== undefined && { number }),
    ...(payAt !== undefined && { payAt }),
  });
}
