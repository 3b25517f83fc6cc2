/** What a command of this machine sends is what the server reads. */
import { describe, expect, it } from 'vitest';
import { quotedKey } from '../../core/rest-shape.js';
import { keyIn } from './idempotency-key.js';

describe('a key as a header', () => {
  it.each(['order-17', 'a, b', '"x"', 'back\\slash', ' b '])('comes back as it was: %s', (key) => {
    expect(keyIn(quotedKey(key))).toBe(key);
  });

  it('is refused before it is sent where no header can carry it', () => {
    expect(() => quotedKey('caf\u00e9')).toThrow('printable ASCII');
    expect(() => quotedKey('a\nb')).toThrow('printable ASCII');
  });
});
