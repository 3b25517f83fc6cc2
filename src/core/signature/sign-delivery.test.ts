import { describe, expect, it } from 'vitest';
import type { SchemeRow } from './row.js';
import { hmacRow, standardWebhooks } from './shapes.js';
import { signDelivery, type SignedDelivery, type SigningRequest } from './sign-delivery.js';
import { verifyDelivery } from './verify-delivery.js';

const NOW = 1_767_225_600_000;
const body = Buffer.from('{"a":1}');
const request = (change: Partial<SigningRequest> = {}): SigningRequest => ({
  body,
  secret: 'c2VjcmV0',
  nowMs: NOW,
  ...change,
});

function signed(row: SchemeRow, change: Partial<SigningRequest> = {}): SignedDelivery {
  const made = signDelivery(row, request(change));
  return made.ok ? made : expect.fail(made.reason);
}

describe('signDelivery', () => {
  it('keeps ids and times the sender set, and makes those it did not', () => {
    const row = standardWebhooks('webhook');
    expect(signed(row, { id: 'msg_7' }).headers).toMatchObject({
      'webhook-id': 'msg_7',
      'webhook-timestamp': '1767225600',
    });
    const headers = { 'webhook-id': 'msg_8', 'webhook-timestamp': '1767225599' };
    expect(signed(row, { headers }).headers).toMatchObject(headers);
    expect(signed(row).headers['webhook-id']).toMatch(/^msg_[0-9a-f]{26}$/);
  });

  it('is a pure function', () => {
    const row = standardWebhooks('webhook');
    expect(signed(row)).toEqual(signed(row));
    expect(signed(row, { nowMs: NOW + 1000 })).not.toEqual(signed(row));
  });

  it('leaves the body alone unless the scheme signs inside it', () => {
    expect(signed(hmacRow({ header: 'x' })).body).toBe(body);
    const inside = hmacRow({ header: 'x', timestamp: { field: 'meta.at', unit: 'ms' } });
    expect(JSON.parse(Buffer.from(signed(inside).body).toString())).toEqual({ a: 1, meta: { at: NOW } });
    const held = Buffer.from(`{"meta": {"at": ${NOW}}}`);
    expect(signed(inside, { body: held }).body).toBe(held);
  });

  it('puts a signature into the body where it belongs there', () => {
    const row: SchemeRow = {
      ...hmacRow({
        header: 'none',
        timestamp: { field: 's.t', unit: 's' },
        id: { field: 's.token' },
        signs: '{timestamp}{id}',
      }),
      signature: { fields: ['s.sig', 's.parent'], encoding: 'hex' },
    };
    const made = signed(row);
    expect(JSON.parse(Buffer.from(made.body).toString())).toMatchObject({
      a: 1,
      s: { t: '1767225600', token: expect.stringMatching(/^[0-9a-f]{50}$/) },
    });
    expect(verifyDelivery(row, { headers: {}, body: made.body, secrets: ['c2VjcmV0'], nowMs: NOW }).ok).toBe(true);
  });

  it('signs whatever a sender can send: no body, bytes, a megabyte', () => {
    const row = hmacRow({ header: 'x' });
    for (const bytes of [new Uint8Array(), Uint8Array.from([0xff, 0]), new Uint8Array(1_000_000)]) {
      const made = signed(row, { body: bytes });
      expect(verifyDelivery(row, { headers: made.headers, body: bytes, secrets: ['c2VjcmV0'], nowMs: NOW }).ok).toBe(
        true,
      );
    }
  });
});

describe('it cannot sign', () => {
  const timed = hmacRow({ header: 'x', timestamp: { field: 'at', unit: 'ms' } });
  it.each<[string, SchemeRow, Partial<SigningRequest>]>([
    ['invalid_body', hmacRow({ header: 'x' }), { body: 'text' as never }],
    ['invalid_clock', hmacRow({ header: 'x' }), { nowMs: NaN }],
    ['invalid_clock', hmacRow({ header: 'x' }), { nowMs: 1e17 }],
    ['unusable_secret', hmacRow({ header: 'x' }), { secret: '' }],
    ['unusable_secret', standardWebhooks('webhook'), { secret: 'not base64!' }],
    ['malformed_header', standardWebhooks('webhook'), { id: 'a.b' }],
    ['malformed_body', timed, { body: Buffer.from('[]') }],
    ['malformed_body', timed, { body: Buffer.from('x') }],
    ['malformed_body', hmacRow({ header: 'x', signs: '{form}' }), { body: Buffer.from([0xff]) }],
    ['url_required', hmacRow({ header: 'x', signs: '{url}{body}' }), {}],
    ['malformed_url', hmacRow({ header: 'x', signs: '{url}{body}' }), { url: '/x' }],
    ['malformed_method', hmacRow({ header: 'x', signs: '{method}{body}' }), { method: 'post' }],
    ['unusable_secret', { ...hmacRow({ header: 'x' }), algorithm: 'ed25519', key: 'public' }, { secret: 'AAAA' }],
    [
      'unusable_secret',
      {
        ...hmacRow({ header: 'x' }),
        algorithm: 'jwt-rs256',
        key: 'labelled-public',
        signature: { header: 'x', encoding: 'jwt' },
      },
      {},
    ],
  ])('%s', (reason, row, change) => expect(signDelivery(row, request(change))).toEqual({ ok: false, reason }));
});
