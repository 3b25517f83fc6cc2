/**
 * Checkout: pages of Stripe on which somebody pays once or subscribes.
 *
 * @source Stripe's OpenAPI description (checkout.session); docs.stripe.com/payments/checkout/taxes (`customer_update`)
 * @module
 */
import { z } from 'zod';
import { defineAction, type FormValue } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { path } from '../../core/path.js';
import { amountOf, currency, minorUnits, money, moneyOf } from './amount.js';
import { firstOf, idOf, instantOf, optional } from './answers.js';
import { touchesCustomer } from './customers.js';
import { at } from './endpoint.js';
import { customerId, priceId, sessionId } from './ids.js';
import { KEYED, READS } from './keys.js';
import { markedIn } from './look-up.js';
import { markedMetadata, metadata, metadataOf, readMetadata } from './metadata.js';

const ITEMS_MAX = 20;

/** Where a browser is sent; `{CHECKOUT_SESSION_ID}` in it is filled in by Stripe. */
export const webAddress = z
  .string()
  .max(5_000)
  .refine((text) => URL.canParse(text) && /^https?:\/\/[^@/]+(\/|\?|#|$)/i.test(text), {
    error: 'it is no http(s) address',
  });

const quantity = z.int().min(1).max(1_000_000).optional().describe('default: 1');
const item = z
  .strictObject({
    price: priceId.optional(),
    name: z.string().min(1).max(250).optional().describe('what the buyer reads; in place of a price of Stripe'),
    amount: minorUnits.optional(),
    description: z.string().min(1).max(500).optional(),
    every: z.enum(['day', 'week', 'month', 'year']).optional().describe('how often; only in a subscription'),
    taxBehavior: z.enum(['exclusive', 'inclusive']).optional().describe('whether tax comes on top or is in the amount'),
    quantity,
  })
  .refine(({ price, name, amount }) => (price === undefined) === (name !== undefined && amount !== undefined), {
    error: 'an item is either a price of Stripe, or a name with an amount',
  })
  .refine(({ price, quantity: _quantity, ...own }) => price === undefined || Object.keys(own).length === 0, {
    error: 'a price of Stripe has its own name and amount',
  });
type Item = z.output<typeof item>;

const createSessionInput = z
  .strictObject({
    mode: z.enum(['payment', 'subscription']),
    items: z.array(item).min(1).max(ITEMS_MAX).describe('prices of Stripe, or names with amounts'),
    currency: currency.optional().describe('of the amounts, e.g. EUR; a price of Stripe has its own'),
    customer: customerId.optional(),
    customerEmail: z.string().min(3).max(512).optional().describe('filled in for somebody who is no customer yet'),
    successUrl: webAddress.describe('where the buyer goes then; {CHECKOUT_SESSION_ID} in it is filled in'),
    cancelUrl: webAddress.optional(),
    automaticTax: z.boolean().optional().describe('Stripe works out the tax of the place of the buyer'),
    trialDays: z.int().min(1).max(730).optional(),
    allowPromotionCodes: z.boolean().optional(),
    reference: z.string().min(1).max(200).optional().describe('your own id, e.g. of an order'),
    metadata: metadata.optional().describe('of the session, and of the payment or subscription that it makes'),
  })
  .refine(({ items, currency: code }) => code !== undefined || !items.some(({ amount }) => amount !== undefined), {
    error: 'an amount needs its currency',
    path: ['currency'],
  })
  .refine(({ customer, customerEmail }) => customer === undefined || customerEmail === undefined, {
    error: 'a customer has an address already',
    path: ['customerEmail'],
  })
  .refine(({ mode, trialDays }) => mode === 'subscription' || trialDays === undefined, {
    error: 'only a subscription has a trial',
    path: ['trialDays'],
  })
  .refine(({ mode, items }) => items.every((one) => one.amount === undefined || isOfMode(one, mode)), {
    error: 'in a subscription every amount says how often, in a payment none does',
    path: ['items'],
  });
type CreateSession = z.output<typeof createSessionInput>;

function isOfMode({ every }: { every?: string | undefined }, mode: string): boolean {
  return (every !== undefined) === (mode === 'subscription');
}

const session = z.strictObject({
  id: z.string(),
  url: z.string().optional().describe('the page; absent once it is over'),
  status: z.string().optional().describe('open, complete or expired'),
  paymentStatus: z.string().describe('paid, unpaid or no_payment_required'),
  mode: z.string(),
  customer: z.string().optional(),
  customerEmail: z.string().optional(),
  payment: z.string().optional(),
  subscription: z.string().optional(),
  invoice: z.string().optional(),
  reference: z.string().optional(),
  subtotal: money.optional(),
  tax: money.optional(),
  total: money.optional(),
  automaticTax: z.strictObject({ enabled: z.boolean(), status: z.string().optional() }),
  metadata: readMetadata,
  createdAt: z.string(),
  expiresAt: z.string(),
});

function amountIn(object: Record<string, unknown>, at: string): unknown {
  const minor = valueAt(object, at);
  const code = object['currency'];
  return minor === null || minor === undefined || code === null ? undefined : moneyOf(minor, code);
}

function sessionFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    id: value['id'],
    ...optional('url', value['url']),
    ...optional('status', value['status']),
    paymentStatus: value['payment_status'],
    mode: value['mode'],
    ...optional('customer', idOf(value['customer'])),
    ...optional('customerEmail', firstOf(value, 'customer_details.email', 'customer_email')),
    ...optional('payment', idOf(value['payment_intent'])),
    ...optional('subscription', idOf(value['subscription'])),
    ...optional('invoice', idOf(value['invoice'])),
    ...optional('reference', value['client_reference_id']),
    ...optional('subtotal', amountIn(value, 'amount_subtotal')),
    ...optional('tax', amountIn(value, 'total_details.amount_tax')),
    ...optional('total', amountIn(value, 'amount_total')),
    automaticTax: {
      enabled: valueAt(value, 'automatic_tax.enabled') ?? false,
      ...optional('status', valueAt(value, 'automatic_tax.status')),
    },
    metadata: metadataOf(value),
    createdAt: instantOf(value['created']),
    expiresAt: instantOf(value['expires_at']),
  };
}

function lineOf({ price, quantity: count = 1, ...own }: Item, code: string | undefined): FormValue {
  if (price !== undefined) return { price, quantity: count };
  const { name, description, amount, every, taxBehavior } = own;
  return {
    price_data: {
      currency: code!.toLowerCase(),
      product_data: { name, description },
      unit_amount: amountOf(amount!, code!),
      tax_behavior: taxBehavior,
      ...(every !== undefined && { recurring: { interval: every } }),
    },
    quantity: count,
  };
}

function sessionForm(input: CreateSession, marker: string): Readonly<Record<string, FormValue>> {
  const { mode, items, currency: code, customer, automaticTax, trialDays, metadata: given } = input;
  const made = { metadata: given };
  return {
    mode,
    line_items: items.map((one) => lineOf(one, code)),
    customer,
    customer_email: input.customerEmail,
    success_url: input.successUrl,
    cancel_url: input.cancelUrl,
    client_reference_id: input.reference,
    allow_promotion_codes: input.allowPromotionCodes,
    ...(automaticTax !== undefined && { automatic_tax: { enabled: automaticTax } }),
    // The place is asked for on the page; without this Stripe refuses a customer who has none.
    ...(automaticTax === true && customer !== undefined && { customer_update: { address: 'auto' } }),
    ...(mode === 'payment' && { payment_intent_data: made }),
    ...(mode === 'subscription' && { subscription_data: { ...made, trial_period_days: trialDays } }),
    metadata: markedMetadata(given, marker),
  };
}

export const createCheckoutSession = defineAction<CreateSession, z.output<typeof session>>({
  summary: 'Makes a page of Stripe on which somebody pays or subscribes',
  effect: 'create',
  ...at('POST /v1/checkout/sessions'),
  permissions: ['Checkout Sessions: Write'],
  input: createSessionInput,
  output: session,
  target: ({ customer: id, reference }) =>
    id === undefined ? { type: 'checkout_session', id: reference ?? 'new' } : { type: 'customer', id },
  touches: touchesCustomer,
  request: (input, _connection, marker) => ({
    method: 'POST',
    url: '/checkout/sessions',
    form: sessionForm(input, marker),
  }),
  parse: ({ body }) => sessionFrom(parseJsonObject(body)),
  ...KEYED,
  reconcile: markedIn({ url: '/checkout/sessions', query: ({ customer }) => ({ customer }) }, sessionFrom),
  money: Array.from({ length: ITEMS_MAX }, (_, index) => ({ amount: `items.${index}.amount`, currency: 'currency' })),
});

const getSessionInput = z.strictObject({ session: sessionId });

export const getCheckoutSession = defineAction<z.output<typeof getSessionInput>, z.output<typeof session>>({
  summary: 'Reads a checkout session of Stripe: whether it was paid, and what it made',
  ...READS,
  ...at('GET /v1/checkout/sessions/{session}'),
  permissions: ['Checkout Sessions: Read'],
  input: getSessionInput,
  output: session,
  target: ({ session: id }) => ({ type: 'checkout_session', id }),
  request: ({ session: id }) => ({ method: 'GET', url: path`/checkout/sessions/${id}` }),
  parse: ({ body }) => sessionFrom(parseJsonObject(body)),
});
