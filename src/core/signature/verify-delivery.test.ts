import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SignedRequest } from './request.js';
import type { SchemeRow } from './row.js';
import { hmacRow } from './shapes.js';
import { verifyDelivery } from './verify-delivery.js';

const NOW = 1_767_225_600_000;
const BODY = Buffer.from([0x7b, 0xff, 0x00, 0x7d, 0x0d, 0x0a]);
const mac = (secret: string, ...parts: (string | Uint8Array)[]): string => {
  const hash = createHmac('sha256', secret);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

const plain = hmacRow({ header: 'x-sig', prefix: 'sha256=' });
const listed = hmacRow({
  header: 'x-sig',
  list: { separator: ',', assign: '=', key: 'v1' },
  timestamp: { item: 't', unit: 's' },
  signs: '{timestamp}.{body}',
});

const request = (change: Partial<SignedRequest> = {}): SignedRequest => ({
  headers: { 'x-sig': `sha256=${mac('secret', BODY)}` },
  body: BODY,
  secrets: ['secret'],
  nowMs: NOW,
  ...change,
});

function timed(atMs: number, change: Partial<SignedRequest> = {}): SignedRequest {
  const t = String(atMs / 1000);
  return request({ headers: { 'x-sig': `t=${t},v1=${mac('secret', `${t}.`, BODY)}` }, ...change });
}

describe('verifyDelivery', () => {
  it('accepts bytes that are no text, exactly', () => {
    expect(verifyDelivery(plain, request())).toEqual({ ok: true, secretIndex: 0, timestampMs: undefined });
    const replaced = Buffer.from(BODY.toString());
    expect(verifyDelivery(plain, request({ body: replaced }))).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('takes any view of bytes', () => {
    const larger = new Uint8Array([9, ...BODY, 9]);
    const view = larger.subarray(1, -1);
    for (const body of [view, Uint8Array.from(BODY), Buffer.from(BODY)])
      expect(verifyDelivery(plain, request({ body })).ok).toBe(true);
  });

  it('finds headers in any case and joins repeated ones', () => {
    const value = `sha256=${mac('secret', BODY)}`;
    expect(verifyDelivery(plain, request({ headers: { 'X-SIG': value } })).ok).toBe(true);
    expect(verifyDelivery(plain, request({ headers: { 'x-sig': [value] } })).ok).toBe(true);
    expect(verifyDelivery(plain, request({ headers: { 'x-sig': [value, value] } }))).toEqual({
      ok: false,
      reason: 'malformed_header',
    });
  });

  it('says which secret fits', () => {
    expect(verifyDelivery(plain, request({ secrets: ['a', 'b', 'secret', 'secret'] }))).toMatchObject({
      secretIndex: 2,
    });
    expect(verifyDelivery(plain, request({ secrets: ['', 'secret'] }))).toMatchObject({ secretIndex: 1 });
    expect(verifyDelivery(plain, request({ secrets: ['a', 'b'] }))).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('compares every signature of a list with every secret', () => {
    const t = NOW / 1000;
    const signature = (secret: string): string => `v1=${mac(secret, `${t}.`, BODY)}`;
    const headers = { 'x-sig': `t=${t},v0=${'0'.repeat(64)},v1=junk,${signature('other')},${signature('second')},x=y` };
    expect(verifyDelivery(listed, request({ headers, secrets: ['first', 'second'] }))).toMatchObject({
      ok: true,
      secretIndex: 1,
    });
  });
});

describe('the time', () => {
  it.each([
    [-301, 'future'],
    [-300, true],
    [-299, true],
    [0, true],
    [299, true],
    [300, true],
    [301, 'stale'],
    [86_400 * 3650, 'stale'],
    [-86_400 * 3650, 'future'],
  ])('%d s after signing: %s', (seconds, verdict) => {
    const found = verifyDelivery(listed, timed(NOW, { nowMs: NOW + seconds * 1000 }));
    expect(found.ok ? true : found.reason).toBe(verdict);
  });

  it('in whole seconds is compared in whole seconds', () => {
    expect(verifyDelivery(listed, timed(NOW, { nowMs: NOW + 300_999 })).ok).toBe(true);
  });

  it('is told to the caller', () =>
    expect(verifyDelivery(listed, timed(NOW - 5000))).toMatchObject({ timestampMs: NOW - 5000 }));

  it.each([
    [0, 0, true],
    [0, 1, 'stale'],
    [0, -1, 'future'],
    [10, 10, true],
    [10, 11, 'stale'],
    [10, -11, 'future'],
    [3600, 3600, true],
    [3600, -3600, true],
  ])('with a tolerance of %d s, %d s later: %s', (toleranceSeconds, seconds, verdict) => {
    const found = verifyDelivery(listed, timed(NOW, { toleranceSeconds, nowMs: NOW + seconds * 1000 }));
    expect(found.ok ? true : found.reason).toBe(verdict);
  });

  it.each([-1, NaN, Infinity, -Infinity, '300', null, {}])('has no tolerance of %s', (toleranceSeconds) => {
    expect(verifyDelivery(listed, timed(NOW, { toleranceSeconds: toleranceSeconds as number }))).toEqual({
      ok: false,
      reason: 'invalid_tolerance',
    });
  });

  it.each([NaN, Infinity, '1767225600000', null, undefined, 1n])('is not judged by the clock %s', (nowMs) => {
    expect(verifyDelivery(listed, timed(NOW, { nowMs: nowMs as number }))).toEqual({
      ok: false,
      reason: 'invalid_clock',
    });
  });

  it('has sides of its own where the row says so', () => {
    const row: SchemeRow = { ...listed, toleranceSeconds: 3600, futureSeconds: 10 };
    expect(verifyDelivery(row, timed(NOW, { nowMs: NOW + 3_600_000 })).ok).toBe(true);
    expect(verifyDelivery(row, timed(NOW, { nowMs: NOW - 11_000 }))).toMatchObject({ reason: 'future' });
    const wide: SchemeRow = { ...listed, toleranceSeconds: 3600 };
    expect(verifyDelivery(wide, timed(NOW, { nowMs: NOW - 301_000 }))).toMatchObject({ reason: 'future' });
  });

  it('of a body is believed only when the body is', () => {
    const row = hmacRow({ header: 'x-sig', timestamp: { field: 'at', unit: 'ms' } });
    const signed = (text: string): SignedRequest =>
      request({ body: Buffer.from(text), headers: { 'x-sig': mac('secret', text) } });
    expect(verifyDelivery(row, signed(`{"at":${NOW}}`))).toEqual({ ok: true, secretIndex: 0, timestampMs: NOW });
    expect(verifyDelivery(row, signed('{"at":1}'))).toMatchObject({ reason: 'stale' });
    expect(verifyDelivery(row, signed('{}'))).toMatchObject({ reason: 'missing_timestamp' });
    expect(verifyDelivery(row, signed(`{"at":${NOW}.5}`))).toMatchObject({ reason: 'malformed_timestamp' });
    expect(verifyDelivery(row, signed('not json'))).toMatchObject({ reason: 'missing_timestamp' });
    expect(verifyDelivery(row, { ...signed('{"at":1}'), secrets: ['x'] })).toMatchObject({ reason: 'bad_signature' });
  });
});

describe('a refusal', () => {
  const t = NOW / 1000;
  const good = mac('secret', `${t}.`, BODY);
  it.each([
    ['missing_header', {}],
    ['missing_header', { 'x-sig': '' }],
    ['missing_header', { 'x-sig': undefined }],
    ['missing_header', { 'x-sig': 7 }],
    ['malformed_header', { 'x-sig': `t=${t},v1=` }],
    ['malformed_header', { 'x-sig': `t=${t},v1=${good.slice(1)}` }],
    ['malformed_header', { 'x-sig': `t=${t},v1=${good}=` }],
    ['malformed_header', { 'x-sig': `t=${t},t=${t},v1=${good}` }],
    ['malformed_header', { 'x-sig': `t=${t},v1=${good},${'x'.repeat(9000)}` }],
    ['unsupported_version', { 'x-sig': `t=${t},v0=${good}` }],
    ['unsupported_version', { 'x-sig': 'nonsense' }],
    ['unsupported_version', { 'x-sig': `t=${t}, v1=${good}` }],
    ['missing_timestamp', { 'x-sig': `v1=${good}` }],
    ['malformed_timestamp', { 'x-sig': `t=,v1=${good}` }],
    ['malformed_timestamp', { 'x-sig': `t=${t}junk,v1=${good}` }],
    ['bad_signature', { 'x-sig': `t=${t + 1},v1=${good}` }],
  ])('%s for %j', (reason, headers) => {
    expect(verifyDelivery(listed, request({ headers: headers as SignedRequest['headers'] }))).toEqual({
      ok: false,
      reason,
    });
  });

  it.each([
    ['no_secret', { secrets: [] }],
    ['no_secret', { secrets: 'secret' }],
    ['unusable_secret', { secrets: [''] }],
    ['unusable_secret', { secrets: [null, 7] }],
    ['invalid_body', { body: 'text' }],
    ['invalid_body', { body: null }],
    ['invalid_body', { body: { a: 1 } }],
    ['invalid_body', { body: new Float64Array(1) }],
    ['invalid_headers', { headers: null }],
    ['invalid_headers', { headers: 'x-sig: y' }],
  ])('%s for %j', (reason, change) => {
    expect(verifyDelivery(plain, request(change as Partial<SignedRequest>))).toEqual({ ok: false, reason });
  });

  it('of more than 64 secrets does not cost more than 64', () => {
    const secrets = [...Array.from({ length: 64 }, (_, index) => `s${index}`), 'secret'];
    expect(verifyDelivery(plain, request({ secrets }))).toEqual({ ok: false, reason: 'bad_signature' });
  });
});

it('a key made for one scheme does not serve another', () => {
  const base64: SchemeRow = { ...plain, key: 'base64' };
  const secret = 'c2VjcmV0';
  const headers = { 'x-sig': `sha256=${mac('secret', BODY)}` };
  for (let round = 0; round < 2; round++) {
    expect(verifyDelivery(base64, request({ secrets: [secret], headers })).ok).toBe(true);
    expect(verifyDelivery(plain, request({ secrets: [secret], headers })).ok).toBe(false);
  }
});

it('keys are kept in bounded number and stay right', () => {
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 600; index++) {
      const secrets = [`secret-${index}`];
      const headers = { 'x-sig': `sha256=${mac(secrets[0]!, BODY)}` };
      expect(verifyDelivery(plain, request({ secrets, headers })).ok).toBe(true);
    }
  }
});
