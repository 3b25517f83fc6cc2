import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkedMoney, decimalOf, exponentOf, moneyFrom, moneyText, type CurrencyRules } from './money.js';

const RULES: CurrencyRules = {
  ISK: { exponent: 2, multipleOf: 100, source: 'test' },
  KWD: { exponent: 3, multipleOf: 10, source: 'test' },
};

describe('money', () => {
  it.each([
    ['12.50', 'EUR', 1250],
    ['500', 'JPY', 500],
    ['1.234', 'KWD', 1234],
    ['15000', 'IDR', 1_500_000],
    ['0.05', 'USD', 5],
    ['-0.05', 'USD', -5],
    ['12.5000', 'eur', 1250],
    ['0', 'CLF', 0],
    ['1.0001', 'CLF', 10_001],
    ['5', 'ISK', 5],
  ])('of %s %s is %i of the smallest', (decimal, currency, minor) => {
    expect(moneyFrom(decimal, currency)).toEqual({ minor, currency: currency.toUpperCase() });
  });

  it.each([
    ['12.505', 'EUR'],
    ['1.5', 'JPY'],
    ['1,50', 'EUR'],
    ['', 'EUR'],
    ['1e3', 'EUR'],
    ['NaN', 'EUR'],
    ['1', 'EURO'],
    ['999999999999999', 'EUR'],
    ['12.5.0', 'EUR'],
  ])('is not made of %s %s', (decimal, currency) => expect(() => moneyFrom(decimal, currency)).toThrow());

  it('follows the rules of a provider that counts in its own way', () => {
    expect(moneyFrom('5', 'ISK', RULES)).toEqual({ minor: 500, currency: 'ISK' });
    expect(() => moneyFrom('5.50', 'ISK', RULES)).toThrow(/steps of 1.00/);
    expect(moneyFrom('1.23', 'KWD', RULES).minor).toBe(1230);
    expect(() => checkedMoney(1234, 'KWD', RULES)).toThrow();
    expect(moneyText({ minor: 500, currency: 'ISK' }, RULES)).toBe('5.00 ISK');
    expect([exponentOf('isk'), exponentOf('isk', RULES), exponentOf('EUR', RULES)]).toEqual([0, 2, 2]);
  });

  it('comes back from its text', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF', 'IDR'), (minor, currency) => {
        const kept = Math.trunc(minor / 1000);
        const text = decimalOf(kept, currency);
        expect(moneyFrom(text, currency).minor).toBe(kept === 0 ? 0 : kept);
      }),
    );
  });

  it('is no fraction of the smallest', () => expect(() => checkedMoney(1.5, 'EUR')).toThrow());
});
