/**
 * What an event about money says, read from the body that Stripe signed.
 *
 * @source Stripe's OpenAPI description (checkout.session, payment_intent, charge, invoice, subscription);
 * docs.stripe.com/changelog/basil (the subscription of an invoice stands in `parent`)
 * @module
 */
import { AppError } from '../../core/errors.js';
import { isObject, valueAt } from '../../core/json.js';
import type { HandlerEvent } from '../../operations/index.js';

export interface PaymentFacts {
  id: string;
  /** As Stripe writes it, upper case; absent where the object has none. */
  currency?: string;
  /** Smallest units of the currency. */
  amount?: number;
  customer?: string;
  email?: string;
}

/** @throws AppError `provider_contract` for an event without its object */
export function objectOf(event: HandlerEvent): Record<string, unknown> {
  const object = valueAt(event.data, 'data.object');
  if (isObject(object) && typeof object['id'] === 'string') return object;
  throw new AppError('provider_contract', { provider: event.provider, path: 'data.object.id' });
}

/** Ids stand there bare or as objects that were expanded. */
export function idAt(object: unknown, at: string): string | undefined {
  const value = valueAt(object, at);
  const id = isObject(value) ? value['id'] : value;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

export function textAt(object: unknown, at: string): string | undefined {
  const value = valueAt(object, at);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberAt(object: unknown, at: string): number | undefined {
  const value = valueAt(object, at);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

/** The facts that everything about money has; `amountAt` says where its amount stands. */
export function factsOf(object: Record<string, unknown>, amountAt: string): PaymentFacts {
  const currency = textAt(object, 'currency')?.toUpperCase();
  const amount = numberAt(object, amountAt);
  const customer = idAt(object, 'customer');
  const email =
    textAt(object, 'customer_details.email') ?? textAt(object, 'customer_email') ?? textAt(object, 'receipt_email');
  return {
    id: String(object['id']),
    ...(currency !== undefined && { currency }),
    ...(amount !== undefined && { amount }),
    ...(customer !== undefined && { customer }),
    ...(email !== undefined && { email }),
  };
}
