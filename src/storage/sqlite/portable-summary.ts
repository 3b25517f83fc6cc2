/** How much of everything there is here, in the words of the neutral form, down to the roots of the audit trees. @module */
import { Frontier } from '../../core/frontier.js';
import { PLAIN_NAMES, type PortableFacts, type StoreSummary } from '../../core/portable.js';
import { ENVIRONMENTS, type Environment } from '../../core/scope.js';
import { sequencedSize } from './audit-row.js';
import type { Engine } from './engine.js';
import { JOB_STATES } from './queues.js';

const LEAVES_AT_ONCE = 5_000;

/** Reads every leaf. */
export function summaryOf(engine: Engine): StoreSummary {
  const { sql } = engine;
  const counts: Record<string, number> = {};
  for (const table of PLAIN_NAMES) counts[table] = countOf(engine, `select count(*) as count from "${table}"`);
  for (const [name, query] of COUNTS) counts[name] = countOf(engine, query);
  for (const state of JOB_STATES) counts[`jobs ${state}`] = 0;
  for (const { state, count } of sql.all<{ state: number; count: number }>(JOBS)) {
    counts[`jobs ${JOB_STATES[state]}`] = count;
  }
  const trees = Object.fromEntries(ENVIRONMENTS.map((environment) => [environment, treeOf(engine, environment)]));
  return { counts, trees: trees as StoreSummary['trees'] };
}

function countOf({ sql }: Engine, query: string): number {
  return sql.one<{ count: number }>(query)!.count;
}

const JOBS = `select state, count(*) as count from job group by state`;

/** Keys of events after this one are in memory of the process that runs, and in their events. */
export const KEYS_IN_TREE_TO = `(select coalesce(max(value), 0) from meta where name in ('keys_moved', 'keys_pruned'))`;

const COUNTS: readonly (readonly [name: string, query: string])[] = [
  ['events', 'select count(*) as count from event'],
  ['bodies', 'select count(*) as count from event where segment in (select id from segment)'],
  [
    'keys',
    `select (select count(*) from dedupe where event <= ${KEYS_IN_TREE_TO})
      + (select count(*) + count(body_key) from event where seq > ${KEYS_IN_TREE_TO}) as count`,
  ],
  ['attempts', 'select count(*) as count from attempt'],
  ['entries', 'select count(*) as count from audit'],
];

function treeOf(engine: Engine, environment: Environment): StoreSummary['trees'][Environment] {
  const frontier = new Frontier();
  const sql = `select hash from leaf_${environment} where n > ? order by n limit ${LEAVES_AT_ONCE}`;
  for (let isDone = false; !isDone;) {
    const rows = engine.sql.tuples<[Uint8Array]>(sql, frontier.size);
    for (const [hash] of rows) frontier.append(hash);
    isDone = rows.length < LEAVES_AT_ONCE;
  }
  const root = Buffer.from(frontier.root()).toString('hex');
  return { leaves: frontier.size, sequenced: sequencedSize(engine, environment), root };
}

export function factsOf(engine: Engine): PortableFacts {
  const sources = engine.sql.one<{ value: number }>(`select value from meta where name = 'sources'`);
  const [sandbox, live] = [sequencedSize(engine, 'sandbox'), sequencedSize(engine, 'live')];
  return { sequenced: { sandbox, live }, sourcesVersion: sources?.value ?? 0 };
}
