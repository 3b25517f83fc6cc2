/**
 * How Stripe counts currencies, where that is not ISO 4217.
 *
 * @source docs.stripe.com/currencies (zero-decimal, special cases, three-decimal), from memory
 * @module
 */
import type { CurrencyRules } from '../../core/money.js';

const SPECIAL = 'docs.stripe.com/currencies#special-cases (memory)';
const THREE = 'docs.stripe.com/currencies#three-decimal (memory)';

export const STRIPE_CURRENCIES: CurrencyRules = {
  // Without decimals in life, with two in the API, so that 5 ISK is 500; fractions are refused.
  ISK: { exponent: 2, multipleOf: 100, source: SPECIAL },
  UGX: { exponent: 2, multipleOf: 100, source: SPECIAL },
  // Charged with two decimals; only payouts have to be whole.
  HUF: { exponent: 2, source: SPECIAL },
  TWD: { exponent: 2, source: SPECIAL },
  MGA: { exponent: 0, source: 'docs.stripe.com/currencies#zero-decimal (memory)' },
  // The last of three digits has to be 0.
  BHD: { exponent: 3, multipleOf: 10, source: THREE },
  JOD: { exponent: 3, multipleOf: 10, source: THREE },
  KWD: { exponent: 3, multipleOf: 10, source: THREE },
  OMR: { exponent: 3, multipleOf: 10, source: THREE },
  TND: { exponent: 3, multipleOf: 10, source: THREE },
};
