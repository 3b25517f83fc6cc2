import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isAppError } from '../core/errors.js';
import { readEnvFile } from './env-file.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = await temporaryFolder('fairlead-env-');
afterAll(() => folder.remove());

describe('readEnvFile', () => {
  it('reads names and values, quotes and comments', () => {
    const path = join(folder.path, '.env');
    writeFileSync(path, '# keys\nSLACK_BOT_TOKEN=xoxb-1\nQUOTED="a b"\nEMPTY=\n');
    expect(readEnvFile(path)).toEqual({ SLACK_BOT_TOKEN: 'xoxb-1', QUOTED: 'a b', EMPTY: '' });
  });

  it('finds nothing where there is no file', () => {
    expect(readEnvFile(join(folder.path, 'none'))).toEqual({});
  });

  it('says so when it cannot be read', () => {
    let thrown: unknown;
    try {
      readEnvFile(folder.path);
    } catch (error) {
      thrown = error;
    }
    expect(isAppError(thrown, 'io_failure')).toBe(true);
  });
});
