import { expect, it } from 'vitest';
import { AppError } from '../../core/errors.js';
import { runCli } from './index.js';
import type { CliWorld } from './world.js';

it('serve without the parser says what is wrong and exits with the code of it', async () => {
  const written: string[] = [];
  const stream = { isTty: false, columns: 80, write: (text: string) => void written.push(text) };
  const world = {
    argv: ['serve'],
    stdout: stream,
    stderr: stream,
    variables: {},
    log: () => {},
    loadConfig: async () => {
      throw new AppError('config_invalid', { where: 'fairlead.config.ts', problem: 'cannot be read' });
    },
  } as unknown as CliWorld;
  expect(await runCli(world)).toBe(78);
  expect(written.join('')).toContain('fairlead.config.ts: cannot be read');
});
