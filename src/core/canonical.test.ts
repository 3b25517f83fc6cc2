import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalHash, canonicalJson, wellFormed } from './canonical.js';

describe('canonicalJson', () => {
  it('writes the example of RFC 8785, section 3.2.2', () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\\"\/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it.each<[value: unknown, argument: string]>([
    [{ text: 'half \ud800' }, 'text'],
    [{ blocks: [{ a: 'fine \ud83d\ude00' }, { text: '\udc00' }] }, 'blocks.1.text'],
    [{ ok: 1, ['\ud800']: 1 }, 'value'],
    ['\ud800', 'value'],
  ])('names the text that has half a character: %j', (value, argument) => {
    expect(() => canonicalJson(value)).toThrow(
      expect.objectContaining({ code: 'invalid_argument', data: expect.objectContaining({ argument }) }),
    );
  });

  it('sorts by UTF-16 code units (section 3.2.3)', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6', '10', '9', '__proto__'];
    const value = Object.fromEntries(names.map((name) => [name, 0]));
    expect(Object.keys(value)).not.toEqual([...names].sort());
    const order = [...canonicalJson(value).matchAll(/"((?:[^"\\]|\\.)*)":0/gu)].map(([, name]) =>
      JSON.parse(`"${name}"`),
    );
    expect(order).toEqual(['\r', '1', '10', '9', '__proto__', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']);
  });

  it('gives one text for one value, in whatever order its members come', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(canonicalHash(value)).toHaveLength(32);
      }),
    );
  });

  it('refuses what has no canonical form', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    let deep: unknown = 0;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    for (const value of [NaN, Infinity, '\ud800', { a: '\udc00' }, cycle, deep, undefined, () => 1, 1n]) {
      expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'invalid_argument' }) as Error);
    }
  });
});

describe('wellFormed', () => {
  it('does what UTF-8 would', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '\ud800', '\udc00', '😀', 'é')), (parts) => {
        expect(wellFormed(parts.join(''))).toBe(Buffer.from(parts.join('')).toString());
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, part]) => [name, reversed(part)]),
  );
}
