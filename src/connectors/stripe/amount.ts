/** Amounts as actions take and give them: smallest units with their currency, and as people write them. @module */
import { z } from 'zod';
import { checkedMoney, moneyText } from '../../core/money.js';
import { STRIPE_CURRENCIES } from './money.js';

export const currency = z
  .string()
  .regex(/^[A-Za-z]{3}$/, 'it is no currency, e.g. EUR')
  .describe('ISO 4217, e.g. EUR');

export const minorUnits = z
  .int()
  .min(1)
  .max(99_999_999_999)
  .describe('in the smallest unit of the currency: 1250 is 12.50 EUR, 1250 JPY, or 1.250 KWD');

export const money = z.strictObject({
  minor: z.int().describe('in the smallest unit'),
  currency: z.string().describe('ISO 4217, upper case'),
  text: z.string().describe('for people, e.g. 12.50 EUR'),
});
export type Money = z.output<typeof money>;

/** An amount of an answer; what is none is left for the schema to refuse. */
export function moneyOf(minor: unknown, code: unknown): unknown {
  if (!Number.isSafeInteger(minor) || typeof code !== 'string' || !/^[A-Za-z]{3}$/.test(code)) return { minor };
  const value = { minor: minor as number, currency: code.toUpperCase() };
  return { ...value, text: moneyText(value, STRIPE_CURRENCIES) };
}

/**
 * The amount as Stripe takes it.
 *
 * @throws AppError `invalid_argument` for an amount in steps that Stripe does not take (1234 of KWD)
 */
export function amountOf(minor: number, code: string): number {
  return checkedMoney(minor, code, STRIPE_CURRENCIES).minor;
}
