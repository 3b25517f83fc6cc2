import { describe, expect, it } from 'vitest';
import { redact } from '../core/redact.js';
import { SecretSet } from '../core/secret-set.js';
import { cleanDetails } from './clean-details.js';
import { cleaner } from './clean-text.js';

const secrets = new SecretSet();
secrets.add('plainwords77');
const cleaned = (details: Parameters<typeof cleanDetails>[0]): ReturnType<typeof cleanDetails> =>
  cleanDetails(details, secrets, cleaner(secrets));

describe('details of an audit record', () => {
  it('are what redaction leaves of them, in the order of their names', () => {
    for (const details of [
      { status: 200, endpoint: 'GET /v1/things/t1' },
      { endpoint: 'POST /hooks plainwords77', ok: true },
      { token: 'abcdefgh', count: 4242424242424242 },
      { name: 'password', value: 'abcdefgh' },
      { plainwords77: 'x', token_type: 'sk_live_abcdefgh1234' },
      { '10': 'a', '9': 'b', b: 1.5 },
      { type: 'Buffer', data: 'x', requestHeaders: 'y' },
      { card: '4242 4242 4242 4242' },
    ] as Parameters<typeof cleanDetails>[0][]) {
      const clean = cleaned(details);
      expect(clean).toEqual(redact(details, secrets));
      const names = Object.keys(clean).filter((name) => !/^\d/.test(name));
      expect(names).toEqual(names.toSorted());
    }
  });

  it('have neither objects nor numbers that JSON has not', () => {
    const odd = { deep: { a: 1 }, none: Number.NaN, text: '\ud800' } as never;
    expect(cleaned(odd)).toEqual({ deep: '{"a":1}', none: 'null', text: '\ufffd' });
  });
});
