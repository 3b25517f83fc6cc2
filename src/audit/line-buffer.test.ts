import { expect, it } from 'vitest';
import { LineBuffer } from './line-buffer.js';

const text = (lines: LineBuffer): string => Buffer.from(lines.bytes).toString();

it('holds what was added, whatever its length, until it is cleared', () => {
  const lines = new LineBuffer();
  expect(lines.bytes).toHaveLength(0);
  const added = ['a\n', 'Zoë 😀\n', `${'é'.repeat(70_000)}\n`, 'z\n'];
  for (const line of added) lines.add(line);
  expect(text(lines)).toBe(added.join(''));
  lines.clear();
  lines.add('b\n');
  expect(text(lines)).toBe('b\n');
});

it('gives back the place of a stretch that was longer than usual', () => {
  const lines = new LineBuffer();
  lines.add('x'.repeat(5_000_000));
  lines.clear();
  lines.add('b\n');
  expect(lines.bytes.buffer.byteLength).toBeLessThan(100_000);
});
