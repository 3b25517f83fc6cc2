/**
 * A vitest reporter that writes the sums of a run, and why tests were skipped, to the file FAIRLEAD_TALLY.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';

/** What counts as failed beside failed tests: a file that could not be loaded, and an error outside of any test. */
export default class TallyReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0, skips: [] };
    for (const module of modules) {
      tally.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === 'passed') tally.passed += 1;
        else if (state === 'failed') tally.failed += 1;
        else {
          tally.skipped += 1;
          tally.skips.push({ file: module.relativeModuleId, name: test.fullName, note });
        }
      }
    }
    if (process.env.FAIRLEAD_TALLY) writeFileSync(process.env.FAIRLEAD_TALLY, JSON.stringify(tally));
  }
}
