/**
 * Runs vitest and gives the sums of the run.
 *
 * @module
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runNode, tool } from './command.mjs';

/**
 * @param {string[]} args files or flags for vitest.
 * @param {{env?: Record<string, string>}} [options]
 * @returns {Promise<{passed: number, failed: number, skipped: number, reasons: string[]}>} `failed` is at least 1 when
 *   vitest says that the run failed, whatever it counted. `reasons` has one line for each reason to skip.
 */
export async function runVitest(args, { env = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-tests-'));
  const [tallyFile, reasonsFile] = [join(folder, 'tally.json'), join(folder, 'reasons')];
  writeFileSync(reasonsFile, '');
  try {
    const reporters = ['--reporter=default', `--reporter=${join(ROOT, 'scripts/tally-reporter.mjs')}`];
    const { code } = await runNode([...tool('vitest'), 'run', ...reporters, ...args], {
      env: { ...env, FAIRLEAD_TALLY: tallyFile, FAIRLEAD_SKIP_REASONS: reasonsFile },
    });
    const empty = { passed: 0, failed: 0, skipped: 0, skips: [] };
    const tally = existsSync(tallyFile) ? JSON.parse(readFileSync(tallyFile, 'utf8')) : empty;
    if (code !== 0 && tally.failed === 0) tally.failed = 1;
    const missing = readFileSync(reasonsFile, 'utf8').split('\n').filter(Boolean);
    return { ...tally, reasons: reasonsOf(tally.skips, missing) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The parts that are missing, then the skipped tests, a line for each file and reason. */
function reasonsOf(skips, missing) {
  const counts = new Map();
  for (const { file, note } of skips) {
    const line = note ? `${file}: ${note}` : `${file}: a part is missing`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...new Set(missing), ...[...counts].map(([line, count]) => `${line} (${count})`)];
}
