import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyUnder } from './choose.js';
import type { SchemeSet } from './row.js';
import { hmacRow } from './shapes.js';

const schemes: SchemeSet = {
  strong: hmacRow({ header: 'x-strong' }),
  other: hmacRow({ header: 'x-other', prefix: 'v1=' }),
  weak: { ...hmacRow({ header: 'x-weak' }), onlyWhenNamed: true },
};
const body = Buffer.from('body');
const signature = createHmac('sha256', 'secret').update(body).digest('hex');
const request = (headers: Record<string, string>) => ({ headers, body, secrets: ['secret'], nowMs: 1 });

describe('without a name', () => {
  it('the first scheme that accepts is told', () => {
    expect(verifyUnder(schemes, request({ 'x-strong': signature }))).toMatchObject({ ok: true, scheme: 'strong' });
    expect(verifyUnder(schemes, request({ 'x-other': `v1=${signature}` }))).toMatchObject({
      ok: true,
      scheme: 'other',
    });
  });

  it('a downgrade is not tried', () => {
    expect(verifyUnder(schemes, request({ 'x-weak': signature }))).toEqual({
      ok: false,
      reason: 'missing_header',
      scheme: 'strong',
    });
  });

  it('the scheme whose header is there gives the reason', () => {
    expect(verifyUnder(schemes, request({ 'x-other': 'v1=x' }))).toEqual({
      ok: false,
      reason: 'malformed_header',
      scheme: 'other',
    });
    expect(verifyUnder(schemes, request({ 'x-other': 'v1=x', 'x-strong': '0'.repeat(64) }))).toEqual({
      ok: false,
      reason: 'bad_signature',
      scheme: 'strong',
    });
  });

  it('nothing is accepted under no schemes', () =>
    expect(verifyUnder({}, request({}))).toEqual({ ok: false, reason: 'unknown_scheme' }));
});

describe('with a name', () => {
  it('only that scheme counts, a downgrade as well', () => {
    expect(verifyUnder(schemes, request({ 'x-weak': signature }), 'weak')).toMatchObject({ ok: true, scheme: 'weak' });
    expect(verifyUnder(schemes, request({ 'x-strong': signature }), 'other')).toMatchObject({
      ok: false,
      scheme: 'other',
    });
  });

  it.each(['nothing', '', '__proto__', 'constructor', 'toString', 7, null, Symbol('x'), { toString: 1 }])(
    '%s is unknown',
    (name) => {
      expect(verifyUnder(schemes, request({ 'x-strong': signature }), name as string)).toEqual({
        ok: false,
        reason: 'unknown_scheme',
      });
    },
  );
});
