/** The examples run, and say what their readers are told to expect. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = async (name: string): Promise<string> =>
  (await promisify(execFile)(process.execPath, [`examples/${name}`], { cwd: ROOT, encoding: 'utf8' })).stdout;

describe('examples', () => {
  it('verify a delivery', async () => {
    expect(await run('verify-a-delivery.mjs')).toBe('genuine: accepted\nchanged: bad_signature\n');
  });

  it('sign in inside an Express server', async () => {
    expect(await run('login-express.mjs')).toBe(
      [
        'before: nobody',
        'guarded: 401',
        'signed in: /mine for fairlead-bot@example.com',
        'without the role: 403',
        'from another site: 403',
        'from a page of ours: changed\n',
      ].join('\n'),
    );
  });

  it('sign in inside a Hono server, by cookie and by tokens', async () => {
    expect(await run('login-hono.mjs')).toBe(
      [
        'guarded: 401',
        'signed in: /mine for robot@acme.example',
        'app: com.example.app: my-state for robot@acme.example',
        'verified by the key set: true',
        'renewed: Bearer true\n',
      ].join('\n'),
    );
  });

  it('mount the intake in Express', async () => {
    expect(await run('mount-in-express.mjs')).toBe('answer: 202 {"ok":true}\nhandled: issues.opened\n');
  });
});
