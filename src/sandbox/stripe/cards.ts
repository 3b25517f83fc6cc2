/**
 * Cards that pay and cards that do not, by the names and numbers Stripe gives for tests.
 *
 * @source docs.stripe.com/testing (names and numbers), /declines/codes (words)
 * @module
 */
import { isObject } from '../../core/json.js';
import type { StripeCall } from './answers.js';
import { addressOf, mergedMetadata, objectOf, textOf } from './params.js';
import { find, newId, put, type StripeObject } from './state.js';

export type CardOutcome =
  { is: 'paid' } | { is: 'needs_action' } | { is: 'declined'; code: string; declineCode: string; message: string };

const declined = (declineCode: string, message: string, code = 'card_declined'): CardOutcome => ({
  is: 'declined',
  code,
  declineCode,
  message,
});

export const GENERIC_DECLINE = declined('generic_decline', 'Your card was declined.');

const OUTCOMES: Readonly<Record<string, CardOutcome>> = {
  chargeDeclined: GENERIC_DECLINE,
  visa_chargeDeclined: GENERIC_DECLINE,
  chargeDeclinedInsufficientFunds: declined('insufficient_funds', 'Your card has insufficient funds.'),
  visa_chargeDeclinedInsufficientFunds: declined('insufficient_funds', 'Your card has insufficient funds.'),
  visa_chargeDeclinedLostCard: declined('lost_card', 'Your card was declined.'),
  visa_chargeDeclinedStolenCard: declined('stolen_card', 'Your card was declined.'),
  chargeDeclinedExpiredCard: declined('expired_card', 'Your card has expired.', 'expired_card'),
  chargeDeclinedIncorrectCvc: declined('incorrect_cvc', "Your card's security code is incorrect.", 'incorrect_cvc'),
  chargeDeclinedProcessingError: declined(
    'processing_error',
    'An error occurred while processing your card. Try again in a little bit.',
    'processing_error',
  ),
  chargeCustomerFail: GENERIC_DECLINE,
  authenticationRequired: { is: 'needs_action' },
  threeDSecure2Required: { is: 'needs_action' },
};

const NUMBERS: Readonly<Record<string, string>> = {
  '4000000000000002': 'chargeDeclined',
  '4000000000009995': 'chargeDeclinedInsufficientFunds',
  '4000000000009987': 'visa_chargeDeclinedLostCard',
  '4000000000009979': 'visa_chargeDeclinedStolenCard',
  '4000000000000069': 'chargeDeclinedExpiredCard',
  '4000000000000127': 'chargeDeclinedIncorrectCvc',
  '4000000000000119': 'chargeDeclinedProcessingError',
  '4000000000000341': 'chargeCustomerFail',
  '4000002500003155': 'authenticationRequired',
  '4000000000003220': 'threeDSecure2Required',
};

const OUTCOME_OF = new WeakMap<object, string>();

/** What comes of charging a payment method. */
export function outcomeOf(method: StripeObject): CardOutcome {
  return OUTCOMES[OUTCOME_OF.get(method) ?? ''] ?? { is: 'paid' };
}

/** A payment method by id, or one of those that always exist (`pm_card_visa`, `pm_card_chargeDeclined`, `tok_visa`). */
export function methodOf(call: StripeCall, id: unknown): StripeObject | undefined {
  const known = find(call.state, 'payment_method', id);
  if (known !== undefined) return known;
  const name = /^(?:pm_card|tok)_(\w+)$/.exec(String(id))?.[1];
  if (name === undefined) return undefined;
  const brand = /mastercard/i.test(name) ? 'mastercard' : /amex/i.test(name) ? 'amex' : 'visa';
  return makeMethod(call, brand, name, {});
}

/** `type=card&card[number]=4242...`, or `card[token]=tok_visa`. */
export function newMethod(call: StripeCall, params: Record<string, unknown>): StripeObject {
  const card = objectOf(params['card']);
  const token = /^tok_(\w+)$/.exec(String(card['token']))?.[1];
  const name = token ?? NUMBERS[String(card['number'])] ?? '';
  return makeMethod(call, 'visa', name, params);
}

function makeMethod(call: StripeCall, brand: string, name: string, params: Record<string, unknown>): StripeObject {
  const details = objectOf(params['billing_details']);
  const address = addressOf(details['address']) ?? addressOf({});
  const method = put(call.state, {
    id: newId(call.random, 'pm'),
    object: 'payment_method',
    billing_details: {
      address,
      email: textOf(details['email']),
      name: textOf(details['name']),
      phone: textOf(details['phone']),
      tax_id: null,
    },
    card: cardShape(brand),
    created: Math.floor(call.nowMs / 1000),
    customer: null,
    livemode: false,
    metadata: mergedMetadata({}, params['metadata']),
    type: 'card',
  });
  if (isObject(OUTCOMES[name])) OUTCOME_OF.set(method, name);
  return method;
}

function cardShape(brand: string) {
  return {
    brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    exp_month: 12,
    exp_year: 2034,
    fingerprint: 'sandbox',
    funding: 'credit',
    generated_from: null,
    last4: '4242',
    networks: { available: [brand], preferred: null },
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}
