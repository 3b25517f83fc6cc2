import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfigFile, type MadeCode } from './config-file.js';
import { readConfig } from './config.js';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('readConfig', () => {
  it.each(['FAIRLEAD_SAAS_HOSTS', 'FAIRLEAD_IDEMPOTENT_HOSTS'])('refuses an entry of %s that is no host', (name) => {
    expect(readConfig({ variables: { [name]: 'a.example, https://b.example:8443' }, cwd: '/' })).toBeDefined();
    expect(() => readConfig({ variables: { [name]: 'a.example, http://' }, cwd: '/' })).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(name) }),
    );
  });
});

describe('loadConfigFile', () => {
  it('names the line at which JSON ends to be JSON', async () => {
    const path = join(folder, 'fairlead.config.json');
    writeFileSync(path, '{\n  "handlers": [],\n  oops\n}\n');
    await expect(loadConfigFile(path)).rejects.toThrow(`${path}:3`);
  });

  it('runs in another thread what was made of a file here, and leaves nothing of Babel behind', async () => {
    const path = join(folder, 'fairlead.config.ts');
    writeFileSync(path, 'const port: number = 4_660;\nexport default { port };\n');
    const { prepareStackTrace, stackTraceLimit } = Error;
    const made: MadeCode = new Map();
    expect(await loadConfigFile(path, made)).toEqual({ port: 4_660 });
    expect([Error.prepareStackTrace, Error.stackTraceLimit]).toEqual([prepareStackTrace, stackTraceLimit]);
    expect(Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes('babel'))).toEqual([]);

    for (const [key, code] of made) made.set(key, code.replace('4_660', '4_661'));
    expect(await loadConfigFile(path, made)).toEqual({ port: 4_661 });
    writeFileSync(path, 'export default { port: 4_662 as number };\n');
    expect(await loadConfigFile(path, made)).toEqual({ port: 4_662 });
  });

  it('names the line of TypeScript that is none', async () => {
    const path = join(folder, 'broken.config.ts');
    writeFileSync(path, 'const port: number = 1;\nexport default { port: };\n');
    await expect(loadConfigFile(path)).rejects.toThrow(`${path}:2`);
  });
});
