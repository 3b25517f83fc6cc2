/**
 * `npm run check`: everything a change must pass, here and in CI: format, lint, types, lanes, unused code, generated
 * files, tests. Runs all of it, prints what the failed ones said, and ends with a list.
 *
 *     node scripts/check.mjs [--no-tests]
 *
 * @module
 */
import { runNode, tool } from './command.mjs';

/** [what is checked, arguments of node, what to do when it fails] */
const STEPS = [
  ['format', [...tool('prettier'), '--check', '--log-level', 'warn', '.'], 'npm run format'],
  [
    'lint',
    [...tool('oxlint'), '--deny-warnings', '--report-unused-disable-directives', '--format=unix'],
    'see .oxlintrc.json',
  ],
  ['types', [...tool('typescript', 'tsc'), '-p', '.'], ''],
  [
    'lanes',
    [...tool('dependency-cruiser', 'depcruise'), '--output-type', 'err-long', 'src'],
    'see .dependency-cruiser.cjs',
  ],
  ['unused code', [...tool('knip'), '--no-progress'], 'see knip.json'],
  ['generated files', ['scripts/generate.mjs', '--check'], 'npm run generate'],
];

/** Two at a time: there are two cores. The tests come alone, because some of them count what a machine can do. */
async function runAll(steps) {
  const waiting = [...steps];
  const failed = [];
  const lane = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const [name, args, advice] = step;
      const { code, output } = await runNode(args, { quiet: true });
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`);
      if (code !== 0) failed.push({ name, advice, output });
    }
  };
  await Promise.all([lane(), lane()]);
  return failed;
}

const failed = await runAll(STEPS);
for (const { name, output } of failed) console.log(`\n--- ${name} ---\n${output.trim()}`);

if (!process.argv.includes('--no-tests')) {
  const { code } = await runNode(['scripts/test.mjs']);
  if (code !== 0) failed.push({ name: 'tests', advice: 'npm test' });
}

if (failed.length > 0) {
  console.log('\nThe check failed:');
  for (const { name, advice } of failed) console.log(`  ${name}${advice ? ` (${advice})` : ''}`);
  process.exitCode = 1;
}
