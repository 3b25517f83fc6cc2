/** How much of everything there is here, in the words of the neutral form, down to the roots of the audit trees. @module */
import { Frontier } from '../../core/frontier.js';
import { PLAIN_NAMES, type PortableFacts, type StoreSummary } from '../../core/portable.js';
import { ENVIRONMENTS, type Environment } from '../../core/scope.js';
import { HASH_BYTES } from '../../core/merkle.js';
import type { Sql } from './database.js';
import { DAY_MS, PLACES } from './functions.js';
import { JOB_STATES } from './job-table.js';

/** Rows of leaves, of at most 4096 each. */
const ROWS_AT_ONCE = 100;

/** Reads every leaf. */
export async function summaryOf(sql: Sql): Promise<StoreSummary> {
  const counts: Record<string, number> = {};
  for (const table of PLAIN_NAMES)
    counts[table] = await countOf(sql, `select count(*) as count from fairlead."${table}"`);
  for (const [name, query] of COUNTS) counts[name] = await countOf(sql, query);
  for (const state of JOB_STATES) counts[`jobs ${state}`] = 0;
  for (const { state, count } of await sql.all<{ state: number; count: number }>(JOBS)) {
    counts[`jobs ${JOB_STATES[state]}`] = count;
  }
  const { sequenced } = await factsOf(sql);
  const trees: Partial<StoreSummary['trees']> = {};
  for (const environment of ENVIRONMENTS) {
    const frontier = await frontierOf(sql, environment);
    const root = Buffer.from(frontier.root()).toString('hex');
    trees[environment] = { leaves: frontier.size, sequenced: sequenced[environment], root };
  }
  return { counts, trees: trees as StoreSummary['trees'] };
}

async function countOf(sql: Sql, query: string): Promise<number> {
  return (await sql.one<{ count: number }>(query))!.count;
}

const JOBS = `select state, count(*) as count from fairlead.job group by state`;

const COUNTS: readonly (readonly [name: string, query: string])[] = [
  ['events', 'select count(*) as count from fairlead.event'],
  [
    'bodies',
    `select count(*) as count from fairlead.event join fairlead.segment
      on segment.tx = event.seq / ${PLACES} and segment.day = (event.stored_at / ${DAY_MS})::integer`,
  ],
  ['keys', 'select count(*) as count from fairlead.dedupe'],
  ['attempts', 'select count(*) as count from fairlead.attempt'],
  ['entries', 'select count(*) as count from fairlead.audit'],
];

/** Leaves that have no place yet follow those that have one, in the order of their transactions: so they will get it. */
async function frontierOf(sql: Sql, environment: Environment): Promise<Frontier> {
  const frontier = new Frontier();
  const page = `select tx, hashes from fairlead.leaves where environment = $1 and tx > $2 order by tx limit ${ROWS_AT_ONCE}`;
  for (let after = 0, isDone = false; !isDone;) {
    const rows = await sql.all<{ tx: number; hashes: Uint8Array }>(page, environment, after);
    for (const { hashes } of rows) {
      for (let at = 0; at < hashes.length; at += HASH_BYTES) frontier.append(hashes.subarray(at, at + HASH_BYTES));
    }
    isDone = rows.length < ROWS_AT_ONCE;
    after = rows.at(-1)?.tx ?? after;
  }
  return frontier;
}

export async function factsOf(sql: Sql): Promise<PortableFacts> {
  const sequenced = { sandbox: 0, live: 0 };
  for (const row of await sql.all<{ environment: Environment; sequenced: number }>(TREES)) {
    sequenced[row.environment] = row.sequenced;
  }
  const sources = await sql.one<{ value: number }>(`select value from fairlead.meta where name = 'sources'`);
  return { sequenced, sourcesVersion: sources?.value ?? 0 };
}

const TREES = `select environment, sequenced from fairlead.tree`;
