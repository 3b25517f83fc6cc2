/** Checkout sessions, their pages, and sessions of the customer portal. @module */
import type { Fields, Routes, SandboxReply } from '../kit/index.js';
import { invalid, missing, noSuch, type StripeCall } from './answers.js';
import { methodOf } from './cards.js';
import { makePrice } from './catalog.js';
import { emit } from './events.js';
import { LIST_PARAMS, listReply, objectReply, pageReply, showObject, withObject } from './objects.js';
import { countOf, isTrue, listOf, mergedMetadata, objectOf, taking, textOf } from './params.js';
import { makeIntent } from './payments.js';
import { charge } from './settling.js';
import { find, newId, put, type StripeObject, type StripeState } from './state.js';
import { subscribeFromCheckout } from './subscriptions.js';
import { automaticTaxShape, taxOn } from './tax.js';

const CREATE_PARAMS =
  'allow_promotion_codes automatic_tax billing_address_collection cancel_url client_reference_id currency customer customer_creation customer_email customer_update discounts expires_at invoice_creation line_items locale metadata mode payment_intent_data payment_method_collection payment_method_types phone_number_collection return_url submit_type subscription_data success_url tax_id_collection ui_mode';
const PORTAL_PARAMS = 'configuration customer flow_data locale on_behalf_of return_url';
const DAY_S = 86_400;

export const checkoutRoutes: Routes<StripeState> = {
  'GET /v1/checkout/sessions': taking(`${LIST_PARAMS} customer payment_intent subscription status`, (call) =>
    listReply(call, 'checkout.session', ['customer', 'payment_intent', 'subscription', 'status']),
  ),
  'POST /v1/checkout/sessions': taking(CREATE_PARAMS, createSession),
  'GET /v1/checkout/sessions/:id': taking('', showObject('checkout.session')),
  'GET /v1/checkout/sessions/:id/line_items': taking(
    LIST_PARAMS,
    withObject('checkout.session', (call, session) =>
      pageReply(call, (session['line_items'] as { data: StripeObject[] }).data),
    ),
  ),
  'POST /v1/checkout/sessions/:id/expire': taking('', withObject('checkout.session', expireSession)),
  'GET /v1/payment_pages/:id': withObject('checkout.session', objectReply),
  'POST /v1/payment_pages/:id/confirm': withObject('checkout.session', (call, session) => {
    const method = methodOf(call, call.fields['payment_method'] ?? 'pm_card_visa');
    return method === undefined
      ? noSuch('payment_method', call.fields['payment_method'])
      : completeSession(call, session, method);
  }),
  'POST /v1/billing_portal/sessions': taking(PORTAL_PARAMS, createPortalSession),
};

function createSession(call: StripeCall, params: Fields): SandboxReply {
  const mode = textOf(params['mode']) ?? 'payment';
  if (!['payment', 'subscription', 'setup'].includes(mode)) {
    return invalid('Invalid mode: must be one of payment, setup, or subscription', { param: 'mode' });
  }
  const embedded = params['ui_mode'] === 'embedded' || params['ui_mode'] === 'custom';
  if (!embedded && textOf(params['success_url']) === null) return missing('success_url');
  const customer = textOf(params['customer']);
  if (customer !== null && find(call.state, 'customer', customer) === undefined)
    return noSuch('customer', customer, 'customer');
  const lines = lineItems(call, params['line_items'], mode);
  if ('reply' in lines) return lines.reply;
  if (lines.items.length === 0 && mode !== 'setup') return missing('line_items');
  return objectReply(call, makeSession(call, params, mode, lines.items));
}

function lineItems(
  call: StripeCall,
  given: unknown,
  mode: string,
): { items: StripeObject[] } | { reply: SandboxReply } {
  const items: StripeObject[] = [];
  for (const [index, line] of listOf(given).entries()) {
    const price = linePrice(call, line);
    if (price === undefined) return { reply: noSuch('price', line['price'], `line_items[${index}][price]`) };
    if ('reply' in price) return { reply: price.reply as SandboxReply };
    if (mode === 'payment' && price['recurring'] !== null) {
      return {
        reply: invalid('You must provide one of `mode: subscription` or a price that is not recurring.', {
          param: `line_items[${index}][price]`,
        }),
      };
    }
    if (items.some((one) => one['currency'] !== price['currency']) || call.trouble === 'wrong_currency') {
      return { reply: invalid('All line items must have the same currency.', { param: 'line_items' }) };
    }
    const quantity = countOf(line['quantity']) ?? 1;
    const amount = Number(price['unit_amount']) * quantity;
    const sums = { amount_discount: 0, amount_subtotal: amount, amount_tax: 0, amount_total: amount };
    const own = { id: newId(call.random, 'li'), object: 'item' };
    items.push({
      ...own,
      ...sums,
      currency: price['currency'],
      description: textOf(price['nickname']) ?? '',
      price,
      quantity,
    } as unknown as StripeObject);
  }
  return { items };
}

function linePrice(call: StripeCall, line: Fields): StripeObject | { reply: SandboxReply } | undefined {
  const data = objectOf(line['price_data']);
  if (line['price_data'] === undefined) return find(call.state, 'price', line['price']);
  const made = makePrice(call, data, textOf(data['product']) ?? 'prod_sandboxTeam');
  return 'reply' in made ? made : made.object;
}

function makeSession(call: StripeCall, params: Fields, mode: string, items: readonly StripeObject[]): StripeObject {
  const id = newId(call.random, 'cs_test');
  const nowS = Math.floor(call.nowMs / 1000);
  const subtotal = items.reduce((sum, item) => sum + Number(item['amount_total']), 0);
  const withTax = isTrue(objectOf(params['automatic_tax'])['enabled']);
  const customer = find(call.state, 'customer', params['customer']);
  const tax = taxOn(subtotal, withTax, customer);
  return put(call.state, {
    id,
    object: 'checkout.session',
    ...SESSION_CONSTANTS,
    allow_promotion_codes:
      params['allow_promotion_codes'] === undefined ? null : isTrue(params['allow_promotion_codes']),
    amount_subtotal: subtotal,
    amount_total: subtotal + tax.amount,
    automatic_tax: automaticTaxShape(withTax, tax.status),
    cancel_url: textOf(params['cancel_url']),
    client_reference_id: textOf(params['client_reference_id']),
    created: nowS,
    currency: items[0]?.['currency'] ?? null,
    customer: customer?.id ?? null,
    customer_email: textOf(params['customer_email']),
    expires_at: countOf(params['expires_at']) ?? nowS + DAY_S,
    line_items: { object: 'list', data: [...items], has_more: false, url: `/v1/checkout/sessions/${id}/line_items` },
    metadata: mergedMetadata({}, params['metadata']),
    mode,
    success_url: textOf(params['success_url']),
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: tax.amount },
    url: `https://checkout.stripe.com/c/pay/${id}`,
    payment_intent_data: params['payment_intent_data'],
    subscription_data: params['subscription_data'],
  });
}

/** What no session here differs in. */
const SESSION_CONSTANTS = {
  after_expiration: null,
  billing_address_collection: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_creation: null,
  customer_details: null,
  invoice: null,
  invoice_creation: null,
  livemode: false,
  locale: null,
  payment_intent: null,
  payment_link: null,
  payment_method_collection: null,
  payment_method_options: {},
  payment_method_types: ['card'],
  payment_status: 'unpaid',
  phone_number_collection: { enabled: false },
  recovered_from: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  status: 'open',
  submit_type: null,
  subscription: null,
};

function expireSession(call: StripeCall, session: StripeObject): SandboxReply {
  if (session['status'] !== 'open') return invalid('Only Checkout Sessions with a status in ["open"] can be expired.');
  Object.assign(session, { status: 'expired', url: null });
  emit(call, 'checkout.session.expired', session);
  return objectReply(call, session);
}

/** Somebody fills the page in and pays with `method`. */
export function completeSession(call: StripeCall, session: StripeObject, method: StripeObject): SandboxReply {
  const isOver = Number(session['expires_at']) * 1000 <= call.nowMs;
  if (isOver && session['status'] === 'open') expireSession(call, session);
  if (session['status'] !== 'open' || call.trouble === 'expired_session') {
    return invalid('This Checkout Session is no longer active.', { code: 'checkout_session_expired' });
  }
  const refusal =
    session['mode'] === 'subscription' ? subscribed(call, session, method) : paidOnce(call, session, method);
  if (refusal !== undefined) return refusal;
  const email = session['customer_email'] ?? 'ada@example.com';
  const address = { city: null, country: 'DE', line1: null, line2: null, postal_code: null, state: null };
  const details = { address, email, name: 'Ada Example', phone: null, tax_exempt: 'none', tax_ids: [] };
  Object.assign(session, { status: 'complete', payment_status: 'paid', url: null, customer_details: details });
  emit(call, 'checkout.session.completed', session);
  return objectReply(call, session);
}

function paidOnce(call: StripeCall, session: StripeObject, method: StripeObject): SandboxReply | undefined {
  const intent = makeIntent(call, {
    amount: Number(session['amount_total']),
    currency: String(session['currency']),
    customer: textOf(session['customer']),
    params: objectOf(session['payment_intent_data']),
  });
  emit(call, 'payment_intent.created', intent);
  const refusal = charge(call, intent, method);
  if (refusal === undefined) session['payment_intent'] = intent.id;
  return refusal;
}

function subscribed(call: StripeCall, session: StripeObject, method: StripeObject): SandboxReply | undefined {
  const items = (session['line_items'] as { data: StripeObject[] }).data;
  const made = subscribeFromCheckout(call, session, items, method);
  if ('reply' in made) return made.reply;
  const { id, customer, latest_invoice: invoice } = made.subscription;
  Object.assign(session, { subscription: id, customer, invoice });
  return undefined;
}

function createPortalSession(call: StripeCall, params: Fields): SandboxReply {
  const customer = find(call.state, 'customer', params['customer']);
  if (params['customer'] === undefined) return missing('customer');
  if (customer === undefined) return noSuch('customer', params['customer'], 'customer');
  const id = newId(call.random, 'bps');
  return objectReply(call, {
    id,
    object: 'billing_portal.session',
    configuration: textOf(params['configuration']) ?? 'bpc_sandbox',
    created: Math.floor(call.nowMs / 1000),
    customer: customer.id,
    flow: null,
    livemode: false,
    locale: textOf(params['locale']),
    on_behalf_of: null,
    return_url: textOf(params['return_url']),
    url: `https://billing.stripe.com/p/session/test_${id.slice(4)}`,
  });
}
