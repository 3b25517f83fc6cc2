/** Is the whole database what it should be: its counters, its order keys, its trees, a sample of its bodies. @module */
import { createHash } from 'node:crypto';
import type { JobState } from '../../core/event.js';
import { leafHash } from '../../core/merkle.js';
import type { Sql } from './database.js';
import type { Engine } from './engine.js';
import { EVENT_COLUMNS, PARCEL, type EventColumns } from './event-row.js';
import { PLACES } from './functions.js';
import { BLOCKED, DEAD, JOB_STATES, PARKED, READY, RUNNING } from './job-table.js';
import { SUMS } from './jobs.js';

const PROBLEMS_MAX = 100;
const BODIES_SAMPLED = 1_000;

/** Reads every row, as of one moment: minutes on a large database. Empty means sound. */
export function integrity({ database }: Engine): Promise<string[]> {
  return database.snapshot(async (sql) => {
    const checks = [counterProblems, orderProblems, treeProblems, referenceProblems, recordProblems, bodyProblems];
    const problems: string[] = [];
    for (const check of checks) problems.push(...(await check(sql)));
    return problems.slice(0, PROBLEMS_MAX);
  });
}

/** The one place that counts rows. */
async function counterProblems(sql: Sql): Promise<string[]> {
  const problems: string[] = [];
  const { counted, stored } = (await sql.one<{ counted: number; stored: number }>(EVENT_COUNT))!;
  if (counted !== stored) problems.push(`events: the counter says ${stored}, there are ${counted}`);
  const rows = new Map<string, number>();
  const counts = await sql.all<{ queue: number; state: number; count: number }>(JOB_COUNTS);
  for (const { queue, state, count } of counts) rows.set(`${queue}.${state}`, count);
  for (const queue of await sql.all<Record<JobState, number> & { id: number; name: string }>(QUEUES)) {
    for (const [number, state] of JOB_STATES.entries()) {
      const count = rows.get(`${queue.id}.${number}`) ?? 0;
      if (queue[state] === count) continue;
      problems.push(`queue ${queue.name}: the counter of ${state} jobs says ${queue[state]}, there are ${count}`);
    }
  }
  return problems;
}

const EVENT_COUNT = `select (select count(*) from fairlead.event) as counted,
  (select coalesce(sum(events), 0)::bigint from fairlead.event_count) as stored`;
const JOB_COUNTS = `select queue, state, count(*) as count from fairlead.job group by queue, state`;
const QUEUES = `select queue.id, queue.name, counts.* from fairlead.queue
  cross join lateral (select ${SUMS} from fairlead.queue_count c where c.queue = queue.id) as counts`;

/** Slots and lines of order keys: what they say, and whether somebody waits although there is room. */
async function orderProblems(sql: Sql): Promise<string[]> {
  const rows = await sql.all<{ key: string }>(WRONG_ORDER);
  return rows.map(({ key }) => `order key ${key}: its slots are not what its jobs say`);
}

const WRONG_ORDER = `with counted as (
    select queue, order_key as key, count(*) filter (where state <> ${BLOCKED}) as held,
        count(*) filter (where state = ${BLOCKED}) as waiting from fairlead.job
      where order_key is not null
        and (state in (${READY}, ${BLOCKED}, ${RUNNING}, ${PARKED}) or (state = ${DEAD} and hold))
      group by queue, order_key)
  select key from fairlead.ordering left join counted using (queue, key)
    where heads <> coalesce(held, 0) or blocked <> coalesce(waiting, 0) or (blocked > 0 and heads < slots)
  union all
  select key from counted where not exists (select from fairlead.ordering o where o.queue = counted.queue and o.key = counted.key)
  limit ${PROBLEMS_MAX}`;

async function treeProblems(sql: Sql): Promise<string[]> {
  const rows = await sql.all<{ environment: string; problem: string }>(TREE_PROBLEMS);
  return rows.map(({ environment, problem }) => `audit tree ${environment}: ${problem}`);
}

const TREE_PROBLEMS = `select environment, 'leaves of transaction ' || tx || ' are damaged' as problem from fairlead.leaves
    where length(hashes) <> count * 32 or cardinality(places) <> count
  union all
  select environment, 'leaves are missing at ' || first from (
      select environment, first, lag(first + count, 1, 0::bigint) over (partition by environment order by first) as expected
        from fairlead.leaves where first is not null) as placed where first <> expected
  union all
  select environment, 'the tree is longer than its leaves' from fairlead.tree where sequenced > (
    select coalesce(sum(count), 0) from fairlead.leaves where leaves.environment = tree.environment and first is not null)
  limit ${PROBLEMS_MAX}`;

async function referenceProblems(sql: Sql): Promise<string[]> {
  const problems: string[] = [];
  for (const [what, query] of REFERENCES) {
    const row = await sql.one<{ id: string }>(query);
    if (row !== undefined) problems.push(`${what}: ${row.id}`);
  }
  return problems;
}

const withoutLeaf = (table: string, kind: number): string => `select ${table}.id from fairlead.${table}
  join fairlead.scope on scope.id = ${table}.scope
  where not exists (select from fairlead.leaves where leaves.environment = scope.environment
    and leaves.tx = ${table}.seq / ${PLACES} and leaves.kind = ${kind}
    and leaves.places[${table}.leaf + 1] = ${table}.seq % ${PLACES}) limit 1`;

const REFERENCES: readonly (readonly [what: string, query: string])[] = [
  [
    'a job without its event',
    `select id from fairlead.job
      where not exists (select from fairlead.event where event.scope = job.scope and event.seq = job.event) limit 1`,
  ],
  [
    'a job without its queue',
    `select id from fairlead.job where not exists (select from fairlead.queue where queue.id = job.queue) limit 1`,
  ],
  ['an event without its leaf', withoutLeaf('event', 0)],
  ['an audit entry without its leaf', withoutLeaf('audit', 1)],
];

/** Records of the audit log, held against their leaves. Receipts are not kept as text: `fairlead audit verify` does them. */
async function recordProblems(sql: Sql): Promise<string[]> {
  const problems: string[] = [];
  for (let after = [0, 0], isDone = false; !isDone && problems.length < PROBLEMS_MAX;) {
    const rows = await sql.all<RecordColumns>(RECORDS, after[0]!, after[1]!, RECORDS_AT_ONCE);
    for (const { id, record, hash } of rows) {
      if (hash === null || Buffer.compare(leafHash(record), hash) !== 0)
        problems.push(`the audit entry ${id} is not what was written`);
    }
    isDone = rows.length < RECORDS_AT_ONCE;
    after = [rows.at(-1)?.scope ?? 0, rows.at(-1)?.seq ?? 0];
  }
  return problems;
}

const RECORDS_AT_ONCE = 1_000;

interface RecordColumns {
  scope: number;
  seq: number;
  id: string;
  record: string;
  hash: Uint8Array | null;
}

const RECORDS = `select audit.scope, audit.seq, audit.id, audit.record,
    substring(leaves.hashes from audit.leaf * 32 + 1 for 32) as hash
  from fairlead.audit join fairlead.scope on scope.id = audit.scope
    left join fairlead.leaves on leaves.environment = scope.environment and leaves.tx = audit.seq / ${PLACES}
  where (audit.scope, audit.seq) > ($1::integer, $2::bigint) order by audit.scope, audit.seq limit $3`;

/** Bodies spread evenly over all events, held against the hash that was taken when they came in. */
async function bodyProblems(sql: Sql): Promise<string[]> {
  const { events } = (await sql.one<{ events: number }>(
    'select count(*) as events from fairlead.event where not sealed',
  ))!;
  const step = Math.max(1, Math.floor(events / BODIES_SAMPLED));
  const rows = await sql.all<EventColumns & { parcel: Uint8Array | null }>(BODIES, step, BODIES_SAMPLED);
  return rows.flatMap(({ id, parcel, headers_bytes, body_sha256 }) => {
    if (parcel === null) return [];
    const hash = createHash('sha256').update(parcel.subarray(headers_bytes)).digest();
    return hash.equals(body_sha256) ? [] : [`the body of ${id} is not what was received`];
  });
}

const BODIES = `select ${EVENT_COLUMNS}, ${PARCEL}
  from (select *, row_number() over (order by seq) as number from fairlead.event where not sealed) as event
    join fairlead.origin as origin on origin.id = event.origin
  where event.number % $1 = 0 limit $2`;
