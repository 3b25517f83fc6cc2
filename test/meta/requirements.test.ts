import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { requirePart } from '../requirements.js';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-parts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('requirePart', () => {
  it('finds a program on the PATH', () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'strace'), '#!/bin/sh\n');
    expect(requirePart('strace', { PATH: bin }).available).toBe(false);
    chmodSync(join(bin, 'strace'), 0o755);
    expect(requirePart('strace', { PATH: `/nowhere:${bin}`, CI: 'true' })).toEqual({
      available: true,
      path: join(bin, 'strace'),
    });
  });

  it('takes the folder that the variable names', () => {
    expect(requirePart('specs', { FAIRLEAD_SPECS: folder })).toEqual({ available: true, path: folder });
  });

  it('says what is missing and writes it down', () => {
    const reasons = join(folder, 'reasons');
    const strace = requirePart('strace', { PATH: '', FAIRLEAD_SKIP_REASONS: reasons });
    expect(strace).toMatchObject({ available: false, reason: expect.stringContaining('strace is not here') });
    expect(readFileSync(reasons, 'utf8')).toBe(`${strace.reason}\n`);
  });

  it('throws in CI', () => {
    expect(() => requirePart('specs', { FAIRLEAD_SPECS: join(folder, 'none'), CI: 'true' })).toThrow(
      /specs is not here/,
    );
  });
});
