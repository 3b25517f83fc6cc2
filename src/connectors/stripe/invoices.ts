/**
 * Invoices: those there are, and those that would be.
 *
 * @source stripe-node types (Invoice, InvoiceCreatePreviewParams); docs.stripe.com/changelog/basil (`parent`, `pricing`,
 * `total_taxes` in the place of `subscription`, `price`, `tax`)
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { path } from '../../core/path.js';
import { money, moneyOf } from './amount.js';
import { firstOf, idOf, instantOf, optional } from './answers.js';
import { addressForm, addressInput, taxExempt, touchesCustomer } from './customers.js';
import { at } from './endpoint.js';
import { customerId, invoiceId, priceId } from './ids.js';
import { READS } from './keys.js';
import { metadataOf, readMetadata } from './metadata.js';

const line = z.strictObject({
  description: z.string(),
  amount: money,
  price: z.string().optional(),
  quantity: z.int().optional(),
  isProration: z.boolean(),
  periodStart: z.string().optional(),
  periodEnd: z.string().optional(),
});

/** What every invoice says of money. */
const sums = {
  subtotal: money,
  tax: money.describe('all taxes together; 0 when none was worked out'),
  taxStatus: z.string().optional().describe('of automatic tax: complete, requires_location_inputs or failed'),
  total: money,
  amountDue: money,
  lines: z.array(line),
  isComplete: z.boolean().describe('whether `lines` are all of them'),
};

export const previewShape = z.strictObject(sums);
export type Preview = z.output<typeof previewShape>;

const invoice = z.strictObject({
  id: z.string(),
  number: z.string().optional(),
  status: z.string().optional().describe('draft, open, paid, uncollectible or void'),
  customer: z.string().optional(),
  customerEmail: z.string().optional(),
  subscription: z.string().optional(),
  reason: z.string().optional().describe('why it was made, e.g. subscription_cycle'),
  ...sums,
  amountPaid: money,
  amountRemaining: money,
  url: z.string().optional().describe('the page on which it can be paid'),
  pdfUrl: z.string().optional(),
  metadata: readMetadata,
  createdAt: z.string(),
  dueAt: z.string().optional(),
  paidAt: z.string().optional(),
});

function lineFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const isProration = firstOf(
    value,
    'parent.subscription_item_details.proration',
    'parent.invoice_item_details.proration',
    'proration',
  );
  return {
    description: value['description'] ?? '',
    amount: moneyOf(value['amount'], value['currency']),
    ...optional('price', idOf(firstOf(value, 'pricing.price_details.price', 'price.id'))),
    ...optional('quantity', value['quantity']),
    isProration: isProration === true,
    ...optional('periodStart', instantOf(valueAt(value, 'period.start'))),
    ...optional('periodEnd', instantOf(valueAt(value, 'period.end'))),
  };
}

/** Taxes of an invoice, by either shape. */
function taxOf(value: Record<string, unknown>): unknown {
  const taxes = value['total_taxes'] ?? value['total_tax_amounts'];
  if (!Array.isArray(taxes)) return value['tax'] ?? 0;
  return taxes.reduce((sum: number, tax: unknown) => sum + Number(valueAt(tax, 'amount')), 0);
}

export function previewFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const amount = (minor: unknown): unknown => moneyOf(minor, value['currency']);
  const lines = valueAt(value, 'lines.data');
  return {
    subtotal: amount(value['subtotal']),
    tax: amount(taxOf(value)),
    ...optional('taxStatus', valueAt(value, 'automatic_tax.status')),
    total: amount(value['total']),
    amountDue: amount(value['amount_due']),
    lines: Array.isArray(lines) ? lines.map(lineFrom) : undefined,
    isComplete: valueAt(value, 'lines.has_more') === false,
  };
}

function invoiceFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    id: value['id'],
    ...optional('number', value['number']),
    ...optional('status', value['status']),
    ...optional('customer', idOf(value['customer'])),
    ...optional('customerEmail', value['customer_email']),
    ...optional('subscription', idOf(firstOf(value, 'parent.subscription_details.subscription', 'subscription'))),
    ...optional('reason', value['billing_reason']),
    ...(previewFrom(value) as object),
    amountPaid: moneyOf(value['amount_paid'], value['currency']),
    amountRemaining: moneyOf(value['amount_remaining'], value['currency']),
    ...optional('url', value['hosted_invoice_url']),
    ...optional('pdfUrl', value['invoice_pdf']),
    metadata: metadataOf(value),
    createdAt: instantOf(value['created']),
    ...optional('dueAt', instantOf(value['due_date'])),
    ...optional('paidAt', instantOf(valueAt(value, 'status_transitions.paid_at'))),
  };
}

const getInvoiceInput = z.strictObject({ invoice: invoiceId });

export const getInvoice = defineAction<z.output<typeof getInvoiceInput>, z.output<typeof invoice>>({
  summary: 'Reads an invoice of Stripe with its sums and lines',
  ...READS,
  ...at('GET /v1/invoices/{invoice}'),
  permissions: ['Invoices: Read'],
  input: getInvoiceInput,
  output: invoice,
  target: ({ invoice: id }) => ({ type: 'invoice', id }),
  request: ({ invoice: id }) => ({ method: 'GET', url: path`/invoices/${id}` }),
  parse: ({ body }) => invoiceFrom(parseJsonObject(body)),
});

const previewTaxInput = z
  .strictObject({
    items: z
      .array(z.strictObject({ price: priceId, quantity: z.int().min(1).max(1_000_000).optional() }))
      .min(1)
      .max(20)
      .describe('recurring prices'),
    customer: customerId.optional(),
    address: addressInput.optional().describe('of somebody who is no customer yet; at least the country'),
    taxExempt: taxExempt.optional(),
  })
  .refine(({ customer, address }) => (customer === undefined) !== (address === undefined), {
    error: 'tax depends on the place: give either the customer or an address',
    path: ['customer'],
  })
  .refine(({ customer, taxExempt: exempt }) => customer === undefined || exempt === undefined, {
    error: 'of a customer Stripe knows it already',
    path: ['taxExempt'],
  });

export const previewTax = defineAction<z.output<typeof previewTaxInput>, Preview>({
  summary: 'Shows what a subscription would cost with tax, before anything is bought',
  ...READS,
  ...at('POST /v1/invoices/create_preview'),
  permissions: ['Invoices: Write'],
  input: previewTaxInput,
  output: previewShape,
  target: ({ customer: id, address }) =>
    id === undefined ? { type: 'place', id: address?.country ?? 'unknown' } : { type: 'customer', id },
  touches: touchesCustomer,
  request: ({ items, customer, address, taxExempt: exempt }) => ({
    method: 'POST',
    url: '/invoices/create_preview',
    form: {
      customer,
      ...(address && { customer_details: { address: addressForm(address), tax_exempt: exempt } }),
      automatic_tax: { enabled: true },
      subscription_details: { items },
    },
  }),
  parse: ({ body }) => previewFrom(parseJsonObject(body)),
});
