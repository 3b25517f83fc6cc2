/** Automatic tax: one made-up rate a country, enough to see it added, absent, and impossible. @module */
import { isObject } from '../../core/json.js';
import { addressOf, textOf } from './params.js';
import type { StripeObject } from './state.js';

const RATES: Readonly<Record<string, number>> = { DE: 0.19, FR: 0.2, AT: 0.2, GB: 0.2, JP: 0.1, US: 0 };

export interface Tax {
  status: 'complete' | 'requires_location_inputs' | null;
  amount: number;
}

/** Tax on top of `amount`, in the same minor units. */
export function taxOn(amount: number, enabled: boolean, customer: StripeObject | undefined): Tax {
  if (!enabled) return { status: null, amount: 0 };
  const address = customer?.['address'];
  const country = isObject(address) ? address['country'] : undefined;
  if (typeof country !== 'string') return { status: 'requires_location_inputs', amount: 0 };
  const isExempt = customer?.['tax_exempt'] === 'exempt' || customer?.['tax_exempt'] === 'reverse';
  return { status: 'complete', amount: isExempt ? 0 : Math.round(amount * (RATES[country] ?? 0)) };
}

export function automaticTaxShape(enabled: boolean, status: Tax['status']) {
  return { enabled, liability: enabled ? { type: 'self' } : null, status };
}

/** A subscription says only whether, its invoices say how it went. */
export function subscriptionTaxShape(enabled: boolean) {
  return { enabled, liability: enabled ? { type: 'self' } : null };
}

/** Somebody who is no customer yet, as `customer_details` of a preview describe them. */
export function describedCustomer(details: unknown): StripeObject | undefined {
  if (!isObject(details)) return undefined;
  const address = addressOf(details['address']);
  const exempt = textOf(details['tax_exempt']) ?? 'none';
  const known = { id: null, object: 'customer', address, email: null, name: null, phone: null, tax_exempt: exempt };
  return known as unknown as StripeObject;
}
