/**
 * Money: an integer in the smallest unit of its currency, and how many digits that unit stands behind the point.
 *
 * @source ISO 4217, list one (exponents that are not 2)
 * @module
 */
import { AppError } from './errors.js';

export interface Money {
  /** Smallest units, a safe integer. */
  minor: number;
  /** ISO 4217, upper case. */
  currency: string;
}

/** How one provider counts a currency, where it differs from ISO 4217. */
export interface CurrencyRule {
  exponent: number;
  /** Amounts are multiples of this many smallest units. */
  multipleOf?: number;
  /** Page of the provider. */
  source: string;
}

/** By upper-case code. */
export type CurrencyRules = Readonly<Record<string, CurrencyRule>>;

const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0] as const),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3] as const),
  ...'CLF UYW'.split(' ').map((code) => [code, 4] as const),
]);

/** Digits behind the point. */
export function exponentOf(currency: string, rules: CurrencyRules = {}): number {
  const code = codeOf(currency);
  return ruleOf(code, rules)?.exponent ?? EXPONENTS.get(code) ?? 2;
}

/**
 * The amount that a person wrote, exactly: `12.50` EUR is 1250, `500` JPY is 500, `1.234` KWD is 1234.
 *
 * @throws AppError `invalid_argument` for what is no amount, has more digits than the currency, or is no multiple of
 *   what the provider takes
 */
export function moneyFrom(decimal: string, currency: string, rules: CurrencyRules = {}): Money {
  const code = codeOf(currency);
  const match = /^(-?)(\d{1,15})(?:\.(\d{1,9}))?$/.exec(decimal.trim());
  if (match === null) throw invalid(`"${decimal.slice(0, 40)}" is no amount`);
  const [, sign, whole, fraction = ''] = match;
  const exponent = exponentOf(code, rules);
  const digits = fraction.replace(/0+$/, '');
  if (digits.length > exponent) throw invalid(`${code} has ${exponent || 'no'} digits behind the point`);
  const minor = Number(`${sign}${whole}${digits.padEnd(exponent, '0')}`);
  return checkedMoney(minor === 0 ? 0 : minor, code, rules);
}

/** @throws AppError `invalid_argument` for an amount that is no safe integer or no multiple of what is taken */
export function checkedMoney(minor: number, currency: string, rules: CurrencyRules = {}): Money {
  const code = codeOf(currency);
  if (!Number.isSafeInteger(minor)) throw invalid('it is no whole number of the smallest unit');
  const { multipleOf = 1 } = ruleOf(code, rules) ?? {};
  if (minor % multipleOf !== 0) throw invalid(`${code} is taken in steps of ${decimalOf(multipleOf, code, rules)}`);
  return { minor, currency: code };
}

/** `12.50`, `500`, `-0.05`: digits and a point, as amounts are written in every document. */
export function decimalOf(minor: number, currency: string, rules: CurrencyRules = {}): string {
  const exponent = exponentOf(currency, rules);
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
  const sign = minor < 0 ? '-' : '';
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** `12.50 EUR`. */
export function moneyText({ minor, currency }: Money, rules: CurrencyRules = {}): string {
  return `${decimalOf(minor, currency, rules)} ${currency}`;
}

function ruleOf(code: string, rules: CurrencyRules): CurrencyRule | undefined {
  return Object.hasOwn(rules, code) ? rules[code] : undefined;
}

function codeOf(currency: string): string {
  const code = currency.toUpperCase();
  if (!/^[A-Z]{3}$/.test(code)) throw invalid(`"${currency.slice(0, 10)}" is no currency`);
  return code;
}

function invalid(problem: string): AppError<'invalid_argument'> {
  return new AppError('invalid_argument', { argument: 'amount', problem });
}
