import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from './clock.js';
import { openKeyFiles, openWrappedKeyFiles } from './key-files.js';
import { realRandom } from './random.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'fairlead-keks-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const parts = { random: realRandom(), clock: realClock };
const base64 = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
const failing = (code: string) => expect.objectContaining({ code }) as Error;
const vaultFile = (): string => readFileSync(join(folder, 'keys/vault.json'), 'utf8');

describe('key-encryption keys', () => {
  it('are added, retired and destroyed, each on the disk at once', async () => {
    const keys = openKeyFiles(folder, parts);
    const first = keys.currentKekId();
    await expect(keys.retireKek(first)).rejects.toEqual(failing('conflict'));
    const second = await keys.addKek();
    expect(openKeyFiles(folder, parts).currentKekId()).toBe(second);
    await expect(keys.destroyKek(first)).rejects.toEqual(failing('conflict'));
    await keys.retireKek(first);
    expect(openKeyFiles(folder, parts).keks()).toMatchObject([
      { id: first, retiredAtMs: expect.any(Number) as number },
      { id: second },
    ]);
    expect(openKeyFiles(folder, parts).kek(first)).toEqual(keys.kek(first));
    await keys.destroyKek(first);
    expect(vaultFile()).not.toContain(first);
    expect([keys.kek(first), openKeyFiles(folder, parts).kek(first)]).toEqual([undefined, undefined]);
    await expect(keys.destroyKek('other')).rejects.toEqual(failing('not_found'));
  });

  it('come from the environment, the first one current, and are not written down', async () => {
    const file = openKeyFiles(folder, parts).currentKekId();
    const one = openKeyFiles(folder, parts, { kind: 'environment', keys: base64(1) });
    const old = one.currentKekId();
    expect(one.kek(old)).toEqual(new Uint8Array(32).fill(1));
    expect(one.kek(file)?.byteLength).toBe(32);
    await expect(one.addKek()).rejects.toEqual(failing('conflict'));
    const two = openKeyFiles(folder, parts, { kind: 'environment', keys: `${base64(2)}, ${base64(1)}` });
    expect(two.currentKekId()).not.toBe(old);
    expect(two.kek(old)).toEqual(one.kek(old));
    expect(two.keks().map(({ id }) => id)).toEqual(expect.arrayContaining([file, old, two.currentKekId()]));
    expect(vaultFile()).not.toContain(base64(1).slice(0, 20));
    expect(() => openKeyFiles(folder, parts)).toThrow(failing('config_invalid'));
    for (const keys of ['', 'short', base64(1).slice(4)]) {
      expect(() => openKeyFiles(folder, parts, { kind: 'environment', keys })).toThrow(failing('config_invalid'));
    }
  });

  it('are wrapped by a command that gets them on stdin, and lie nowhere else', async () => {
    const env = { PATH: process.env['PATH'] };
    // Stands for a KMS: turns the text around, and back.
    const command =
      'f() { rev | tr -d "\\n" | base64 -w0; }; g() { base64 -d | rev; }; h() { case $1 in wrap) f;; *) g;; esac; }; h';
    const keys = await openWrappedKeyFiles(folder, parts, command, env);
    const first = keys.currentKekId();
    const second = await keys.addKek();
    const plain = [first, second].map((id) => Buffer.from(keys.kek(id)!).toString('base64'));
    for (const key of plain) expect(vaultFile()).not.toContain(key);
    const again = await openWrappedKeyFiles(folder, parts, command, env);
    expect([first, second].map((id) => Buffer.from(again.kek(id)!).toString('base64'))).toEqual(plain);
    await expect(openWrappedKeyFiles(folder, parts, 'false', env)).rejects.toEqual(failing('secret_unavailable'));
    await expect(openWrappedKeyFiles(folder, parts, 'echo !', env)).rejects.toEqual(failing('secret_unavailable'));
    expect(openKeyFiles(folder, parts).kek(first)).toBe(undefined);
  });

  it('are not taken from a command that cannot give them back', async () => {
    const run = openWrappedKeyFiles(folder, parts, 'head -c 44; true', { PATH: process.env['PATH'] });
    await expect(run).resolves.toBeDefined();
    const lossy = openWrappedKeyFiles(join(folder, 'b'), parts, 'cat >/dev/null; echo AAAA; true', {
      PATH: process.env['PATH'],
    });
    await expect(lossy).rejects.toEqual(failing('config_invalid'));
  });
});

describe('shares of record keys', () => {
  it('are made once, found again, and gone when destroyed', async () => {
    const { shares } = openKeyFiles(folder, parts);
    expect(shares.get('sec_1')).toBe(undefined);
    const share = Uint8Array.from(await shares.make('sec_1'));
    expect(await shares.make('sec_1')).toEqual(share);
    await Promise.all(Array.from({ length: 300 }, (_, at) => shares.make(`sec_more_${at}`)));
    const later = openKeyFiles(folder, parts).shares;
    expect(later.get('sec_1')).toEqual(share);
    expect(later.get('sec_more_299')?.byteLength).toBe(32);
    await later.destroy('sec_1');
    await later.destroy('sec_1');
    expect(later.get('sec_1')).toBe(undefined);
    expect(openKeyFiles(folder, parts).shares.get('sec_1')).toBe(undefined);
  });
});
