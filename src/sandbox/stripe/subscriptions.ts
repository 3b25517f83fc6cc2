/**
 * Subscriptions with items, and what changing them costs.
 *
 * @source docs.stripe.com/billing/subscriptions/prorations (by the second), /billing/subscriptions/overview (statuses)
 * @module
 */
import { isObject } from '../../core/json.js';
import type { Fields, Routes, SandboxReply } from '../kit/index.js';
import { invalid, missing, noSuch, type StripeCall } from './answers.js';
import { emit } from './events.js';
import { collect, defaultMethod, draftInvoice, issueInvoice, pendingItem, type LineDraft } from './invoices.js';
import { LIST_PARAMS, listReply, objectReply, showObject, withObject } from './objects.js';
import { countOf, isTrue, listOf, mergedMetadata, objectOf, taking, textOf } from './params.js';
import { periodEnd } from './periods.js';
import { find, newId, put, type StripeObject, type StripeState } from './state.js';
import { describedCustomer, subscriptionTaxShape } from './tax.js';

const CREATE_PARAMS =
  'automatic_tax cancel_at_period_end collection_method currency customer default_payment_method description items metadata off_session payment_behavior payment_settings proration_behavior trial_period_days billing_mode';
const UPDATE_PARAMS =
  'automatic_tax cancel_at_period_end default_payment_method description items metadata off_session payment_behavior payment_settings proration_behavior proration_date';
const PREVIEW_PARAMS =
  'automatic_tax currency customer customer_details invoice_items preview_mode subscription subscription_details';
const OLD_PREVIEW_PARAMS =
  'automatic_tax customer subscription subscription_items subscription_proration_date subscription_proration_behavior subscription_details';

export const subscriptionRoutes: Routes<StripeState> = {
  'GET /v1/subscriptions': taking(`${LIST_PARAMS} customer price status collection_method`, listSubscriptions),
  'POST /v1/subscriptions': taking(CREATE_PARAMS, createSubscription),
  'GET /v1/subscriptions/:id': taking('', showObject('subscription')),
  'POST /v1/subscriptions/:id': taking(UPDATE_PARAMS, withObject('subscription', updateSubscription)),
  'DELETE /v1/subscriptions/:id': taking(
    'cancellation_details invoice_now prorate',
    withObject('subscription', cancelSubscription),
  ),
  'POST /v1/invoices/create_preview': taking(PREVIEW_PARAMS, previewInvoice),
  'GET /v1/invoices/upcoming': taking(OLD_PREVIEW_PARAMS, previewInvoice),
};

interface Wanted {
  price: StripeObject;
  quantity: number;
}

/** Without `status`, those that are over are left out. */
function listSubscriptions(call: StripeCall): SandboxReply {
  return listReply(call, 'subscription', call.query['status'] === 'all' ? ['customer'] : ['customer', 'status']);
}

function createSubscription(call: StripeCall, params: Fields): SandboxReply {
  const customer = find(call.state, 'customer', params['customer']);
  if (params['customer'] === undefined) return missing('customer');
  if (customer === undefined) return noSuch('customer', params['customer'], 'customer');
  if (params['items'] === undefined) return missing('items');
  const wanted = wantedItems(call, params['items']);
  if ('reply' in wanted) return wanted.reply;
  const [first] = wanted.items;
  if (first === undefined) return missing('items');
  const currency = String(first.price['currency']);
  const wrong = wrongCurrency(call, customer, wanted.items);
  if (wrong !== undefined) return wrong;
  const waits = params['payment_behavior'] === 'default_incomplete';
  const method = defaultMethod(call, customer, params['default_payment_method']);
  const trialDays = countOf(params['trial_period_days']) ?? 0;
  if (!waits && method === undefined && trialDays === 0) {
    const message = 'This customer has no attached payment source or default payment method.';
    return invalid(`${message} Please consider adding a default payment method.`, { code: 'resource_missing' });
  }
  const subscription = makeSubscription(call, customer, wanted.items, params, trialDays);
  Object.assign(customer, { currency });
  call.state.currencies.set(customer.id, currency);
  emit(call, 'customer.subscription.created', subscription);
  const invoice = issueInvoice(call, firstInvoice(call, customer, subscription, trialDays > 0));
  subscription['latest_invoice'] = invoice.id;
  const refusal =
    waits || method === undefined || invoice['status'] === 'paid' ? undefined : collect(call, invoice, method);
  if (refusal !== undefined && params['payment_behavior'] === 'error_if_incomplete') return refusal;
  return objectReply(call, subscription);
}

function wantedItems(call: StripeCall, given: unknown): { items: Wanted[] } | { reply: SandboxReply } {
  const items: Wanted[] = [];
  for (const [index, item] of listOf(given).entries()) {
    const price = find(call.state, 'price', item['price']);
    if (price === undefined) return { reply: noSuch('price', item['price'], `items[${index}][price]`) };
    if (price['recurring'] === null) {
      return {
        reply: invalid(
          'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
          { param: `items[${index}]` },
        ),
      };
    }
    items.push({ price, quantity: countOf(item['quantity']) ?? 1 });
  }
  return { items };
}

/** Everything a customer has is in one currency. */
function wrongCurrency(call: StripeCall, customer: StripeObject, items: readonly Wanted[]): SandboxReply | undefined {
  const own = call.state.currencies.get(customer.id);
  const other = items.find(({ price }) => price['currency'] !== (own ?? items[0]!.price['currency']));
  if (other === undefined && call.trouble !== 'wrong_currency') return undefined;
  const message = `You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, or invoice item with currency ${own ?? 'usd'}`;
  return invalid(message);
}

function makeSubscription(
  call: StripeCall,
  customer: StripeObject,
  items: readonly Wanted[],
  params: Fields,
  trialDays: number,
): StripeObject {
  const id = newId(call.random, 'sub');
  const nowS = Math.floor(call.nowMs / 1000);
  const trialEnd = trialDays === 0 ? null : nowS + trialDays * 86_400;
  const period = { current_period_start: nowS, current_period_end: trialEnd ?? periodEnd(nowS, items[0]!.price) };
  const data = items.map((item) => itemShape(call, id, item, period));
  return put(call.state, {
    id,
    object: 'subscription',
    ...SUBSCRIPTION_CONSTANTS,
    automatic_tax: subscriptionTaxShape(isTrue(objectOf(params['automatic_tax'])['enabled'])),
    billing_cycle_anchor: nowS,
    cancel_at_period_end: isTrue(params['cancel_at_period_end']),
    created: nowS,
    currency: String(items[0]!.price['currency']),
    ...period,
    customer: customer.id,
    default_payment_method: textOf(params['default_payment_method']),
    description: textOf(params['description']),
    items: { object: 'list', data, has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    latest_invoice: null,
    metadata: mergedMetadata({}, params['metadata']),
    start_date: nowS,
    status: trialEnd === null ? 'incomplete' : 'trialing',
    trial_end: trialEnd,
    trial_start: trialEnd === null ? null : nowS,
  });
}

/** What no subscription here differs in. */
const SUBSCRIPTION_CONSTANTS = {
  application: null,
  application_fee_percent: null,
  billing_mode: { type: 'classic' },
  billing_thresholds: null,
  cancel_at: null,
  canceled_at: null,
  cancellation_details: { comment: null, feedback: null, reason: null },
  collection_method: 'charge_automatically',
  days_until_due: null,
  default_source: null,
  default_tax_rates: [],
  discounts: [],
  ended_at: null,
  livemode: false,
  next_pending_invoice_item_invoice: null,
  on_behalf_of: null,
  pause_collection: null,
  payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
  pending_invoice_item_interval: null,
  pending_setup_intent: null,
  pending_update: null,
  schedule: null,
  test_clock: null,
  transfer_data: null,
  trial_settings: { end_behavior: { missing_payment_method: 'create_invoice' } },
};

function itemShape(call: StripeCall, subscription: string, { price, quantity }: Wanted, period: object): StripeObject {
  return {
    id: newId(call.random, 'si'),
    object: 'subscription_item',
    billing_thresholds: null,
    created: Math.floor(call.nowMs / 1000),
    ...period,
    discounts: [],
    metadata: {},
    price,
    quantity,
    subscription,
    tax_rates: [],
  };
}

export const itemsOf = (subscription: StripeObject): StripeObject[] =>
  (subscription['items'] as { data: StripeObject[] }).data;
const priceOf = (item: StripeObject): StripeObject => item['price'] as StripeObject;
const costOf = (item: StripeObject): number => Number(priceOf(item)['unit_amount']) * Number(item['quantity']);

function firstInvoice(
  call: StripeCall,
  customer: StripeObject,
  subscription: StripeObject,
  isTrial: boolean,
): StripeObject {
  const period = {
    start: Number(subscription['current_period_start']),
    end: Number(subscription['current_period_end']),
  };
  const lines = itemsOf(subscription).map((item) => regularLine(subscription, item, period, isTrial));
  return draftInvoice(call, {
    customer,
    currency: String(subscription['currency']),
    lines,
    billingReason: 'subscription_create',
    subscription: subscription.id,
    automaticTax: objectOf(subscription['automatic_tax'])['enabled'] === true,
  });
}

function regularLine(
  subscription: StripeObject,
  item: StripeObject,
  period: LineDraft['period'],
  isTrial = false,
): LineDraft {
  const price = priceOf(item);
  const quantity = Number(item['quantity']);
  return {
    amount: isTrial ? 0 : costOf(item),
    description: isTrial ? 'Free trial' : `${quantity} × ${String(price['nickname'] ?? price['product'])}`,
    price,
    quantity,
    proration: false,
    period,
    subscription: subscription.id,
    item: item.id,
  };
}

interface Change {
  items: StripeObject[];
  prorations: LineDraft[];
}

/** What the items would be, and what the rest of the period costs or is credited, by the second. */
function changeItems(
  call: StripeCall,
  subscription: StripeObject,
  given: unknown,
  atS: number,
): Change | { reply: SandboxReply } {
  const items = itemsOf(subscription).map((item) => ({ ...item }));
  const [start, end] = [Number(subscription['current_period_start']), Number(subscription['current_period_end'])];
  const share = subscription['status'] === 'trialing' ? 0 : Math.min(1, Math.max(0, (end - atS) / (end - start)));
  const prorations: LineDraft[] = [];
  const prorate = (item: StripeObject, sign: 1 | -1): void => {
    const price = priceOf(item);
    const what = `${String(item['quantity'])} × ${String(price['nickname'] ?? price['product'])}`;
    prorations.push({
      amount: Math.round(sign * costOf(item) * share),
      description: sign < 0 ? `Unused time on ${what}` : `Remaining time on ${what}`,
      price,
      quantity: Number(item['quantity']),
      proration: true,
      period: { start: atS, end },
      subscription: subscription.id,
      item: item.id,
    });
  };
  for (const [index, wish] of listOf(given).entries()) {
    const at = items.findIndex(({ id }) => id === wish['id']);
    if (wish['id'] !== undefined && at < 0)
      return { reply: noSuch('subscription_item', wish['id'], `items[${index}][id]`) };
    const price =
      wish['price'] === undefined
        ? at < 0
          ? undefined
          : priceOf(items[at]!)
        : find(call.state, 'price', wish['price']);
    if (price === undefined) return { reply: noSuch('price', wish['price'], `items[${index}][price]`) };
    if (price['currency'] !== subscription['currency'] || call.trouble === 'wrong_currency') {
      const message = `The price specified only supports \`${String(price['currency'])}\`. This doesn't match the expected currency: \`${String(subscription['currency'])}\`.`;
      return { reply: invalid(message, { param: `items[${index}][price]` }) };
    }
    const before = items[at];
    if (before !== undefined) prorate(before, -1);
    if (isTrue(wish['deleted'])) {
      items.splice(at, 1);
      continue;
    }
    const quantity = countOf(wish['quantity']) ?? Number(before?.['quantity'] ?? 1);
    const period = { current_period_start: start, current_period_end: end };
    const after =
      before === undefined
        ? itemShape(call, subscription.id, { price, quantity }, period)
        : { ...before, price, quantity };
    prorate(after, 1);
    if (before === undefined) items.push(after);
    else items[at] = after;
  }
  return { items, prorations: prorations.filter(({ amount }) => amount !== 0) };
}

function updateSubscription(call: StripeCall, subscription: StripeObject): SandboxReply {
  const params = call.fields;
  if (['canceled', 'incomplete_expired'].includes(String(subscription['status']))) {
    return invalid('A canceled subscription can only update its cancellation_details and metadata.');
  }
  const behavior = textOf(params['proration_behavior']) ?? 'create_prorations';
  if (!['create_prorations', 'always_invoice', 'none'].includes(behavior)) {
    return invalid(`Invalid proration_behavior: must be one of create_prorations, always_invoice, or none`, {
      param: 'proration_behavior',
    });
  }
  const change = changeItems(
    call,
    subscription,
    params['items'],
    countOf(params['proration_date']) ?? Math.floor(call.nowMs / 1000),
  );
  if ('reply' in change) return change.reply;
  const { items, cancel_at_period_end, status, latest_invoice } = subscription;
  const before = { items, cancel_at_period_end };
  subscription['items'] = { ...(subscription['items'] as object), data: change.items };
  if (params['cancel_at_period_end'] !== undefined)
    schedule(call, subscription, isTrue(params['cancel_at_period_end']));
  if (params['metadata'] !== undefined)
    subscription['metadata'] = mergedMetadata(subscription['metadata'], params['metadata']);
  if (params['default_payment_method'] !== undefined)
    subscription['default_payment_method'] = textOf(params['default_payment_method']);
  if (isObject(params['automatic_tax']))
    subscription['automatic_tax'] = subscriptionTaxShape(isTrue(params['automatic_tax']['enabled']));
  const refusal =
    behavior === 'none' ? undefined : billChange(call, subscription, change.prorations, behavior === 'always_invoice');
  if (refusal !== undefined && params['payment_behavior'] === 'error_if_incomplete') {
    Object.assign(subscription, { ...before, status, latest_invoice });
    return refusal;
  }
  emit(call, 'customer.subscription.updated', subscription, before);
  return objectReply(call, subscription);
}

function schedule(call: StripeCall, subscription: StripeObject, cancels: boolean): void {
  const nowS = Math.floor(call.nowMs / 1000);
  Object.assign(subscription, {
    cancel_at_period_end: cancels,
    cancel_at: cancels ? subscription['current_period_end'] : null,
    canceled_at: cancels ? nowS : null,
    cancellation_details: { comment: null, feedback: null, reason: cancels ? 'cancellation_requested' : null },
  });
}

/** Puts prorations on the next invoice, or makes one for them now. */
function billChange(
  call: StripeCall,
  subscription: StripeObject,
  lines: readonly LineDraft[],
  now: boolean,
): SandboxReply | undefined {
  const customer = find(call.state, 'customer', subscription['customer']);
  if (customer === undefined || lines.length === 0) return undefined;
  const currency = String(subscription['currency']);
  if (!now) {
    for (const { amount, description } of lines)
      pendingItem(call, customer.id, { amount, currency, description, proration: true });
    return undefined;
  }
  const automaticTax = objectOf(subscription['automatic_tax'])['enabled'] === true;
  const invoice = issueInvoice(
    call,
    draftInvoice(call, {
      customer,
      currency,
      lines,
      billingReason: 'subscription_update',
      subscription: subscription.id,
      automaticTax,
    }),
  );
  subscription['latest_invoice'] = invoice.id;
  if (invoice['status'] === 'paid') return undefined;
  const method = defaultMethod(call, customer, subscription['default_payment_method'] ?? undefined);
  const refusal = method === undefined ? undefined : collect(call, invoice, method);
  if (method === undefined || refusal !== undefined) subscription['status'] = 'past_due';
  return refusal;
}

function cancelSubscription(call: StripeCall, subscription: StripeObject): SandboxReply {
  if (subscription['status'] === 'canceled') return noSuch('subscription', subscription.id);
  const nowS = Math.floor(call.nowMs / 1000);
  Object.assign(subscription, {
    status: 'canceled',
    canceled_at: nowS,
    ended_at: nowS,
    cancellation_details: { comment: null, feedback: null, reason: 'cancellation_requested' },
  });
  emit(call, 'customer.subscription.deleted', subscription);
  return objectReply(call, subscription);
}

/** The next invoice of a subscription, as it is or as it would be after a change. Nothing is kept. */
function previewInvoice(call: StripeCall, params: Fields): SandboxReply {
  const details = objectOf(params['subscription_details']);
  const subscription = find(call.state, 'subscription', params['subscription']);
  if (params['subscription'] !== undefined && subscription === undefined)
    return noSuch('subscription', params['subscription'], 'subscription');
  const id = params['customer'] ?? subscription?.['customer'];
  const described = id === undefined ? describedCustomer(params['customer_details']) : undefined;
  const customer = described ?? find(call.state, 'customer', id);
  if (customer === undefined) return noSuch('customer', id, 'customer');
  const given = details['items'] ?? params['subscription_items'];
  const atS =
    countOf(details['proration_date'] ?? params['subscription_proration_date']) ?? Math.floor(call.nowMs / 1000);
  const planned = subscription === undefined ? plannedNew(call, given) : changeItems(call, subscription, given, atS);
  if ('reply' in planned) return planned.reply;
  const behavior = details['proration_behavior'] ?? params['subscription_proration_behavior'] ?? 'create_prorations';
  const nextS = subscription === undefined ? atS : Number(subscription['current_period_end']);
  const period = {
    start: nextS,
    end: planned.items[0] === undefined ? nextS : periodEnd(nextS, priceOf(planned.items[0])),
  };
  const regular = planned.items.map((item) => regularLine(subscription ?? item, item, period));
  const prorations = behavior === 'none' ? [] : planned.prorations;
  const tax = objectOf(params['automatic_tax'])['enabled'];
  const invoice = draftInvoice(call, {
    customer,
    currency: String(subscription?.['currency'] ?? priceOf(planned.items[0]!)['currency']),
    lines: behavior === 'always_invoice' ? prorations : [...prorations, ...regular],
    billingReason: 'upcoming',
    ...(subscription && { subscription: subscription.id }),
    automaticTax: tax === undefined ? objectOf(subscription?.['automatic_tax'])['enabled'] === true : isTrue(tax),
  });
  return objectReply(call, { ...invoice, id: `upcoming_${invoice.id}` });
}

function plannedNew(call: StripeCall, given: unknown): Change | { reply: SandboxReply } {
  const wanted = wantedItems(call, given);
  if ('reply' in wanted) return wanted;
  if (wanted.items.length === 0)
    return { reply: invalid('Nothing to invoice for subscription', { code: 'invoice_upcoming_none' }) };
  return { items: wanted.items.map((item) => itemShape(call, 'sub_preview', item, {})), prorations: [] };
}

/** What a finished checkout of a subscription makes; the customer, too, where there was none. */
export function subscribeFromCheckout(
  call: StripeCall,
  session: StripeObject,
  lines: readonly StripeObject[],
  method: StripeObject,
): { subscription: StripeObject } | { reply: SandboxReply } {
  const customer = find(call.state, 'customer', session['customer']) ?? checkoutCustomer(call, session);
  const items = lines.map((line) => ({ price: priceOf(line), quantity: Number(line['quantity']) }));
  const wrong = wrongCurrency(call, customer, items);
  if (wrong !== undefined) return { reply: wrong };
  const given = objectOf(session['subscription_data']);
  const params = { ...given, automatic_tax: { enabled: String(objectOf(session['automatic_tax'])['enabled']) } };
  const subscription = makeSubscription(call, customer, items, params, countOf(given['trial_period_days']) ?? 0);
  const invoice = issueInvoice(call, firstInvoice(call, customer, subscription, subscription['status'] === 'trialing'));
  subscription['latest_invoice'] = invoice.id;
  const refusal = invoice['status'] === 'paid' ? undefined : collect(call, invoice, method);
  if (refusal !== undefined) {
    call.state.objects.delete(subscription.id);
    return { reply: refusal };
  }
  call.state.currencies.set(customer.id, String(subscription['currency']));
  emit(call, 'customer.subscription.created', subscription);
  return { subscription };
}

function checkoutCustomer(call: StripeCall, session: StripeObject): StripeObject {
  const customer = put(call.state, {
    id: newId(call.random, 'cus'),
    object: 'customer',
    created: Math.floor(call.nowMs / 1000),
    address: null,
    balance: 0,
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    email: textOf(session['customer_email']),
    invoice_prefix: 'SANDBOX',
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: {},
    name: null,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  });
  emit(call, 'customer.created', customer);
  return customer;
}
