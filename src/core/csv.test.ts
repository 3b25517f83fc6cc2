import { describe, expect, it } from 'vitest';
import { csvDelimiter, parseCsv, type Delimiter } from './csv.js';

const rows = (text: string, delimiter: Delimiter = ',', rowsMax = 100) => parseCsv(text, { delimiter, rowsMax });

describe('parseCsv', () => {
  it.each<[string, string, string[][]]>([
    [
      'plain rows',
      'a,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'no line end at the end',
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['lines that end in CR', 'a\rb', [['a'], ['b']]],
    ['quotes', '"a, b","say ""hi""",""\n', [['a, b', 'say "hi"', '']]],
    ['a line end inside of quotes', '"a\r\nb",c', [['a\r\nb', 'c']]],
    [
      'empty fields',
      ',\n,,',
      [
        ['', ''],
        ['', '', ''],
      ],
    ],
    ['empty lines', '\n\na\n\n', [['a']]],
    ['a quote that is never closed', 'x,"a\nb', [['x', 'a\nb']]],
    ['something after a closing quote', '"a"b,c', [['ab', 'c']]],
    ['a quote in the middle', 'a"b",c', [['a"b"', 'c']]],
    ['nothing', '', []],
    [
      'names that reach for prototypes',
      '__proto__,constructor\n1,2',
      [
        ['__proto__', 'constructor'],
        ['1', '2'],
      ],
    ],
  ])('reads %s', (_, text, expected) => {
    expect(rows(text)).toEqual({ rows: expected, isCut: false });
  });

  it('stops at so many rows, and says whether there are more', () => {
    expect(rows('a\nb\nc', ',', 2)).toEqual({ rows: [['a'], ['b']], isCut: true });
    expect(rows('a\nb\n\n', ',', 2)).toEqual({ rows: [['a'], ['b']], isCut: false });
  });

  it('takes megabytes of anything', () => {
    for (const text of ['"'.repeat(1_000_001), ',"'.repeat(500_000), '\r'.repeat(1_000_000), 'a,'.repeat(500_000)]) {
      expect(rows(text).isCut).toBe(false);
      expect(csvDelimiter(text)).toBe(',');
    }
  });
});

it.each<[string, Delimiter]>([
  ['a;b;c,d\n1,2,3,4,5', ';'],
  ['"a;b;c",d', ','],
  ['a\tb', '\t'],
  ['a|b', '|'],
  ['alone', ','],
  ['', ','],
])('csvDelimiter of %j is %j', (text, delimiter) => {
  expect(csvDelimiter(text)).toBe(delimiter);
});
