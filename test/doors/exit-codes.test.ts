/** Every error code ends a command with the exit code its row says, and the documentation knows each of them. */
import { describe, expect, it } from 'vitest';
import { AppError, ERRORS, type ErrorCode } from '../../src/core/errors.js';
import { helpPage } from '../../src/doors/cli/help.js';
import { createSetting } from './setting.js';
import { run } from './fake-world.js';

/** As documented in the CLI conventions; a code outside of it would be a new promise. */
const DOCUMENTED = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 74, 78, 124, 130, 143];
const CODES = Object.keys(ERRORS) as ErrorCode[];

describe('exit codes', () => {
  it.each(CODES)('%s has a documented one', (code) => {
    expect(DOCUMENTED).toContain(ERRORS[code].exit);
    expect(ERRORS[code].exit).not.toBe(0);
  });

  it('are what a command ends with when its operation throws', async () => {
    const setting = await createSetting();
    for (const code of CODES) {
      setting.gateway.status = () => Promise.reject(new AppError(code, {} as never));
      const { exit, stderr } = await run(setting, 'status');
      expect([code, exit]).toEqual([code, ERRORS[code].exit]);
      expect(stderr).toContain(`(${code})`);
    }
  });

  it('are all explained, with the codes behind them', async () => {
    const page = await helpPage({ connectorVariables: async () => [] }, 'exit-codes');
    for (const code of CODES) expect(page).toContain(code);
    expect(page.match(/^ {0,2}\d+ {2}/gm)?.map(Number)).toEqual(DOCUMENTED);
  });
});
