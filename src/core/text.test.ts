import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NDJSON_LINE_BYTES, ndjsonLine, terminalSafe } from './text.js';

/** Every character at which some reader (Python's splitlines, editors, terminals) ends a line. */
const LINE_ENDS = /[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]/;

describe('ndjsonLine', () => {
  it('S-706: is one line for every reader, and the same value when read back', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
        const value: unknown = JSON.parse(json);
        const line = ndjsonLine(value);
        expect(line.endsWith('\n')).toBe(true);
        expect(LINE_ENDS.test(line.slice(0, -1))).toBe(false);
        expect(JSON.parse(line)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('escapes what JSON leaves raw', () => {
    expect(ndjsonLine('a\u2028b\u2029c\u0085d\u007fe\u009bf\u001bg')).toBe(
      '"a\\u2028b\\u2029c\\u0085d\\u007fe\\u009bf\\u001bg"\n',
    );
    expect(ndjsonLine('\ud800')).toBe('"\\ud800"\n');
  });

  it('keeps to 64 KiB, whatever comes', () => {
    const large = [
      'x'.repeat(1e6),
      '\u2028'.repeat(30_000),
      { a: ['é'.repeat(50_000), 'kept'], id: 'evt_1' },
      Array.from({ length: 50_000 }, (_, i) => `item ${i}`),
      Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key ${i}`, i])),
    ];
    for (const value of large) {
      const line = ndjsonLine(value);
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(NDJSON_LINE_BYTES);
      expect(() => JSON.parse(line) as unknown).not.toThrow();
    }
    expect(JSON.parse(ndjsonLine(large[2]))).toMatchObject({ id: 'evt_1', a: [expect.stringMatching(/…$/), 'kept'] });
  });

  it('never throws', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    let deep: unknown[] = [];
    for (let i = 0; i < 100_000; i++) deep = [deep];
    const trap = {
      get x(): never {
        throw new RangeError('no');
      },
    };
    for (const value of [cycle, deep, trap]) expect(ndjsonLine(value)).toBe('{"unwritable":true}\n');
    expect(ndjsonLine(undefined)).toBe('null\n');
    expect(ndjsonLine({ n: 10n ** 30n })).toBe(`{"n":"1${'0'.repeat(30)}"}\n`);
  });
});

describe('terminalSafe', () => {
  it('S-707: shows commands instead of obeying them', () => {
    expect(terminalSafe('\u001b]52;c;aGk=\u0007')).toBe('\\x1b]52;c;aGk=\\x07');
    expect(terminalSafe('a\u009b31mb\rc')).toBe('a\\x9b31mb\\x0dc');
    expect(terminalSafe('safe \u202egpj.exe')).toBe('safe \\u202egpj.exe');
    expect(terminalSafe('a\u{e0041}\ud800')).toBe('a\\u{e0041}\\ud800');
  });

  it('leaves ordinary text alone', () => {
    const text = 'Grüße, 你好, עברית\n\tline 👩‍👩‍👧 ❤️ 🇩🇪';
    expect(terminalSafe(text)).toBe(text);
  });

  it('leaves nothing unsafe, and changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const safe = terminalSafe(text);
        expect(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(safe)).toBe(false);
        expect(terminalSafe(safe)).toBe(safe);
      }),
      { numRuns: 500 },
    );
  });
});
