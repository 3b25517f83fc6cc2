import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from './errors.js';
import { MAX_TEXT_CHARACTERS, REDACTED, redact, redactHeaders, redactText } from './redact.js';
import { SecretSet } from './secret-set.js';
import { sensitivityOf } from './sensitive-name.js';

const b = (text: string) => Buffer.from(text);

/** One secret of each known shape, assembled here so that no scanner takes this file for a leak. */
const SHAPED = [
  `sk_${'live'}_51H8abcdEFGH`,
  `sk_${'test'}_4eC39HqLyjWDarjtT1zdp7dc`,
  `rk_${'live'}_51H8abcdEFGHijkl`,
  `xox${'b'}-123456789012-1234567890123-AbCdEfGhIjKl`,
  `xox${'p'}-123456789012-abcdef`,
  `xox${'e'}.xox${'p'}-1-Mi0yLTEyMzQ1Njc4`,
  `xap${'p'}-1-A0123-456-abcdef0123456789`,
  `gh${'p'}_abcdefghijklmnopqrstuvwxyz0123456789`,
  `gh${'o'}_abcdefghijklmnopqrstuvwxyz0123456789`,
  `gh${'s'}_abcdefghijklmnopqrstuvwxyz0123456789`,
  `git${'hub'}_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz`,
  `whse${'c'}_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`,
  `S${'G'}.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKcQsQ`,
  `r${'e'}_LH2Wyb8T_BZ6JDyS2vFwX6rMRPMAWJKLM`,
  `lin_${'api'}_abcdefghijklmnopqrstuvwxyz012345`,
  `nt${'n'}_123456789012abcdefghijklmnop`,
  `secre${'t'}_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG`,
  `fig${'d'}_abcdefghijklmnopqrstuvwxyz-012345`,
  `ya2${'9'}.a0AfH6SMBabcdefghijklmnop-_q`,
  `1/${'/'}0gabcdefghijklmnopqrstuvwxyz`,
  `AIz${'a'}SyD-abcdefghijklmnopqrstuvwxyz0123`,
  `ey${'J'}hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U`,
  `${'4242'}424242424242`,
  `${'4242'} 4242 4242 4242`,
  `${'3782'}-822463-10005`,
  '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----',
  '-----BEGIN RSA PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n',
];

describe('redactText', () => {
  it.each(SHAPED)('hides %s by its shape', (secret) => {
    for (const text of [secret, `before ${secret} after`, JSON.stringify({ note: secret }), `"${secret}",`]) {
      expect(redactText(text)).toContain(REDACTED);
      expect(redactText(text)).not.toContain(secret.slice(-8));
    }
  });

  it.each([
    ['https://user:pa55word@example.com/x', 'https://[redacted]@example.com/x'],
    ['postgres://app:p%40ss@db:5432/a', 'postgres://[redacted]@db:5432/a'],
    ['https://u:p@ss@example.com/', 'https://[redacted]@example.com/'],
    ['https://hooks.example.com/services/T0001/B0002/abcdefgh12', 'https://hooks.example.com/services/[redacted]'],
    ['https://x.example/api/webhooks/12345678/abcdefghijklmnopqrstuv', 'https://x.example/api/webhooks/[redacted]'],
    ['Authorization: Bearer abc123DEF', 'Authorization: [redacted]'],
    ['sent Bearer abc123DEF to it', 'sent Bearer [redacted] to it'],
    ['-H "authorization: Basic dXNlcjpwYXNz" -v', '-H "authorization: [redacted]'],
    ['Cookie: a=b; c=d\nAccept: x', 'Cookie: [redacted]\nAccept: x'],
    ['password=hunter2&x=1', 'password=[redacted]&x=1'],
    ['{"api_key": "v", "n": 1}', '{"api_key": "[redacted]", "n": 1}'],
    ['{\\"client_secret\\":\\"a b\\",\\"n\\":1}', '{\\"client_secret\\":\\"[redacted]\\",\\"n\\":1}'],
    ["{'passcode': 1234}", "{'passcode': [redacted]}"],
    ['https://x.example/cb?code=abc&state=def&page=2', 'https://x.example/cb?code=[redacted]&state=[redacted]&page=2'],
    ['https://x.example/f?X-Amz-Signature=ab12&n=1', 'https://x.example/f?X-Amz-Signature=[redacted]&n=1'],
  ])('%s', (text, clean) => {
    expect(redactText(text)).toBe(clean);
    expect(redactText(clean)).toBe(clean);
  });

  it.each([
    'evt_01kagc4v6mfq9rrzwa8b0csdwe done at 1764000000000 in 12 ms',
    'code: rate_limited, state: failed, token_type: bearer, max_tokens: 4096',
    're_3NirD82eZvKYlo2C1dWUkYkP refunded',
    '{"token":null,"secretId":"sec_1","idempotencyKey":"order-17"}',
    'a basic understanding of bearer tokens, a secretary, a tokenizer',
    '2026-11-21T03:16:00.000Z 550e8400-e29b-41d4-a716-446655440000 0.4242424242424242',
    'https://example.com:8443/a@b?page=2#x',
    'secret_unavailable: env:NAME',
  ])('leaves ordinary text alone: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('cuts long text without leaving half a secret at the cut', () => {
    const secrets = new SecretSet();
    const secret = 'correct-horse-battery-staple';
    secrets.add(secret);
    for (let shift = 0; shift <= secret.length; shift++) {
      const text = 'x'.repeat(MAX_TEXT_CHARACTERS - shift) + secret + 'y'.repeat(300_000);
      const clean = redactText(text, secrets);
      expect(clean.length).toBeLessThan(MAX_TEXT_CHARACTERS + 20);
      expect(clean).not.toContain('correct');
    }
    const manySecrets = `${secret} `.repeat(20_000);
    expect(redactText(manySecrets, secrets)).not.toContain('corr');
  });

  it('finds what is there whatever it looked through before', () => {
    for (const secret of [...SHAPED, `Bear${'er'} abcDEF123456`, '4242 4242 4242 4242']) {
      const text = `long before it: ${'a'.repeat(50)} ${secret}`;
      expect(redactText(text)).toContain(REDACTED);
      expect(redactText(secret)).toContain(REDACTED);
      expect(redactText('GET /v1/things/t12')).toBe('GET /v1/things/t12');
      expect(redactText(text)).toContain(REDACTED);
    }
  });

  it('takes linear time on hostile text', () => {
    // Quadratic work on 256 KiB would exceed the time limit of a test by far.
    for (const unit of [
      'a',
      'token=',
      'x:',
      '4 ',
      '4-',
      '\\"',
      'eyJa.',
      '-----BEGIN PRIVATE KEY-----',
      'u:p@',
      'a://',
      '@',
    ]) {
      expect(redactText(unit.repeat(Math.ceil(MAX_TEXT_CHARACTERS / unit.length))).length).toBeGreaterThan(0);
    }
  });
});

describe('sensitivityOf', () => {
  it.each([
    ...[
      'token',
      'API_KEY',
      'apiKey',
      'apikey',
      'x-api-key',
      'X-Auth-Token',
      'clientSecret',
      'client_secret',
      'passcode',
    ],
    ...[
      'verification_token',
      'Authorization',
      'Set-Cookie',
      'PASSWORD',
      'user.password',
      'privateKey',
      'signingSecret',
    ],
    ...['slackbottoken', 'refreshToken', 'SECRET', 'webhookSecret', 'password_hash', 'code_verifier'],
  ])('%s announces a secret', (name) => expect(sensitivityOf(name)).toBe('value'));

  it.each([
    ...[
      'tokenizer',
      'secretary',
      'idempotencyKey',
      'orderKey',
      'key',
      'code',
      'state',
      'token_type',
      'secretId',
      'broken',
    ],
    ...['token_endpoint', 'passwordless', 'tokenExpiresAt', 'secretFile', 'author', 'keyId', ''],
  ])('%s does not', (name) => expect(sensitivityOf(name)).toBe('no'));

  it.each(['tokens', 'max_tokens', 'secrets', 'apiKeys', 'credentials'])('%s names several', (name) =>
    expect(sensitivityOf(name)).toBe('texts'),
  );
});

describe('redact', () => {
  it('hides by key name at any depth and keeps whether something is there', () => {
    expect(
      redact({
        a: [{ deep: { Password: 'p', token: 12345, api_key: ['x'], cookie: { a: 1 }, secret: null, otp: '' } }],
        tokens: ['a', 7],
        max_tokens: 7,
        id: 'evt_1',
      }),
    ).toEqual({
      a: [
        { deep: { Password: REDACTED, token: REDACTED, api_key: REDACTED, cookie: REDACTED, secret: null, otp: '' } },
      ],
      tokens: [REDACTED, 7],
      max_tokens: 7,
      id: 'evt_1',
    });
  });

  it('hides pairs and maps, and headers by allow-list', () => {
    expect(redact({ headers: { 'content-type': 'a/b', 'x-thing': 'v', location: 'https://a:b@x.example/' } })).toEqual({
      headers: { 'content-type': 'a/b', 'x-thing': REDACTED, location: 'https://[redacted]@x.example/' },
    });
    expect(redact([['authorization', 'v'], { name: 'X-Api-Key', value: 'v' }, new Map([['password', 'v']])])).toEqual([
      ['authorization', REDACTED],
      { name: 'X-Api-Key', value: REDACTED },
      { password: REDACTED },
    ]);
    expect(redactHeaders({ 'X-Event': 'ping', Date: 'd', Other: 'v' }, ['x-event'])).toEqual({
      'X-Event': 'ping',
      Date: 'd',
      Other: REDACTED,
    });
  });

  it('shows errors, dates, bytes and odd values in a form fit for JSON', () => {
    const error = new AppError('not_found', { what: 'event', id: 'evt_1' }, { cause: new Error('password=hunter2') });
    const shown = redact(error) as Record<string, unknown>;
    expect(shown).toMatchObject({ name: 'AppError', code: 'not_found', data: { id: 'evt_1' } });
    expect(shown['cause']).toMatchObject({ message: `password=${REDACTED}` });
    expect(JSON.stringify(shown)).not.toContain('hunter2');
    expect(
      redact([
        new Date(0),
        new Date(Number.NaN),
        b('abc'),
        1n,
        () => 1,
        Symbol('s'),
        new URL('https://a:b@x.example/'),
        undefined,
      ]),
    ).toEqual([
      '1970-01-01T00:00:00.000Z',
      '[no date]',
      '[3 bytes]',
      '1',
      '[function]',
      '[symbol]',
      'https://[redacted]@x.example/',
      undefined,
    ]);
    expect(redact(b('abc').toJSON())).toEqual({ type: 'Buffer', data: '[3 bytes]' });
    expect(redact(4242424242424242)).toBe(REDACTED);
    expect(redact({ atMs: 1764000000000 })).toEqual({ atMs: 1764000000000 });
  });

  it('never throws and never grows without bound', () => {
    const cycle: Record<string, unknown> = { list: [] };
    (cycle['list'] as unknown[]).push(cycle);
    expect(redact(cycle)).toEqual({ list: ['[circular]'] });
    let deep: unknown = 'x';
    for (let i = 0; i < 100_000; i++) deep = { deep };
    expect(JSON.stringify(redact(deep)).length).toBeLessThan(1000);
    let wide: unknown = 'x';
    for (let i = 0; i < 30; i++) wide = [wide, wide];
    expect(JSON.stringify(redact(wide)).length).toBeLessThan(1_000_000);
    expect((redact(Array.from({ length: 1e6 }, () => 0)) as unknown[]).length).toBeLessThan(50_000);
    const throwing = {
      get x(): never {
        throw new Error('no');
      },
    };
    expect(redact(throwing)).toEqual({ x: '[unreadable]' });
    const hostile = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('no');
        },
      },
    );
    expect(redact([hostile])).toEqual(['[unreadable]']);
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(redact([revoked.proxy])).toEqual(['[unreadable]']);
    const polluted = redact(JSON.parse('{"__proto__":{"polluted":1}}')) as object;
    expect(Object.getPrototypeOf(polluted)).toBe(Object.prototype);
    expect(Object.keys(polluted)).toEqual(['__proto__']);
  });

  it('statement 36: finds 200 planted secrets in random structures and encodings: none is left', () => {
    const encodings: ((secret: string) => string)[] = [
      (s) => s,
      (s) => b(s).toString('base64'),
      (s) => b(s).toString('base64url'),
      (s) => b(s).toString('hex'),
      (s) => encodeURIComponent(s),
      (s) => JSON.stringify({ s }),
      (s) => `Basic ${b(`someone:${s}`).toString('base64')}`,
    ];
    const planted = Array.from({ length: 200 }, (_, i) => `canary/${i}+"${b(`${i * 7919}`).toString('hex')}"=ß`);
    const secrets = new SecretSet();
    for (const secret of planted) secrets.add(secret);
    const leaf = fc
      .tuple(fc.constantFrom(...planted), fc.constantFrom(...encodings), fc.string(), fc.string())
      .map(([secret, encode, before, after]) => before + encode(secret) + after);
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 6 }, leaf, tie('list'), tie('record'), tie('odd')),
      list: fc.array(tie('tree'), { maxLength: 4 }),
      record: fc.dictionary(fc.oneof(fc.string(), leaf), tie('tree'), { maxKeys: 4 }),
      odd: fc.oneof(
        leaf.map((text) => new Error(text, { cause: text })),
        leaf.map((text) => new Map([[text, text]])),
        leaf.map((text) => new Set([text])),
        leaf.map((text) => b(text)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const shown = JSON.stringify(redact(value, secrets)) ?? '';
        for (const secret of planted)
          for (const encode of encodings) expect(shown).not.toContain(encode(secret).slice(0, -2));
      }),
      { numRuns: 75 },
    );
  });
});
