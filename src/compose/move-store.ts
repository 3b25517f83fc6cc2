/** Copies a whole store into an empty one of any driver, and holds both against each other before anybody uses it. @module */
import { AppError } from '../core/errors.js';
import { PLAIN_NAMES, type PortableSource, type PortableTarget, type StoreSummary } from '../core/portable.js';
import { ENVIRONMENTS } from '../core/scope.js';

export interface MoveProgress {
  /** What is copied now. */
  what: string;
  done: number;
  total: number;
}

/** The two are equal in everything it says. */
export interface MoveReport {
  from: string;
  to: string;
  counts: Record<string, number>;
  trees: StoreSummary['trees'];
}

/**
 * The target is marked as unfinished from the first row to the last comparison; a move that was cut short is begun
 * again from nothing.
 *
 * @param onProgress called after every batch
 * @throws AppError `conflict` when the target holds something or the source was written to, `verification_failed` when
 *   the two differ; then the target stays marked
 */
export async function moveStore(
  source: PortableSource,
  target: PortableTarget,
  onProgress: (progress: MoveProgress) => void,
): Promise<MoveReport> {
  if ((await target.state()) === 'filled') {
    throw new AppError('conflict', { what: target.place, problem: 'it is not empty; a move needs an empty store' });
  }
  const before = await source.summary();
  await target.begin();
  await copyTables(source, target, before, onProgress);
  await copyLog(source, target, before, onProgress);
  onProgress({ what: 'counters and comparison', done: 0, total: 1 });
  await target.derive(await source.facts());
  const after = await target.summary();
  const differences = differencesOf(before, after);
  if (differences.length > 0) {
    throw new AppError('verification_failed', { what: target.place, problem: differences.slice(0, 5).join('; ') });
  }
  const changes = await source.changes();
  if (changes.length > 0) {
    const problem = `it was written to meanwhile (${changes.join(', ')}); stop every node and begin again`;
    throw new AppError('conflict', { what: source.place, problem });
  }
  await target.complete();
  onProgress({ what: 'counters and comparison', done: 1, total: 1 });
  return { from: source.place, to: target.place, ...after };
}

async function copyTables(
  source: PortableSource,
  target: PortableTarget,
  { counts }: StoreSummary,
  onProgress: (progress: MoveProgress) => void,
): Promise<void> {
  for (const table of PLAIN_NAMES) {
    let done = 0;
    for await (const rows of source.rows(table)) {
      await target.addRows(table, rows);
      done += rows.length;
      onProgress({ what: table, done, total: counts[table]! });
    }
  }
}

async function copyLog(
  source: PortableSource,
  target: PortableTarget,
  { trees }: StoreSummary,
  onProgress: (progress: MoveProgress) => void,
): Promise<void> {
  const total = ENVIRONMENTS.reduce((sum, environment) => sum + trees[environment].leaves, 0);
  let done = 0;
  for await (const records of source.log()) {
    await target.addLog(records);
    done += records.length;
    onProgress({ what: 'events and audit log', done, total });
  }
}

/** In words; empty when the two are equal. */
export function differencesOf(one: StoreSummary, other: StoreSummary): string[] {
  const names = [...new Set([...Object.keys(one.counts), ...Object.keys(other.counts)])];
  const counted = names
    .filter((name) => one.counts[name] !== other.counts[name])
    .map((name) => `${name}: ${one.counts[name]} there, ${other.counts[name]} here`);
  const grown = ENVIRONMENTS.flatMap((environment) => {
    const [there, here] = [one.trees[environment], other.trees[environment]];
    const isEqual = there.leaves === here.leaves && there.sequenced === here.sequenced && there.root === here.root;
    return isEqual
      ? []
      : [
          `audit tree ${environment}: ${there.leaves} leaves, root ${there.root} there, ${here.leaves}, ${here.root} here`,
        ];
  });
  return [...counted, ...grown];
}
