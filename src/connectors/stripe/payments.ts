/**
 * Payments and refunds.
 *
 * @source Stripe's OpenAPI description (payment_intent, charge, refund)
 * @module
 */
import { z } from 'zod';
import { defineAction, type LookUp } from '../../core/connector.js';
import { AppError } from '../../core/errors.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { path } from '../../core/path.js';
import { found, UNDECIDED } from '../../core/verdict.js';
import { amountOf, currency, minorUnits, money, moneyOf } from './amount.js';
import { firstOf, idOf, instantOf, optional } from './answers.js';
import { DECLINES } from './declines.js';
import { at } from './endpoint.js';
import { paymentId } from './ids.js';
import { KEYED, READS } from './keys.js';
import { markedIn } from './look-up.js';
import { markedMetadata, metadata, metadataOf, readMetadata } from './metadata.js';

const payment = z.strictObject({
  id: z.string(),
  status: z.string().describe('succeeded, processing, canceled, requires_action, requires_payment_method, ...'),
  amount: money,
  received: money,
  refunded: money.optional().describe('absent while nothing was charged'),
  isDisputed: z.boolean().optional(),
  customer: z.string().optional(),
  description: z.string().optional(),
  failure: z
    .strictObject({ code: z.string().optional(), words: z.string() })
    .optional()
    .describe('why the last try did not work'),
  receiptUrl: z.string().optional(),
  metadata: readMetadata,
  createdAt: z.string(),
});

function failureFrom(error: unknown): unknown {
  if (!isObject(error)) return undefined;
  const code = firstOf(error, 'decline_code', 'code');
  const known = typeof code === 'string' && Object.hasOwn(DECLINES, code) ? DECLINES[code] : undefined;
  const words = known ?? (typeof error['message'] === 'string' ? error['message'] : 'the payment failed');
  return { ...optional('code', code), words };
}

function paymentFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const code = value['currency'];
  const charge = isObject(value['latest_charge']) ? value['latest_charge'] : undefined;
  return {
    id: value['id'],
    status: value['status'],
    amount: moneyOf(value['amount'], code),
    received: moneyOf(value['amount_received'], code),
    ...(charge && { refunded: moneyOf(charge['amount_refunded'], code) }),
    ...(charge && optional('isDisputed', charge['disputed'])),
    ...optional('customer', idOf(value['customer'])),
    ...optional('description', value['description']),
    ...optional('failure', failureFrom(value['last_payment_error'])),
    ...optional('receiptUrl', charge?.['receipt_url']),
    metadata: metadataOf(value),
    createdAt: instantOf(value['created']),
  };
}

const getPaymentInput = z.strictObject({ payment: paymentId });

export const getPayment = defineAction<z.output<typeof getPaymentInput>, z.output<typeof payment>>({
  summary: 'Reads a payment of Stripe: whether it went through, and why not',
  ...READS,
  ...at('GET /v1/payment_intents/{intent}'),
  permissions: ['PaymentIntents: Read'],
  input: getPaymentInput,
  output: payment,
  target: ({ payment: id }) => ({ type: 'payment', id }),
  request: ({ payment: id }) => ({
    method: 'GET',
    url: path`/payment_intents/${id}`,
    query: { 'expand[]': ['latest_charge'] },
  }),
  parse: ({ body }) => paymentFrom(parseJsonObject(body)),
});

const refundInput = z
  .strictObject({
    payment: paymentId,
    amount: minorUnits.optional().describe('a part, in the smallest unit; default: all that is left'),
    currency: currency.optional().describe('of the amount; it has to be that of the payment'),
    reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
    metadata: metadata.optional(),
  })
  .refine(({ amount, currency: code }) => (amount === undefined) === (code === undefined), {
    error: 'an amount and its currency come together',
    path: ['currency'],
  });
type Refund = z.output<typeof refundInput>;

const refund = z.strictObject({
  id: z.string(),
  amount: money,
  status: z.string().optional().describe('succeeded, pending, failed, requires_action or canceled'),
  payment: z.string().optional(),
  charge: z.string().optional(),
  reason: z.string().optional(),
  metadata: readMetadata,
  createdAt: z.string(),
});

function refundFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    id: value['id'],
    amount: moneyOf(value['amount'], value['currency']),
    ...optional('status', value['status']),
    ...optional('payment', idOf(value['payment_intent'])),
    ...optional('charge', idOf(value['charge'])),
    ...optional('reason', value['reason']),
    metadata: metadataOf(value),
    createdAt: instantOf(value['created']),
  };
}

/** Stripe takes a bare number: 500 yen of a payment in euros would give back 5.00 EUR. */
const currencyOfPayment: LookUp<Refund> = {
  what: 'currency of the payment',
  name: ({ payment: id, amount }) => (amount === undefined ? undefined : id),
  request: (id) => ({ method: 'GET', url: path`/payment_intents/${id}` }),
  read({ body }) {
    const code = valueAt(parseJsonObject(body), 'currency');
    return typeof code === 'string' && code !== '' ? found(code.toUpperCase()) : UNDECIDED;
  },
  apply(input, code) {
    if (input.currency?.toUpperCase() === code) return input;
    throw new AppError('invalid_argument', { argument: 'currency', problem: `the payment is in ${code}` });
  },
};

export const refundPayment = defineAction<Refund, z.output<typeof refund>>({
  summary: 'Gives a payment of Stripe back, in part or in full',
  effect: 'pay',
  ...at('POST /v1/refunds'),
  permissions: ['Charges and Refunds: Write', 'PaymentIntents: Read'],
  input: refundInput,
  output: refund,
  target: ({ payment: id }) => ({ type: 'payment', id }),
  lookups: [currencyOfPayment],
  request: ({ payment: id, amount, currency: code, reason, metadata: given }, _connection, marker) => ({
    method: 'POST',
    url: '/refunds',
    form: {
      payment_intent: id,
      ...(amount !== undefined && { amount: amountOf(amount, code!) }),
      reason,
      metadata: markedMetadata(given, marker),
    },
  }),
  parse: ({ body }) => refundFrom(parseJsonObject(body)),
  ...KEYED,
  reconcile: markedIn(
    { url: '/refunds', query: ({ payment: id }) => ({ payment_intent: id }), hasCreated: true },
    refundFrom,
  ),
  money: [{ amount: 'amount', currency: 'currency' }],
});
