/** What follows from a payment: the invoice is paid, the subscription begins. @module */
import type { SandboxReply } from '../kit/index.js';
import { errorReply, type StripeCall } from './answers.js';
import { GENERIC_DECLINE, outcomeOf, type CardOutcome } from './cards.js';
import { emit } from './events.js';
import { find, newId, put, type StripeObject } from './state.js';
import { inVersion, versionOf } from './versions.js';

/** Charges an intent. @returns the refusal, or nothing when it is paid or waits for the customer */
export function charge(call: StripeCall, intent: StripeObject, method: StripeObject): SandboxReply | undefined {
  const outcome: CardOutcome = call.trouble === 'card_declined' ? GENERIC_DECLINE : outcomeOf(method);
  intent['payment_method'] = method.id;
  if (outcome.is === 'needs_action') {
    intent['status'] = 'requires_action';
    const url = 'https://hooks.stripe.com/redirect/authenticate/sandbox';
    intent['next_action'] = { type: 'redirect_to_url', redirect_to_url: { return_url: null, url } };
    emit(call, 'payment_intent.requires_action', intent);
    return undefined;
  }
  if (outcome.is === 'declined') return refuse(call, intent, method, outcome);
  succeed(call, intent, method);
  return undefined;
}

function succeed(call: StripeCall, intent: StripeObject, method: StripeObject): void {
  const manual = intent['capture_method'] === 'manual';
  const made = makeCharge(call, intent, method, { paid: true, captured: !manual });
  Object.assign(intent, {
    status: manual ? 'requires_capture' : 'succeeded',
    amount_received: manual ? 0 : intent['amount'],
    amount_capturable: manual ? intent['amount'] : 0,
    latest_charge: made.id,
    last_payment_error: null,
    next_action: null,
  });
  emit(call, 'charge.succeeded', made);
  emit(call, manual ? 'payment_intent.amount_capturable_updated' : 'payment_intent.succeeded', intent);
  const invoice = find(call.state, 'invoice', intent['invoice']);
  if (invoice !== undefined && !manual) settleInvoice(call, invoice, made.id);
}

function refuse(
  call: StripeCall,
  intent: StripeObject,
  method: StripeObject,
  { code, declineCode, message }: Extract<CardOutcome, { is: 'declined' }>,
): SandboxReply {
  const made = makeCharge(call, intent, method, { paid: false, captured: false });
  Object.assign(made, { failure_code: code, failure_message: message });
  const error = { type: 'card_error', code, decline_code: declineCode, message } as const;
  const shown = { ...error, payment_method: method };
  Object.assign(intent, {
    status: 'requires_payment_method',
    payment_method: null,
    latest_charge: made.id,
    last_payment_error: shown,
  });
  emit(call, 'charge.failed', made);
  emit(call, 'payment_intent.payment_failed', intent);
  const invoice = find(call.state, 'invoice', intent['invoice']);
  if (invoice !== undefined) {
    Object.assign(invoice, { attempted: true, attempt_count: Number(invoice['attempt_count']) + 1 });
    emit(call, 'invoice.payment_failed', invoice);
  }
  const own = inVersion(intent, versionOf(call));
  return errorReply(402, { ...error, charge: made.id, payment_intent: own });
}

/** Paid, by a charge or because there was nothing to pay. */
export function settleInvoice(call: StripeCall, invoice: StripeObject, chargeId: string | null): void {
  const nowS = Math.floor(call.nowMs / 1000);
  Object.assign(invoice, {
    status: 'paid',
    paid: true,
    charge: chargeId,
    amount_paid: invoice['amount_due'],
    amount_remaining: 0,
    attempted: true,
    attempt_count: Number(invoice['attempt_count']) + (chargeId === null ? 0 : 1),
    status_transitions: { ...(invoice['status_transitions'] as object), paid_at: nowS },
  });
  emit(call, 'invoice.paid', invoice);
  emit(call, 'invoice.payment_succeeded', invoice);
  const subscription = find(call.state, 'subscription', invoice['subscription']);
  if (subscription?.['status'] !== 'incomplete' && subscription?.['status'] !== 'past_due') return;
  const before = subscription['status'];
  subscription['status'] = 'active';
  emit(call, 'customer.subscription.updated', subscription, { status: before });
}

function makeCharge(
  call: StripeCall,
  intent: StripeObject,
  method: StripeObject,
  { paid, captured }: { paid: boolean; captured: boolean },
): StripeObject {
  return put(call.state, {
    id: newId(call.random, 'ch'),
    object: 'charge',
    amount: intent['amount'],
    amount_captured: captured ? intent['amount'] : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: paid ? newId(call.random, 'txn') : null,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: 'SANDBOX',
    captured,
    created: Math.floor(call.nowMs / 1000),
    currency: intent['currency'],
    customer: intent['customer'],
    description: intent['description'],
    disputed: false,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    invoice: intent['invoice'],
    livemode: false,
    metadata: intent['metadata'],
    outcome: null,
    paid,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: null,
    receipt_email: intent['receipt_email'],
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    statement_descriptor: null,
    status: paid ? 'succeeded' : 'failed',
    transfer_group: null,
  });
}
