import { describe, expect, it } from 'vitest';
import { allowedHostNames, checkOrigin } from './guard.js';

const allowed = allowedHostNames(['http://127.0.0.1:4650', 'https://Fairlead.example.com', undefined, 'not a url']);

/** Headers, and the header that is blamed. */
const TABLE: [headers: Record<string, string>, blamed: string | undefined][] = [
  [{ host: '127.0.0.1:4650' }, undefined],
  [{ host: 'localhost' }, undefined],
  [{ host: 'LOCALHOST:4650' }, undefined],
  [{ host: '[::1]:4650' }, undefined],
  [{ host: 'fairlead.example.com' }, undefined],
  [{ host: 'localhost:4650', origin: 'http://localhost:3000' }, undefined],
  [{ host: 'localhost:4650', 'sec-fetch-site': 'same-origin' }, undefined],
  [{ host: 'localhost:4650', 'sec-fetch-site': 'none' }, undefined],
  [{}, 'Host'],
  [{ host: '' }, 'Host'],
  [{ host: 'evil.example' }, 'Host'],
  [{ host: '127.0.0.1.evil.example:4650' }, 'Host'],
  [{ host: 'localhost.evil.example' }, 'Host'],
  [{ host: 'localhost@evil.example' }, 'Host'],
  [{ host: 'evil.example#localhost' }, 'Host'],
  [{ host: 'evil.example/localhost' }, 'Host'],
  [{ host: '0.0.0.0:4650' }, 'Host'],
  [{ host: '169.254.169.254' }, 'Host'],
  [{ host: 'localhost', origin: 'null' }, 'Origin'],
  [{ host: 'localhost', origin: 'https://evil.example' }, 'Origin'],
  [{ host: 'localhost', origin: 'http://localhost.evil.example' }, 'Origin'],
  [{ host: 'localhost', 'sec-fetch-site': 'cross-site' }, 'Sec-Fetch-Site'],
  [{ host: 'localhost', 'sec-fetch-site': 'same-site' }, 'Sec-Fetch-Site'],
];

describe('statement 29: the private listener', () => {
  it.each(TABLE)('%j: %s', (headers, blamed) => {
    const refusal = checkOrigin((name) => headers[name], allowed);
    expect((refusal?.data as { header?: string } | undefined)?.header).toBe(blamed);
  });

  it('shows only the beginning of what was sent', () => {
    const refusal = checkOrigin((name) => (name === 'host' ? 'x'.repeat(10_000) : undefined), allowed);
    expect(refusal!.message.length).toBeLessThan(200);
  });
});
