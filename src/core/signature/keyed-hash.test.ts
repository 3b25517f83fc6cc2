import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyedHash } from './keyed-hash.js';
import { compileTemplate, emptyContent } from './signed-content.js';

const TIMED = compileTemplate('{timestamp}.{body}');
const WHOLE = compileTemplate('{body}');

describe('keyedHash', () => {
  it.each(['sha256', 'sha1'] as const)(
    'is the HMAC of node:crypto with %s, whatever key and message are',
    (algorithm) => {
      fc.assert(
        fc.property(
          fc.uint8Array({ minLength: 1, maxLength: 200 }),
          fc.string({ unit: 'binary' }),
          fc.uint8Array({ maxLength: 300 }),
          (key, timestamp, body) => {
            const keyed = keyedHash(algorithm, key);
            const expected = createHmac(algorithm, key).update(`${timestamp}.`).update(body);
            expect(keyed(TIMED, emptyContent(body, timestamp), 'hex')).toBe(expected.digest('hex'));
          },
        ),
      );
    },
  );

  it.each([63, 64, 65])('takes a key of %d bytes', (length) => {
    const key = Buffer.alloc(length, 7);
    const keyed = keyedHash('sha256', key);
    const expected = createHmac('sha256', key).update('body').digest('base64');
    expect(keyed(WHOLE, emptyContent(Buffer.from('body'), ''), 'base64')).toBe(expected);
  });

  it.each([0, 1, 65_460, 65_461, 65_462, 65_472, 65_536, 1_000_000])(
    'takes a body of %d bytes, one after the other',
    (length) => {
      const key = Buffer.from('a key');
      const keyed = keyedHash('sha256', key);
      const body = Buffer.alloc(length, 'b');
      for (const timestamp of ['', '1767225600', 'ü'.repeat(11_000)]) {
        const expected = createHmac('sha256', key).update(`${timestamp}.`).update(body).digest('hex');
        expect(keyed(TIMED, emptyContent(body, timestamp), 'hex')).toBe(expected);
      }
    },
  );

  it('keeps several keys apart', () => {
    const [first, second] = ['first', 'second'].map((key) => keyedHash('sha256', Buffer.from(key)));
    const content = emptyContent(Buffer.from('body'), '');
    const before = first!(WHOLE, content, 'hex');
    expect(second!(WHOLE, content, 'hex')).not.toBe(before);
    expect(first!(WHOLE, content, 'hex')).toBe(before);
  });
});
