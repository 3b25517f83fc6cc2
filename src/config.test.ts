import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfigFile } from './config-file.js';
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
});
