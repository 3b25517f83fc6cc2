/**
 * `npm run nightly`: what is too long for CI. Every proof at the size its claim names, then every bench. Benches print
 * their tables and never fail the run.
 *
 * @module
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runNode } from './command.mjs';
import { ensureBuilt } from './ensure-built.mjs';

/** One file a figure: bench/<name>.mjs, run by bench/run.mjs. */
function benches() {
  if (!existsSync(join(ROOT, 'bench/run.mjs'))) return [];
  const names = readdirSync(join(ROOT, 'bench')).filter((name) => name.endsWith('.mjs') && name !== 'run.mjs');
  return names.map((name) => name.replace(/\.mjs$/, '')).sort();
}

await ensureBuilt();
const proofs = await runNode(['scripts/prove.mjs', '--all', '--full']);
for (const name of benches()) {
  console.log(`\nbench ${name}`);
  const { code } = await runNode(['bench/run.mjs', name, '--full']);
  if (code !== 0) console.log(`bench ${name} ended with exit code ${code}`);
}
process.exitCode = proofs.code;
