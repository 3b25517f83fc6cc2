/**
 * `npm run prove`: the list of proofs. `-- <slug> [--full]` runs one and prints its figures; `-- --all [--full]` runs
 * every one and ends with the line `N passed, N failed, N skipped`.
 *
 * @module
 */
import { PROOFS } from '../test/proofs/index.mjs';
import { runNode } from './command.mjs';
import { ensureBuilt } from './ensure-built.mjs';
import { runVitest } from './vitest-run.mjs';

/** The exit code of a script that needs a part this machine lacks. In CI that is a failure. */
const MISSING_PART = 77;

/** @returns {Promise<'passed' | 'failed' | 'skipped'>} `skipped` when a part that it needs is not on this machine. */
async function prove(proof, full) {
  const { size, env } = full ? proof.full : proof.ci;
  console.log(`\n${proof.slug}: ${proof.claim}\n  at this size: ${size}\n`);
  const verdicts = [];
  if (proof.run.vitest) verdicts.push(await proveByTests(proof.run.vitest, env));
  if (proof.run.node) verdicts.push(await proveByScript(proof.run.node, full, env));
  return ['failed', 'skipped'].find((worst) => verdicts.includes(worst)) ?? 'passed';
}

async function proveByScript(script, full, env) {
  const { code } = await runNode([script, ...(full ? ['--full'] : [])], { env });
  if (code === MISSING_PART && process.env.CI !== 'true') return 'skipped';
  return code === 0 ? 'passed' : 'failed';
}

async function proveByTests(files, env) {
  const { passed, failed, skipped, reasons } = await runVitest(files, { env });
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  for (const reason of reasons) console.log(`skipped: ${reason}`);
  if (failed > 0 || passed + skipped === 0) return 'failed';
  return skipped > 0 ? 'skipped' : 'passed';
}

const VERDICTS = { passed: 'holds', failed: 'DOES NOT HOLD', skipped: 'was not proven: a part is missing' };

async function proveAll(proofs, full) {
  const sums = { passed: 0, failed: 0, skipped: 0 };
  const verdicts = [];
  for (const proof of proofs) {
    const verdict = await prove(proof, full);
    sums[verdict] += 1;
    verdicts.push(`${proof.slug} ${VERDICTS[verdict]}`);
  }
  console.log(`\n${verdicts.join('\n')}`);
  return sums;
}

function list() {
  const width = Math.max(...PROOFS.map(({ slug }) => slug.length));
  for (const { slug, claim, full } of PROOFS) console.log(`${slug.padEnd(width)}  ${claim} (${full.size})`);
  console.log('\nnpm run prove -- <slug> [--full]');
}

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const full = process.argv.includes('--full');
const all = process.argv.includes('--all');
const unknown = names.filter((name) => !PROOFS.some(({ slug }) => slug === name));

if (unknown.length > 0) {
  console.error(`There is no proof called ${unknown.join(', ')}. npm run prove lists them.`);
  process.exitCode = 2;
} else if (!all && names.length === 0) {
  list();
} else {
  await ensureBuilt();
  const sums = await proveAll(all ? PROOFS : PROOFS.filter(({ slug }) => names.includes(slug)), full);
  if (all) console.log(`${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`);
  process.exitCode = sums.failed === 0 ? 0 : 1;
}
