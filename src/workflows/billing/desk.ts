/** What billing does beside moving states: tells the internal tool, and writes to customers. @module */
import { moneyText } from '../../core/money.js';
import type { HandlerContext } from '../../operations/index.js';
import type { PaymentFacts } from './payment-facts.js';
import type { Standing } from './standing.js';

export interface BillingOptions {
  /**
   * Base address of your internal tool. It gets JSON by POST at `/customers`, `/orders`, `/payments`, `/invoices` and
   * `/subscriptions`, each with an `Idempotency-Key`, its `status` and a `version` that grows with each change of it.
   */
  recordUrl: string;
  /** Who the mail about unpaid invoices is from, e.g. `Acme <billing@acme.example>`. */
  from: string;
  /** What you are paid in, ISO 4217. Anything else is put aside for a person as `needs_review`. */
  currencies: readonly string[];
  /** In place of our words. */
  dunningMail?: (invoice: UnpaidInvoice) => { subject: string; text: string };
}

export interface UnpaidInvoice extends PaymentFacts {
  number?: string;
  /** Where the customer pays. */
  payAt?: string;
}

type Place = 'customers' | 'orders' | 'payments' | 'invoices' | 'subscriptions';

export interface Desk {
  ctx: HandlerContext;
  options: BillingOptions;
}

/** Tells the internal tool, once for each change. */
export async function record({ ctx, options }: Desk, place: Place, json: Record<string, unknown>): Promise<void> {
  const url = `${options.recordUrl.replace(/\/+$/, '')}/${place}`;
  await ctx.actions['http']!['post']!(
    { url, json },
    { step: `record:${place}:${String(json['id'])}:${json['status']}` },
  );
}

/** Tells the internal tool where something stands, if this event moved it. */
export async function tell(desk: Desk, place: Place, facts: PaymentFacts, moved: Standing): Promise<void> {
  if (!moved.applied) return;
  await record(desk, place, { ...facts, status: moved.state, version: moved.version });
}

export function isExpected({ options }: Desk, { currency }: PaymentFacts): boolean {
  return currency === undefined || options.currencies.some((one) => one.toUpperCase() === currency);
}

/** One mail an invoice: it is sent by whichever event found the invoice unpaid first. */
export async function sendDunningMail({ ctx, options }: Desk, invoice: UnpaidInvoice): Promise<void> {
  const to = invoice.email ?? (await emailOf(ctx, invoice.customer));
  if (to === undefined) return ctx.log('warn', 'an invoice is unpaid and nobody can be written to', { id: invoice.id });
  const { subject, text } = (options.dunningMail ?? dunningMail)(invoice);
  await ctx.actions['resend']!['sendEmail']!(
    { from: options.from, to: [to], subject, text },
    { step: `dunning:${invoice.id}` },
  );
}

async function emailOf(ctx: HandlerContext, customer: string | undefined): Promise<string | undefined> {
  if (customer === undefined) return undefined;
  const found = await ctx.actions['stripe']!['getCustomer']!({ customer }, { step: `address:${customer}` });
  return (found as { email?: string }).email;
}

function dunningMail({ number, amount, currency, payAt }: UnpaidInvoice): { subject: string; text: string } {
  const name = number === undefined ? 'your invoice' : `invoice ${oneLine(number)}`;
  const sum = amount === undefined || currency === undefined ? '' : ` of ${moneyText({ minor: amount, currency })}`;
  return {
    subject: `We could not collect the payment for ${name}`,
    text: [
      `We tried to collect the payment${sum} for ${name}, and it did not go through.`,
      ...(payAt === undefined ? [] : [`You can pay here, with another card if you like:\n${payAt}`]),
      'If you have paid in the meantime, there is nothing more to do.',
    ].join('\n\n'),
  };
}

const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').slice(0, 100);
