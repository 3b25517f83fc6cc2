import { createHmac, createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { diagnose, genericHmac, providers, REFUSALS, sign, verify, verifyWith, type VerifyInput } from './verify.js';

const NOW = 1_767_225_600_000;
const body = '{"zen":"Keep it small."}';
const signature = `sha256=${createHmac('sha256', 'secret').update(body).digest('hex')}`;
const input = (change: Partial<Record<keyof VerifyInput, unknown>> = {}): VerifyInput =>
  ({ headers: { 'X-Hub-Signature-256': signature }, body, secrets: ['secret'], nowMs: NOW, ...change }) as VerifyInput;

describe('verify', () => {
  it('accepts, and says under which scheme and with which secret', () => {
    expect(verify('github', input({ secrets: ['old', 'secret'] }))).toEqual({
      ok: true,
      scheme: 'github-hmac-sha256',
      secretIndex: 1,
      timestampMs: undefined,
    });
  });

  it.each<[string, unknown]>([
    ['an object in any case', { 'x-HUB-signature-256': signature }],
    ['an object of lists', { 'x-hub-signature-256': [signature] }],
    ['Headers', new Headers({ 'X-Hub-Signature-256': signature })],
    [
      'pairs',
      [
        ['X-Hub-Signature-256', signature],
        ['a', 'b'],
      ],
    ],
    ['a Map', new Map([['X-Hub-Signature-256', signature]])],
    ['an object without prototype', Object.assign(Object.create(null), { 'x-hub-signature-256': signature })],
  ])('takes headers as %s', (_what, headers) => expect(verify('github', input({ headers })).ok).toBe(true));

  it.each<[string, unknown]>([
    ['text', body],
    ['a Buffer', Buffer.from(body)],
    ['a Uint8Array', new TextEncoder().encode(body)],
  ])('takes the body as %s', (_what, bytes) => expect(verify('github', input({ body: bytes })).ok).toBe(true));

  it('takes a JWK as object', () => {
    const signed = sign('standard-webhooks', {
      body,
      secret: '11'.repeat(32),
      nowMs: NOW,
      scheme: 'standard-webhooks-v1a',
    });
    if (!signed.ok) expect.fail(signed.reason);
    const der = Buffer.from(`302e020100300506032b657004220420${'11'.repeat(32)}`, 'hex');
    const jwk = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({ format: 'jwk' });
    expect(verify('standard-webhooks', input({ headers: signed.headers, secrets: [jwk] }))).toMatchObject({ ok: true });
    expect(verify('standard-webhooks', input({ headers: signed.headers, secrets: [{ ...jwk, x: 'AAAA' }] })).ok).toBe(
      false,
    );
  });

  it.each<[string, unknown, unknown]>([
    ['unknown_provider', 'nobody', input()],
    ['unknown_provider', '__proto__', input()],
    ['unknown_provider', 7, input()],
    ['unknown_scheme', 'github', input({ scheme: 'nothing' })],
    ['invalid_input', 'github', undefined],
    ['invalid_input', 'github', null],
    ['invalid_headers', 'github', 7],
    ['invalid_headers', 'github', {}],
    ['invalid_headers', 'github', input({ headers: 'x: y' })],
    ['invalid_headers', 'github', input({ headers: [['a']] })],
    ['invalid_body', 'github', input({ body: { zen: 1 } })],
    ['invalid_body', 'github', input({ body: undefined })],
    ['no_secret', 'github', input({ secrets: undefined })],
    ['no_secret', 'github', input({ secrets: 7 })],
    ['bad_signature', 'github', input({ secrets: 'secreT' })],
    ['unusable_secret', 'github', input({ secrets: [undefined] })],
  ])('answers %s', (reason, provider, call) => {
    expect(verify(provider as string, call as VerifyInput)).toMatchObject({ ok: false, reason });
  });

  it('survives what throws when it is read', () => {
    const thrower = new Proxy({}, { get: () => expect.fail('read'), has: () => expect.fail('asked') });
    for (const call of [
      thrower,
      input({ headers: thrower }),
      input({ secrets: [{ toJSON: () => expect.fail('written') }] }),
    ]) {
      expect(verify('github', call as VerifyInput).ok).toBe(false);
    }
  });

  it('takes one secret as well as a list', () => expect(verify('github', input({ secrets: 'secret' })).ok).toBe(true));
});

describe('verifyWith', () => {
  it('takes a row of your own', () => {
    const made = genericHmac({ header: 'X-Signature' });
    if (!made.ok) expect.fail(made.problem);
    const headers = { 'x-signature': signature.slice(7) };
    expect(verifyWith(made.row, input({ headers }))).toMatchObject({ ok: true, scheme: 'own' });
    expect(verifyWith(made.row, input())).toMatchObject({ ok: false, reason: 'missing_header' });
    expect(verifyWith(made.row, undefined as never)).toEqual({ ok: false, reason: 'invalid_input' });
  });
});

describe('sign', () => {
  it('makes what verify accepts, by the first scheme or the named one', () => {
    const signed = sign('gitlab', { body, secret: 'token', nowMs: NOW, scheme: 'gitlab-token' });
    expect(signed).toEqual({ ok: true, headers: { 'x-gitlab-token': 'token' }, body: Buffer.from(body) });
    expect(sign('github', { body, secret: 'secret', nowMs: NOW })).toMatchObject({
      headers: { 'x-hub-signature-256': signature },
    });
  });

  it.each<[string, string, unknown]>([
    ['unknown_provider', 'nobody', { body }],
    ['unknown_scheme', 'github', { body, scheme: 'x' }],
    ['invalid_body', 'github', { body: 7 }],
    ['invalid_headers', 'github', { body, headers: { a: 7 } }],
    ['unusable_secret', 'github', { body, secret: '', nowMs: 1 }],
  ])('answers %s', (reason, provider, call) => {
    expect(sign(provider, call as Parameters<typeof sign>[1])).toEqual({ ok: false, reason });
  });
});

describe('diagnose', () => {
  it('explains, and is silent when all is well', () => {
    expect(diagnose('github', input())).toEqual([]);
    expect(diagnose('github', input({ body: `${body}\n` }))[0]).toMatchObject({ code: 'body_trailing' });
  });

  it('explains a wrong call, too', () => {
    for (const found of [
      diagnose('nobody', input()),
      diagnose('github', undefined as never),
      diagnose('github', input({ scheme: 'x' })),
    ]) {
      expect(found).toMatchObject([{ code: 'call_invalid' }]);
    }
  });
});

it('providers names 28, each with its schemes', () => {
  const list = providers();
  expect(list).toHaveLength(28);
  expect(list.find(({ provider }) => provider === 'hubspot')?.schemes).toEqual([
    'hubspot-v3',
    'hubspot-v2',
    'hubspot-v1',
  ]);
});

it('every refusal is one sentence', () => {
  for (const sentence of Object.values(REFUSALS)) expect(sentence).toMatch(/^[A-Z].*\.$/);
});
