/**
 * Subscriptions.
 *
 * @source Stripe's OpenAPI description (subscription); docs.stripe.com/billing/subscriptions/build-subscriptions
 * (`default_incomplete`); docs.stripe.com/changelog/basil (periods on items, `confirmation_secret`)
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { path } from '../../core/path.js';
import { money, moneyOf } from './amount.js';
import { firstOf, idOf, instantOf, optional } from './answers.js';
import { touchesCustomer } from './customers.js';
import { at } from './endpoint.js';
import { customerId, paymentMethodId, priceId, subscriptionId } from './ids.js';
import { KEYED, READS } from './keys.js';
import { asWanted, markedIn } from './look-up.js';
import { markedMetadata, metadata, metadataOf, readMetadata } from './metadata.js';
import { API_VERSION, invoiceSecretPath } from './version.js';

const subscribedItem = z.strictObject({
  id: z.string(),
  price: z.string(),
  product: z.string().optional(),
  quantity: z.int().optional(),
  amount: money.optional().describe('of one; absent where the price has tiers'),
});

const fields = {
  id: z.string(),
  status: z.string().describe('incomplete, trialing, active, past_due, unpaid, paused, canceled, incomplete_expired'),
  customer: z.string(),
  items: z.array(subscribedItem),
  currency: z.string().describe('ISO 4217'),
  automaticTax: z.boolean(),
  periodStart: z.string().optional(),
  periodEnd: z.string().optional(),
  trialEnd: z.string().optional(),
  cancelAtPeriodEnd: z.boolean(),
  cancelAt: z.string().optional(),
  canceledAt: z.string().optional(),
  endedAt: z.string().optional(),
  latestInvoice: z.string().optional(),
  metadata: readMetadata,
  createdAt: z.string(),
};

export const subscriptionShape = z.strictObject(fields);
export type Subscription = z.output<typeof subscriptionShape>;

function itemFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const unit = valueAt(value, 'price.unit_amount');
  const isFlat = typeof unit === 'number';
  return {
    id: value['id'],
    price: valueAt(value, 'price.id'),
    ...optional('product', idOf(valueAt(value, 'price.product'))),
    ...optional('quantity', value['quantity']),
    ...(isFlat && { amount: moneyOf(unit, valueAt(value, 'price.currency')) }),
  };
}

export function subscriptionFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const items = valueAt(value, 'items.data');
  const currency = value['currency'];
  return {
    id: value['id'],
    status: value['status'],
    customer: idOf(value['customer']),
    items: Array.isArray(items) ? items.map(itemFrom) : undefined,
    currency: typeof currency === 'string' ? currency.toUpperCase() : currency,
    automaticTax: valueAt(value, 'automatic_tax.enabled') ?? false,
    ...optional('periodStart', instantOf(firstOf(value, 'items.data.0.current_period_start', 'current_period_start'))),
    ...optional('periodEnd', instantOf(firstOf(value, 'items.data.0.current_period_end', 'current_period_end'))),
    ...optional('trialEnd', instantOf(value['trial_end'])),
    cancelAtPeriodEnd: value['cancel_at_period_end'],
    ...optional('cancelAt', instantOf(value['cancel_at'])),
    ...optional('canceledAt', instantOf(value['canceled_at'])),
    ...optional('endedAt', instantOf(value['ended_at'])),
    ...optional('latestInvoice', idOf(value['latest_invoice'])),
    metadata: metadataOf(value),
    createdAt: instantOf(value['created']),
  };
}

export const subscriptionPath = ({ subscription: id }: { subscription: string }): string => path`/subscriptions/${id}`;
export const subscriptionTarget = ({ subscription: id }: { subscription: string }) => ({ type: 'subscription', id });

const createInput = z.strictObject({
  customer: customerId,
  items: z
    .array(z.strictObject({ price: priceId, quantity: z.int().min(1).max(1_000_000).optional() }))
    .min(1)
    .max(20),
  automaticTax: z.boolean().optional().describe('Stripe works out the tax of the place of the customer'),
  trialDays: z.int().min(1).max(730).optional(),
  defaultPaymentMethod: paymentMethodId.optional(),
  metadata: metadata.optional(),
  returnClientSecret: z
    .literal(true)
    .optional()
    .describe(
      'hands out the client secret, with which the customer confirms the first payment; otherwise it is masked',
    ),
});

const created = z.strictObject({
  ...fields,
  amountDue: money.optional().describe('of the first invoice'),
  clientSecret: z.string().optional().describe('for the browser of this customer and nobody else'),
  secretIsOf: z.enum(['payment', 'setup']).optional().describe('what the client secret confirms'),
});

const SECRET_PATHS = {
  payment: ['latest_invoice.confirmation_secret.client_secret', 'latest_invoice.payment_intent.client_secret'],
  setup: ['pending_setup_intent.client_secret'],
} as const;

function createdFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const [payment, setup] = [firstOf(value, ...SECRET_PATHS.payment), firstOf(value, ...SECRET_PATHS.setup)];
  const due = valueAt(value, 'latest_invoice.amount_due');
  const secret = payment ?? setup;
  return {
    ...(subscriptionFrom(value) as object),
    ...(due !== undefined && { amountDue: moneyOf(due, valueAt(value, 'latest_invoice.currency')) }),
    ...optional('clientSecret', secret),
    ...(secret !== undefined && { secretIsOf: payment === undefined ? 'setup' : 'payment' }),
  };
}

const EXPANDED = [`latest_invoice.${invoiceSecretPath(API_VERSION)}`, 'pending_setup_intent'];

/** Charges nothing by itself: the first payment waits until the customer confirms it. */
export const createSubscription = defineAction<z.output<typeof createInput>, z.output<typeof created>>({
  summary: 'Begins a subscription at Stripe that waits for the customer to confirm its first payment',
  effect: 'create',
  ...at('POST /v1/subscriptions'),
  permissions: ['Subscriptions: Write'],
  input: createInput,
  output: created,
  target: ({ customer: id }) => ({ type: 'customer', id }),
  touches: touchesCustomer,
  request: (
    { customer, items, automaticTax, trialDays, defaultPaymentMethod, metadata: given },
    _connection,
    mark,
  ) => ({
    method: 'POST',
    url: '/subscriptions',
    form: {
      customer,
      items,
      payment_behavior: 'default_incomplete',
      // The card that pays first pays again.
      payment_settings: { save_default_payment_method: 'on_subscription' },
      default_payment_method: defaultPaymentMethod,
      ...(automaticTax !== undefined && { automatic_tax: { enabled: automaticTax } }),
      trial_period_days: trialDays,
      metadata: markedMetadata(given, mark),
      expand: EXPANDED,
    },
  }),
  parse: ({ body }) => createdFrom(parseJsonObject(body)),
  ...KEYED,
  reconcile: markedIn(
    {
      url: '/subscriptions',
      query: ({ customer }) => ({ customer, status: 'all', 'expand[]': EXPANDED.map((one) => `data.${one}`) }),
      hasCreated: true,
    },
    createdFrom,
  ),
  secretFields: ['clientSecret'],
  reveals: ({ returnClientSecret }) => (returnClientSecret === true ? ['clientSecret'] : []),
});

const subscriptionInput = z.strictObject({ subscription: subscriptionId });
type OneSubscription = z.output<typeof subscriptionInput>;

export const getSubscription = defineAction<OneSubscription, Subscription>({
  summary: 'Reads a subscription of Stripe',
  ...READS,
  ...at('GET /v1/subscriptions/{subscription}'),
  permissions: ['Subscriptions: Read'],
  input: subscriptionInput,
  output: subscriptionShape,
  target: subscriptionTarget,
  request: (input) => ({ method: 'GET', url: subscriptionPath(input) }),
  parse: ({ body }) => subscriptionFrom(parseJsonObject(body)),
});

export const cancelSubscription = defineAction<OneSubscription, Subscription>({
  summary: 'Ends a subscription of Stripe with the period that is paid for',
  effect: 'update',
  ...at('POST /v1/subscriptions/{subscription}'),
  permissions: ['Subscriptions: Write'],
  input: subscriptionInput,
  output: subscriptionShape,
  target: subscriptionTarget,
  request: (input) => ({ method: 'POST', url: subscriptionPath(input), form: { cancel_at_period_end: true } }),
  parse: ({ body }) => subscriptionFrom(parseJsonObject(body)),
  ...KEYED,
  reconcile: asWanted(
    subscriptionPath,
    undefined,
    subscriptionShape,
    subscriptionFrom,
    ({ cancelAtPeriodEnd, status }) => cancelAtPeriodEnd || status === 'canceled',
  ),
});
