import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOfCall, markOfKey } from './idempotency-key.js';

describe('the key of a call', () => {
  it("is the caller's, or the call itself", () => {
    expect(keyOfCall('k1', 'call_1', 'create', 'acme.make')).toBe('k1');
    expect(keyOfCall(undefined, 'call_1', 'create', 'acme.make')).toBe('call_1');
  });

  it('is never made up for a payment', () => {
    expect(() => keyOfCall(undefined, 'call_1', 'pay', 'acme.pay')).toThrow(/runs only with an idempotency key/);
    expect(keyOfCall('k1', 'call_1', 'pay', 'acme.pay')).toBe('k1');
  });

  it.each(['', '  ', 'a\tb', 'a\u0085b', 'x'.repeat(1_025), '\ud800'])('is not %j', (key) => {
    expect(() => keyOfCall(key, 'call_1', 'create', 'acme.make')).toThrow(/idempotencyKey/);
  });
});

describe('the mark of a key', () => {
  it.each(['k1', 'stripe:evt_1:record:http.post:1', 'x'.repeat(255), '~!@#$%^&*()'])('is the key itself: %s', (key) => {
    expect(markOfKey(key)).toBe(key);
  });

  it.each(['a b', 'schlüssel', 'x'.repeat(256), 'fl_abc'])('is a hash where no header takes the key: %s', (key) => {
    expect(markOfKey(key)).toMatch(/^fl_[0-9a-f]{64}$/);
  });

  it('fits into a header, and is different for different keys', () => {
    const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(key, key, (left, right) => {
        expect(markOfKey(left)).toMatch(/^[\x21-\x7e]{1,255}$/);
        expect(markOfKey(left) === markOfKey(right)).toBe(Buffer.from(left).equals(Buffer.from(right)));
      }),
    );
  });
});
