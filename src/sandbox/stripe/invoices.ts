/** Invoices: made from lines, previewed, finalized, paid. @module */
import type { Fields, Routes, SandboxReply } from '../kit/index.js';
import { errorReply, invalid, missing, noSuch, type StripeCall } from './answers.js';
import { methodOf } from './cards.js';
import { emit } from './events.js';
import { LIST_PARAMS, listReply, objectReply, pageReply, showObject, withObject } from './objects.js';
import { countOf, isTrue, mergedMetadata, objectOf, taking, textOf } from './params.js';
import { makeIntent } from './payments.js';
import { charge, settleInvoice } from './settling.js';
import { find, newId, put, type StripeObject, type StripeState } from './state.js';
import { automaticTaxShape, taxOn } from './tax.js';

const CREATE_PARAMS =
  'auto_advance automatic_tax collection_method currency customer days_until_due default_payment_method description footer metadata pending_invoice_items_behavior subscription';
const ITEM_PARAMS =
  'amount currency customer description discountable invoice metadata period price pricing quantity subscription tax_behavior unit_amount_decimal';

export const invoiceRoutes: Routes<StripeState> = {
  'GET /v1/invoices': taking(`${LIST_PARAMS} collection_method customer due_date status subscription`, (call) =>
    listReply(call, 'invoice', ['customer', 'status', 'subscription', 'collection_method']),
  ),
  'POST /v1/invoices': taking(CREATE_PARAMS, createInvoice),
  'GET /v1/invoices/:id': taking('', showObject('invoice')),
  'POST /v1/invoices/:id/finalize': taking('auto_advance', withObject('invoice', finalizeInvoice)),
  'POST /v1/invoices/:id/pay': taking(
    'payment_method paid_out_of_band off_session forgive mandate source',
    withObject('invoice', payInvoice),
  ),
  'POST /v1/invoices/:id/void': taking('', withObject('invoice', voidInvoice)),
  'GET /v1/invoices/:id/lines': taking(
    LIST_PARAMS,
    withObject('invoice', (call, invoice) => pageReply(call, linesOf(invoice))),
  ),
  'POST /v1/invoiceitems': taking(ITEM_PARAMS, createItem),
};

export interface LineDraft {
  amount: number;
  description: string;
  price: StripeObject | undefined;
  quantity: number;
  proration: boolean;
  /** Unix seconds. */
  period: { start: number; end: number };
  subscription?: string | undefined;
  item?: string | undefined;
}

export interface InvoiceDraft {
  customer: StripeObject;
  currency: string;
  lines: readonly LineDraft[];
  billingReason: string;
  subscription?: string;
  automaticTax: boolean;
  metadata?: unknown;
}

const linesOf = (invoice: StripeObject): StripeObject[] => (invoice['lines'] as { data: StripeObject[] }).data;

/** A draft invoice, with its sums. It is not kept: a preview is one, too. */
export function draftInvoice(call: StripeCall, draft: InvoiceDraft): StripeObject {
  const { customer, currency, automaticTax, subscription = null } = draft;
  const id = newId(call.random, 'in');
  const nowS = Math.floor(call.nowMs / 1000);
  const lines = draft.lines.map((line) => lineShape(call, id, currency, line));
  const subtotal = draft.lines.reduce((sum, { amount }) => sum + amount, 0);
  const tax = taxOn(Math.max(0, subtotal), automaticTax, customer);
  const total = subtotal + tax.amount;
  const due = Math.max(0, total);
  const parent =
    subscription === null
      ? null
      : { type: 'subscription_details', quote_details: null, subscription_details: { metadata: {}, subscription } };
  return {
    id,
    object: 'invoice',
    ...INVOICE_CONSTANTS,
    amount_due: due,
    amount_paid: 0,
    amount_remaining: due,
    automatic_tax: automaticTaxShape(automaticTax, tax.status),
    billing_reason: draft.billingReason,
    created: nowS,
    currency,
    customer: customer.id,
    customer_address: customer['address'],
    customer_email: customer['email'],
    customer_name: customer['name'],
    customer_phone: customer['phone'],
    customer_tax_exempt: customer['tax_exempt'],
    lines: { object: 'list', data: lines, has_more: false, url: `/v1/invoices/${id}/lines` },
    metadata: mergedMetadata({}, draft.metadata),
    parent,
    period_end: nowS,
    period_start: nowS,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subscription,
    subtotal,
    subtotal_excluding_tax: subtotal,
    tax: tax.status === null ? null : tax.amount,
    total,
    total_excluding_tax: subtotal,
    total_tax_amounts: [],
    total_taxes: tax.status === 'complete' ? [taxShape(tax.amount, subtotal)] : [],
  };
}

/** What no invoice here differs in. */
const INVOICE_CONSTANTS = {
  account_country: 'DE',
  account_name: 'Sandbox',
  account_tax_ids: null,
  amount_shipping: 0,
  application: null,
  attempt_count: 0,
  attempted: false,
  auto_advance: false,
  charge: null,
  collection_method: 'charge_automatically',
  custom_fields: null,
  customer_shipping: null,
  customer_tax_ids: [],
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  description: null,
  discounts: [],
  due_date: null,
  ending_balance: null,
  footer: null,
  from_invoice: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  last_finalization_error: null,
  latest_revision: null,
  livemode: false,
  next_payment_attempt: null,
  number: null,
  on_behalf_of: null,
  paid: false,
  paid_out_of_band: false,
  payment_intent: null,
  payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  receipt_number: null,
  shipping_cost: null,
  shipping_details: null,
  starting_balance: 0,
  statement_descriptor: null,
  test_clock: null,
  total_discount_amounts: [],
  webhooks_delivered_at: null,
};

function taxShape(amount: number, taxable: number) {
  const details = { tax_rate: 'txr_sandbox' };
  const reason = amount === 0 ? 'not_collecting' : 'standard_rated';
  return {
    amount,
    tax_behavior: 'exclusive',
    tax_rate_details: details,
    taxability_reason: reason,
    taxable_amount: taxable,
    type: 'tax_rate_details',
  };
}

function lineShape(call: StripeCall, invoice: string, currency: string, line: LineDraft): StripeObject {
  const { amount, description, price, quantity, proration, period, subscription = null, item = null } = line;
  const details = {
    invoice_item: null,
    proration,
    proration_details: { credited_items: null },
    subscription,
    subscription_item: item,
  };
  return {
    id: newId(call.random, 'il'),
    object: 'line_item',
    amount,
    currency,
    description,
    discount_amounts: [],
    discountable: !proration,
    discounts: [],
    invoice,
    livemode: false,
    metadata: {},
    parent:
      item === null
        ? null
        : { invoice_item_details: null, subscription_item_details: details, type: 'subscription_item_details' },
    period,
    price: price ?? null,
    pricing: price === undefined ? null : pricingShape(price),
    proration,
    proration_details: { credited_items: null },
    quantity,
    subscription,
    ...(item !== null && { subscription_item: item }),
    subtotal: amount,
    taxes: [],
    type: item === null ? 'invoiceitem' : 'subscription',
    // A line has no time of its own.
  } as unknown as StripeObject;
}

function pricingShape(price: StripeObject) {
  const details = { price: price.id, product: price['product'] };
  return { price_details: details, type: 'price_details', unit_amount_decimal: price['unit_amount_decimal'] };
}

/** Keeps a draft and makes it final: what is due gets a payment intent, what is free is paid. */
export function issueInvoice(call: StripeCall, draft: StripeObject): StripeObject {
  const invoice = put(call.state, draft);
  emit(call, 'invoice.created', invoice);
  finalize(call, invoice);
  return invoice;
}

function finalize(call: StripeCall, invoice: StripeObject): void {
  const nowS = Math.floor(call.nowMs / 1000);
  Object.assign(invoice, {
    status: 'open',
    number: `SANDBOX-${String(call.state.objects.size).padStart(4, '0')}`,
    hosted_invoice_url: `https://invoice.stripe.com/i/sandbox/${invoice.id}`,
    status_transitions: { ...(invoice['status_transitions'] as object), finalized_at: nowS },
  });
  emit(call, 'invoice.finalized', invoice);
  const amount = Number(invoice['amount_due']);
  if (amount === 0) return settleInvoice(call, invoice, null);
  const intent = makeIntent(call, {
    amount,
    currency: String(invoice['currency']),
    customer: String(invoice['customer']),
    params: { description: invoice['billing_reason'] === 'subscription_create' ? 'Subscription creation' : undefined },
    invoice: invoice.id,
  });
  emit(call, 'payment_intent.created', intent);
  Object.assign(invoice, {
    payment_intent: intent.id,
    confirmation_secret: { client_secret: intent['client_secret'], type: 'payment_intent' },
    payments: {
      object: 'list',
      data: [paymentShape(call, invoice, intent)],
      has_more: false,
      url: '/v1/invoice_payments',
    },
  });
}

function paymentShape(call: StripeCall, invoice: StripeObject, intent: StripeObject) {
  return {
    id: newId(call.random, 'inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: intent['amount'],
    created: intent.created,
    currency: intent['currency'],
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { type: 'payment_intent', payment_intent: intent.id },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  };
}

/** How a customer pays by default. */
export function defaultMethod(call: StripeCall, customer: StripeObject, own?: unknown): StripeObject | undefined {
  const id = own ?? objectOf(customer['invoice_settings'])['default_payment_method'];
  return id === undefined || id === null ? undefined : methodOf(call, id);
}

/** Charges an open invoice. @returns the refusal, if any */
export function collect(call: StripeCall, invoice: StripeObject, method: StripeObject): SandboxReply | undefined {
  const intent = find(call.state, 'payment_intent', invoice['payment_intent']);
  return intent === undefined ? undefined : charge(call, intent, method);
}

function createInvoice(call: StripeCall, params: Fields): SandboxReply {
  const customer = find(call.state, 'customer', params['customer']);
  if (params['customer'] === undefined) return missing('customer');
  if (customer === undefined) return noSuch('customer', params['customer'], 'customer');
  const waiting =
    params['pending_invoice_items_behavior'] === 'exclude' ? [] : (call.state.pending.get(customer.id) ?? []);
  const invoice = put(
    call.state,
    draftInvoice(call, {
      customer,
      currency: textOf(params['currency']) ?? String(waiting[0]?.['currency'] ?? customer['currency'] ?? 'eur'),
      lines: waiting.map(pendingLine),
      billingReason: 'manual',
      automaticTax: isTrue(objectOf(params['automatic_tax'])['enabled']),
      metadata: params['metadata'],
    }),
  );
  if (waiting.length > 0) call.state.pending.delete(customer.id);
  emit(call, 'invoice.created', invoice);
  return objectReply(call, invoice);
}

function pendingLine(item: StripeObject): LineDraft {
  return {
    amount: Number(item['amount']),
    description: String(item['description'] ?? ''),
    price: undefined,
    quantity: 1,
    proration: item['proration'] === true,
    period: { start: item.created, end: item.created },
  };
}

function createItem(call: StripeCall, params: Fields): SandboxReply {
  const customer = find(call.state, 'customer', params['customer']);
  if (customer === undefined) return noSuch('customer', params['customer'], 'customer');
  const price = find(call.state, 'price', params['price'] ?? objectOf(params['pricing'])['price']);
  const amount =
    countOf(params['amount']) ?? Number(price?.['unit_amount'] ?? Number.NaN) * (countOf(params['quantity']) ?? 1);
  if (!Number.isInteger(amount)) return missing('amount');
  const item = pendingItem(call, customer.id, {
    amount,
    currency: textOf(params['currency']) ?? String(price?.['currency'] ?? 'eur'),
    description: textOf(params['description']),
    proration: false,
  });
  return objectReply(call, item);
}

/** A line for the next invoice of a customer. */
export function pendingItem(
  call: StripeCall,
  customer: string,
  {
    amount,
    currency,
    description,
    proration,
  }: { amount: number; currency: string; description: string | null; proration: boolean },
): StripeObject {
  const created = Math.floor(call.nowMs / 1000);
  const item = put(call.state, {
    id: newId(call.random, 'ii'),
    object: 'invoiceitem',
    amount,
    created,
    currency,
    customer,
    date: created,
    description,
    discountable: true,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: {},
    period: { start: created, end: created },
    proration,
    quantity: 1,
    tax_rates: [],
    test_clock: null,
  });
  call.state.pending.set(customer, [...(call.state.pending.get(customer) ?? []), item]);
  return item;
}

function finalizeInvoice(call: StripeCall, invoice: StripeObject): SandboxReply {
  if (invoice['status'] !== 'draft')
    return invalid('This invoice is already finalized.', { code: 'invoice_not_editable' });
  finalize(call, invoice);
  return objectReply(call, invoice);
}

function payInvoice(call: StripeCall, invoice: StripeObject): SandboxReply {
  if (invoice['status'] === 'paid') return invalid('Invoice is already paid', { code: 'invoice_already_paid' });
  if (invoice['status'] === 'draft') finalize(call, invoice);
  if (invoice['status'] === 'paid') return objectReply(call, invoice);
  const customer = find(call.state, 'customer', invoice['customer']);
  const method = customer && defaultMethod(call, customer, call.fields['payment_method']);
  if (method === undefined) {
    const message =
      'There is no default payment method set on this Customer or Invoice. Please set a default payment method first.';
    return errorReply(400, { type: 'invalid_request_error', code: 'invoice_no_payment_method_types', message });
  }
  return collect(call, invoice, method) ?? objectReply(call, invoice);
}

function voidInvoice(call: StripeCall, invoice: StripeObject): SandboxReply {
  if (invoice['status'] !== 'open')
    return invalid('You can only void open invoices.', { code: 'invoice_not_editable' });
  invoice['status'] = 'void';
  emit(call, 'invoice.voided', invoice);
  return objectReply(call, invoice);
}
