/**
 * `npm run sim -- --seed 7` runs one seed of the simulation and prints its transcript; `--seeds 1-200` runs many and
 * prints what broke. Without either, seeds 1 to 100.
 */
import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { seed: { type: 'string' }, seeds: { type: 'string', default: '1-100' } } });
const root = fileURLToPath(new URL('..', import.meta.url));
// Inside the checkout, so that the packages are found.
const folder = mkdtempSync(join(root, 'node_modules/.sim-'));
const outfile = join(folder, 'run-seed.mjs');
let failed = false;
try {
  await build({
    entryPoints: [join(root, 'test/sim/run-seed.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    outfile,
    logLevel: 'error',
  });
  const { runSeed } = await import(pathToFileURL(outfile).href);
  if (values.seed !== undefined) {
    const result = await runSeed(Number(values.seed));
    for (const line of result.transcript) console.log(line);
    console.log(
      `seed ${result.seed}: ${result.crashes} crashes, ${result.virtualMs} virtual ms, transcript ${result.hash}`,
    );
    for (const violation of result.violations) console.log(`BROKEN ${violation}`);
    failed = result.violations.length > 0;
  } else {
    const [first, last = first] = values.seeds.split('-').map(Number);
    for (let seed = first; seed <= last; seed++) {
      const { violations } = await runSeed(seed);
      if (violations.length === 0) continue;
      failed = true;
      console.log(`seed ${seed}: ${violations.join('; ')}`);
    }
    console.log(`seeds ${first} to ${last}: ${failed ? 'BROKEN, see above' : 'every promise held'}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
