/**
 * Answers by API version. Objects are kept with the fields of all versions; what a version does not have is left out.
 *
 * @source docs.stripe.com/changelog/basil (2025-03-31): periods move to subscription items, `payment_intent` and
 * `subscription` of an invoice to `confirmation_secret`, `payments` and `parent`
 * @module
 */
import { isObject } from '../../core/json.js';
import type { StripeCall } from './answers.js';

export const DEFAULT_VERSION = '2025-10-15.clover';
const BASIL = '2025-03-31';

export function versionOf({ request }: StripeCall): string {
  return request.headers['stripe-version'] ?? DEFAULT_VERSION;
}

/** Fields that ended with the version, by object. */
const UNTIL_BASIL: Readonly<Record<string, readonly string[]>> = {
  subscription: ['current_period_start', 'current_period_end'],
  invoice: 'paid paid_out_of_band charge payment_intent subscription tax total_tax_amounts'.split(' '),
  line_item: 'price proration proration_details subscription subscription_item type'.split(' '),
  charge: ['invoice'],
  payment_intent: ['invoice'],
};
/** Fields that began with it. */
const SINCE_BASIL: Readonly<Record<string, readonly string[]>> = {
  subscription: ['billing_mode', 'discounts'],
  subscription_item: ['current_period_start', 'current_period_end', 'discounts'],
  invoice: ['parent', 'total_taxes', 'confirmation_secret', 'payments'],
  line_item: ['parent', 'pricing', 'taxes', 'invoice', 'subtotal'],
};
/** Written only when `expand` names them. */
export const ONLY_EXPANDED: Readonly<Record<string, readonly string[]>> = {
  invoice: ['confirmation_secret', 'payments'],
  'checkout.session': ['line_items'],
};

export function inVersion(value: unknown, version: string): unknown {
  if (Array.isArray(value)) return value.map((one) => inVersion(one, version));
  if (!isObject(value)) return value;
  const kind = String(value['object'] ?? '');
  const absent = new Set((version >= BASIL ? UNTIL_BASIL : SINCE_BASIL)[kind] ?? []);
  const kept = Object.entries(value).filter(([name]) => !absent.has(name));
  return Object.fromEntries(kept.map(([name, one]) => [name, inVersion(one, version)]));
}
