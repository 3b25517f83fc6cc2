import { describe, expect, it } from 'vitest';
import { isObject, parseJson, parseJsonObject, parseJsonToLookAt, valueAt } from './json.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const nested = (depth: number, open = '[', close = ']'): string => open.repeat(depth) + close.repeat(depth);

describe('parseJson', () => {
  it.each(['{}', '[]', 'null', '"x"', '1', '{"a":[1,{"b":"\\u00e9"}]}', ' [1] '])('reads %s', (text) => {
    expect(parseJson(bytes(text))).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it.each(['', '{', '{"a":}', 'undefined', "{'a':1}", '[1,]', '\u0000', '{"a":1}{"a":2}', 'NaN'])(
    'refuses %j',
    (text) => {
      expect(parseJson(bytes(text))).toEqual({ ok: false, reason: 'not_json' });
    },
  );

  it('skips a byte order mark', () => expect(parseJson(bytes('\ufeff{}'))).toEqual({ ok: true, value: {} }));

  it('takes nesting up to the limit and not beyond, of arrays, objects and both', () => {
    expect(parseJson(bytes(nested(100))).ok).toBe(true);
    expect(parseJson(bytes(nested(101)))).toEqual({ ok: false, reason: 'too_deep' });
    const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(parseJson(bytes(objects(100))).ok).toBe(true);
    expect(parseJson(bytes(objects(101)))).toEqual({ ok: false, reason: 'too_deep' });
    expect(parseJson(bytes(nested(51, '[{"a":', '}]').replace('}', '1}')))).toMatchObject({
      ok: false,
      reason: 'too_deep',
    });
    expect(parseJson(bytes(nested(3)), { maxDepth: 2 })).toEqual({ ok: false, reason: 'too_deep' });
  });

  it('counts many shallow values as shallow', () => {
    expect(parseJson(bytes(`[${'[],{},'.repeat(5000)}1]`)).ok).toBe(true);
  });

  it('takes brackets in strings for text', () => {
    const text = JSON.stringify({ a: '['.repeat(500), b: '"[{\\'.repeat(200), c: '\\' });
    expect(parseJson(bytes(text))).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it.each(['[', '{"a":', '[{"x":', '{"\\"":['])('refuses a million of %s', (piece) => {
    expect(parseJson(bytes(piece.repeat(1_000_000)))).toEqual({ ok: false, reason: 'too_deep' });
  });

  it('ends over strings that never end', () => {
    for (const text of ['"', '"\\', `${'['.repeat(90)}"`, `["${'\\"'.repeat(200)}`]) {
      expect(parseJson(bytes(text))).toEqual({ ok: false, reason: 'not_json' });
    }
  });

  it.each([
    [[0x22, 0xff, 0x22]],
    [[0x22, 0xc3, 0x22]],
    [[0x22, 0xed, 0xa0, 0x80, 0x22]],
    [[0x22, 0xc0, 0x80, 0x22]],
    [[0xff, 0xfe, 0x7b, 0x00]],
  ])('refuses bytes that are no UTF-8: %j', (raw) => {
    expect(parseJson(Uint8Array.from(raw))).toEqual({ ok: false, reason: 'not_utf8' });
  });

  it('refuses more bytes than the limit', () => {
    expect(parseJson(bytes('[1,2]'), { maxBytes: 4 })).toEqual({ ok: false, reason: 'too_large' });
    expect(parseJson(bytes('[1,2]'), { maxBytes: 5 }).ok).toBe(true);
  });

  it.each([
    '{"__proto__":{"polluted":1}}',
    '{"a":{"__proto__":{"polluted":1}}}',
    '[[{"__proto__":{"polluted":1}}]]',
    '{"\\u005f_proto__":{"polluted":1}}',
    '{"\\u005F\\u005Fproto\\u005f_":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"a":[{"constructor":{"prototype":{"polluted":1}}}]}',
    '{"constructor":{"\\u0070rototype":{"polluted":1}}}',
    '{"__proto__":null}',
    '{"__proto__":[{"__proto__":{"polluted":1}}]}',
  ])('leaves nothing of %s that a merge would bring to life', (text) => {
    const parsed = parseJson(bytes(text));
    expect(parsed.ok).toBe(true);
    const value = parsed.ok ? parsed.value : undefined;
    merge({}, value);
    Object.assign({}, value);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect((Object.assign({}, value) as { polluted?: unknown }).polluted).toBeUndefined();
    expect(JSON.stringify(value)).not.toContain('polluted');
  });

  it('keeps harmless fields of those names', () => {
    const value = { constructor: 'Acme', prototype: 'v1', a: { constructor: { name: 'x' } } };
    expect(parseJson(bytes(JSON.stringify(value)))).toEqual({ ok: true, value });
  });
});

/** The careless kind, as found in many packages. */
function merge(target: Record<string, unknown>, source: unknown): void {
  if (typeof source !== 'object' || source === null) return;
  for (const [key, value] of Object.entries(source)) {
    if (typeof value === 'object' && value !== null) {
      if (typeof target[key] !== 'object' && typeof target[key] !== 'function') target[key] = {};
      merge(target[key] as Record<string, unknown>, value);
    } else target[key] = value;
  }
}

describe('valueAt', () => {
  const value = { a: { b: [{ c: 1 }] }, 'x.y': 2 };
  it.each([
    ['a.b.0.c', 1],
    ['a.b', value.a.b],
    ['a.b.1.c', undefined],
    ['a.b.length', 1],
    ['x.y', undefined],
    ['a.toString', undefined],
    ['__proto__', undefined],
    ['constructor.name', undefined],
    ['', undefined],
  ])('%s', (path, found) => expect(valueAt(value, path)).toEqual(found));

  it('of what is no object is nothing', () => {
    for (const nothing of [null, undefined, 1, 'text', true]) expect(valueAt(nothing, 'length')).toBeUndefined();
  });
});

it('parseJsonObject and isObject know objects from the rest', () => {
  expect(parseJsonObject(bytes('{"a":1}'))).toEqual({ a: 1 });
  for (const text of ['[]', 'null', '1', '"a"', '{']) expect(parseJsonObject(bytes(text))).toBeUndefined();
  expect([{}, Object.create(null)].every(isObject)).toBe(true);
  expect([null, [], 'a', undefined].some(isObject)).toBe(false);
});

it('parseJsonToLookAt keeps every key and the same bounds', () => {
  const text = '{"a":{"__proto__":{"b":1}}}';
  const parsed = parseJsonToLookAt(bytes(text));
  expect(parsed.ok && JSON.stringify(parsed.value)).toBe(text);
  expect(parsed.ok && valueAt(parsed.value, 'a.b')).toBeUndefined();
  expect(parseJsonToLookAt(bytes('['.repeat(200)))).toEqual({ ok: false, reason: 'too_deep' });
  expect(parseJsonToLookAt(bytes('[1]'), { maxBytes: 2 })).toEqual({ ok: false, reason: 'too_large' });
  expect(parseJsonToLookAt(Uint8Array.of(0xff))).toEqual({ ok: false, reason: 'not_utf8' });
  expect(parseJsonToLookAt(bytes('{'))).toEqual({ ok: false, reason: 'not_json' });
});
