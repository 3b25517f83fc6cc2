/**
 * Where the build lies that is measured: dist/, or FAIRLEAD_BENCH_DIST, for another commit's build or one with a probe.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const DIST = process.env.FAIRLEAD_BENCH_DIST ?? join(import.meta.dirname, '../../dist');

export const built = (file) => join(DIST, file);

/** Why it cannot run, or `undefined` when it can. */
export const missingBuild = (file) => (existsSync(built(file)) ? undefined : `${built(file)} is not built`);
