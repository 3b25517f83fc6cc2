/** Payment intents, charges and refunds. @module */
import type { Fields, Routes, SandboxReply } from '../kit/index.js';
import { errorReply, invalid, missing, noSuch, type StripeCall } from './answers.js';
import { methodOf, newMethod } from './cards.js';
import { emit } from './events.js';
import { LIST_PARAMS, listReply, objectReply, showObject, withObject } from './objects.js';
import { countOf, isTrue, mergedMetadata, objectOf, taking, textOf } from './params.js';
import { charge } from './settling.js';
import { find, newId, put, type StripeObject, type StripeState } from './state.js';

const INTENT_PARAMS =
  'amount automatic_payment_methods capture_method confirm confirmation_method currency customer description error_on_requires_action metadata off_session payment_method payment_method_data payment_method_options payment_method_types receipt_email return_url setup_future_usage shipping statement_descriptor statement_descriptor_suffix';
const CONFIRM_PARAMS =
  'payment_method payment_method_data return_url off_session receipt_email error_on_requires_action client_secret setup_future_usage';
const REFUND_PARAMS =
  'amount charge currency customer instructions_email metadata origin payment_intent reason refund_application_fee reverse_transfer';
const AMOUNT_MAX = 99_999_999;

export const paymentRoutes: Routes<StripeState> = {
  'GET /v1/payment_intents': taking(`${LIST_PARAMS} customer`, (call) =>
    listReply(call, 'payment_intent', ['customer']),
  ),
  'POST /v1/payment_intents': taking(INTENT_PARAMS, createIntent),
  'GET /v1/payment_intents/:id': taking('client_secret', showObject('payment_intent')),
  'POST /v1/payment_intents/:id': taking(
    'amount currency customer description metadata payment_method receipt_email setup_future_usage',
    withObject('payment_intent', updateIntent),
  ),
  'POST /v1/payment_intents/:id/confirm': taking(CONFIRM_PARAMS, withObject('payment_intent', confirmIntent)),
  'POST /v1/payment_intents/:id/cancel': taking('cancellation_reason', withObject('payment_intent', cancelIntent)),
  'GET /v1/charges': taking(`${LIST_PARAMS} customer payment_intent`, (call) =>
    listReply(call, 'charge', ['customer', 'payment_intent']),
  ),
  'GET /v1/charges/:id': taking('', showObject('charge')),
  'GET /v1/refunds': taking(`${LIST_PARAMS} charge payment_intent`, (call) =>
    listReply(call, 'refund', ['charge', 'payment_intent']),
  ),
  'POST /v1/refunds': taking(REFUND_PARAMS, createRefund),
  'GET /v1/refunds/:id': taking('', showObject('refund')),
};

function createIntent(call: StripeCall, params: Fields): SandboxReply {
  const amount = countOf(params['amount']);
  const currency = textOf(params['currency'])?.toLowerCase();
  if (params['amount'] === undefined) return missing('amount');
  if (amount === undefined || amount < 1)
    return invalid('Invalid positive integer', { param: 'amount', code: 'parameter_invalid_integer' });
  if (amount > AMOUNT_MAX)
    return invalid('Amount must be no more than 999,999.99', { param: 'amount', code: 'amount_too_large' });
  if (currency === undefined) return missing('currency');
  if (!/^[a-z]{3}$/.test(currency))
    return invalid(`Invalid currency: ${currency.slice(0, 20)}.`, { param: 'currency' });
  const customer = textOf(params['customer']);
  if (customer !== null && find(call.state, 'customer', customer) === undefined)
    return noSuch('customer', customer, 'customer');
  const method = chosenMethod(call, params);
  if (method === 'missing') return noSuch('payment_method', params['payment_method'], 'payment_method');
  const intent = makeIntent(call, { amount, currency, customer, params });
  emit(call, 'payment_intent.created', intent);
  if (method !== undefined) Object.assign(intent, { payment_method: method.id, status: 'requires_confirmation' });
  if (!isTrue(params['confirm'])) return objectReply(call, intent);
  return method === undefined ? noMethod() : (charge(call, intent, method) ?? objectReply(call, intent));
}

/** An intent that waits for a payment method. */
export function makeIntent(
  call: StripeCall,
  {
    amount,
    currency,
    customer,
    params,
    invoice = null,
  }: { amount: number; currency: string; customer: string | null; params: Fields; invoice?: string | null },
): StripeObject {
  const id = newId(call.random, 'pi');
  const automatic = isTrue(objectOf(params['automatic_payment_methods'])['enabled']);
  return put(call.state, {
    id,
    object: 'payment_intent',
    amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: automatic ? { enabled: true, allow_redirects: 'always' } : null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: textOf(params['capture_method']) ?? 'automatic',
    client_secret: newId(call.random, `${id}_secret`),
    confirmation_method: textOf(params['confirmation_method']) ?? 'automatic',
    created: Math.floor(call.nowMs / 1000),
    currency,
    customer,
    description: textOf(params['description']),
    invoice,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: mergedMetadata({}, params['metadata']),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_options: {},
    payment_method_types: Array.isArray(params['payment_method_types'])
      ? params['payment_method_types'].map(String)
      : ['card'],
    processing: null,
    receipt_email: textOf(params['receipt_email']),
    review: null,
    setup_future_usage: textOf(params['setup_future_usage']),
    shipping: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  });
}

function chosenMethod(call: StripeCall, params: Fields): StripeObject | undefined | 'missing' {
  if (params['payment_method_data'] !== undefined) return newMethod(call, objectOf(params['payment_method_data']));
  return params['payment_method'] === undefined ? undefined : (methodOf(call, params['payment_method']) ?? 'missing');
}

const noMethod = (): SandboxReply =>
  invalid("You cannot confirm this PaymentIntent because it's missing a payment method.", {
    code: 'payment_intent_unexpected_state',
  });

function updateIntent(call: StripeCall, intent: StripeObject): SandboxReply {
  const { amount, metadata, description, payment_method: method } = call.fields;
  if (intent['status'] === 'succeeded' && amount !== undefined) return unexpected(intent, 'updated');
  if (amount !== undefined) intent['amount'] = countOf(amount) ?? intent['amount'];
  if (metadata !== undefined) intent['metadata'] = mergedMetadata(intent['metadata'], metadata);
  if (description !== undefined) intent['description'] = textOf(description);
  const found = method === undefined ? undefined : methodOf(call, method);
  if (found !== undefined) Object.assign(intent, { payment_method: found.id, status: 'requires_confirmation' });
  return objectReply(call, intent);
}

function confirmIntent(call: StripeCall, intent: StripeObject): SandboxReply {
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(String(intent['status']))) {
    return unexpected(intent, 'confirmed');
  }
  const chosen = chosenMethod(call, call.fields) ?? find(call.state, 'payment_method', intent['payment_method']);
  if (chosen === 'missing') return noSuch('payment_method', call.fields['payment_method'], 'payment_method');
  return chosen === undefined ? noMethod() : (charge(call, intent, chosen) ?? objectReply(call, intent));
}

function cancelIntent(call: StripeCall, intent: StripeObject): SandboxReply {
  if (['succeeded', 'canceled'].includes(String(intent['status']))) return unexpected(intent, 'canceled');
  const reason = textOf(call.fields['cancellation_reason']);
  Object.assign(intent, {
    status: 'canceled',
    canceled_at: Math.floor(call.nowMs / 1000),
    cancellation_reason: reason,
  });
  emit(call, 'payment_intent.canceled', intent);
  return objectReply(call, intent);
}

function unexpected({ status }: StripeObject, what: string): SandboxReply {
  const message = `This PaymentIntent could not be ${what} because it has a status of ${String(status)}.`;
  return errorReply(400, { type: 'invalid_request_error', code: 'payment_intent_unexpected_state', message });
}

function createRefund(call: StripeCall, params: Fields): SandboxReply {
  const intent = find(call.state, 'payment_intent', params['payment_intent']);
  const charged = find(call.state, 'charge', params['charge'] ?? intent?.['latest_charge']);
  if (params['payment_intent'] === undefined && params['charge'] === undefined) {
    return invalid('One of the following params should be provided for this request: payment_intent or charge.');
  }
  if (charged === undefined || charged['paid'] !== true) {
    return params['charge'] === undefined
      ? noSuch('payment_intent', params['payment_intent'], 'payment_intent')
      : noSuch('charge', params['charge'], 'charge');
  }
  const left = Number(charged['amount']) - Number(charged['amount_refunded']);
  if (left === 0)
    return invalid(`Charge ${charged.id} has already been refunded.`, { code: 'charge_already_refunded' });
  const amount = params['amount'] === undefined ? left : countOf(params['amount']);
  if (amount === undefined || amount < 1)
    return invalid('Invalid positive integer', { param: 'amount', code: 'parameter_invalid_integer' });
  if (amount > left)
    return invalid(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
    });
  return objectReply(call, makeRefund(call, charged, amount, params));
}

function makeRefund(call: StripeCall, charged: StripeObject, amount: number, params: Fields): StripeObject {
  const refunded = Number(charged['amount_refunded']) + amount;
  Object.assign(charged, { amount_refunded: refunded, refunded: refunded === charged['amount'] });
  const refund = put(call.state, {
    id: newId(call.random, 're'),
    object: 'refund',
    amount,
    balance_transaction: newId(call.random, 'txn'),
    charge: charged.id,
    created: Math.floor(call.nowMs / 1000),
    currency: String(charged['currency']),
    metadata: mergedMetadata({}, params['metadata']),
    payment_intent: charged['payment_intent'],
    reason: textOf(params['reason']),
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  });
  emit(call, 'charge.refunded', charged);
  emit(call, 'refund.created', refund);
  return refund;
}
