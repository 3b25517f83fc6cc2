/**
 * `npm test`: builds what is missing, runs every test, says why tests were skipped, and ends with one line:
 * `N passed, N failed, N skipped`. Further arguments go to vitest (`npm test -- src/core`).
 *
 * @module
 */
import { ensureBuilt } from './ensure-built.mjs';
import { runVitest } from './vitest-run.mjs';

try {
  await ensureBuilt();
} catch (error) {
  console.error(`The build failed: ${error.message.split('\n')[0]}`);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
const { passed, failed, skipped, reasons } = await runVitest(process.argv.slice(2));
for (const reason of reasons) console.log(`skipped: ${reason}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
