/**
 * The files of this repository, as git sees them: what is tracked, and what would be.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Paths relative to the checkout, sorted. A file that was deleted and not yet committed is left out. */
export function treeFiles(pattern = /^/): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = listed.split('\0').filter((path) => path !== '' && pattern.test(path) && existsSync(join(ROOT, path)));
  return [...new Set(paths)].sort();
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
