/** What the proof with real processes shares with the one in virtual time; bundled for it by esbuild. */
export { SeededRandom } from '../../../src/core/seeded-random.js';
export { WRITES } from '../../outbound/one-effect/writes.js';
export { fatesOf, pauseMs, problemOf } from '../../outbound/one-effect/run.js';
