/** The projects of `fairlead init --template ...`: their own tests run offline, against the built package. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runIn } from '../doors/real-world.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('fairlead init --template', () => {
  it.each(['release', 'billing', 'triage', 'audit'])(
    '%s makes a project whose test passes',
    async (template) => {
      const folder = await mkdtemp(join(tmpdir(), 'fairlead-template-'));
      try {
        expect(await runIn(folder, `init --template ${template}`)).toMatchObject({ exit: 0 });
        await mkdir(join(folder, 'node_modules'));
        await symlink(ROOT, join(folder, 'node_modules', 'fairlead'));
        const { stdout } = await promisify(execFile)(process.execPath, ['--test'], { cwd: folder });
        expect(stdout).toMatch(/fail 0/);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    120_000,
  );
});
