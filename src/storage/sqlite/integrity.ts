/** Is the whole database what it should be: its pages, its rows, its counters, its trees, a sample of its bodies. @module */
import { createHash } from 'node:crypto';
import { leafHash } from '../../core/merkle.js';
import type { JobState } from '../../core/event.js';
import type { Environment } from '../../core/scope.js';
import { ENVIRONMENTS } from '../../core/scope.js';
import type { Engine } from './engine.js';
import { contentOf, EVENT_COLUMNS, type EventColumns } from './event-row.js';
import { BLOCKED, DEAD, JOB_STATES, PARKED, READY, RUNNING } from './queues.js';

const PROBLEMS_MAX = 100;
const BODIES_SAMPLED = 1_000;

/** Reads every page: minutes on a large database. Empty means sound. */
export function integrity(engine: Engine): string[] {
  const pages = engine.sql.allOnce<PagesColumns>(`pragma integrity_check(${PROBLEMS_MAX})`);
  const problems = pages.map(({ integrity_check: problem }) => problem).filter((problem) => problem !== 'ok');
  // Rows of damaged pages may be anything: the next checks would only repeat the news.
  if (problems.length > 0) return problems;
  return [
    ...counterProblems(engine),
    ...orderProblems(engine),
    ...ENVIRONMENTS.flatMap((environment) => treeProblems(engine, environment)),
    ...referenceProblems(engine),
    ...recordProblems(engine),
    ...bodyProblems(engine),
  ].slice(0, PROBLEMS_MAX);
}

interface PagesColumns {
  integrity_check: string;
}

/** The one place that counts rows. */
function counterProblems({ sql, numbers }: Engine): string[] {
  const problems: string[] = [];
  const { counted, traced } = sql.one<{ counted: number; traced: number }>(EVENT_COUNT)!;
  // The newest ones may be missing as well: their leaves are there.
  const stored = numbers.events + Math.max(0, traced - numbers.lastEvent);
  if (counted !== stored) problems.push(`events: the counter says ${stored}, there are ${counted}`);
  const rows = new Map<string, number>();
  for (const { queue, state, count } of sql.all<CountColumns>(JOB_COUNTS)) rows.set(`${queue}.${state}`, count);
  for (const queue of sql.all<Record<JobState, number> & { id: number; name: string }>('select * from queue')) {
    for (const [number, state] of JOB_STATES.entries()) {
      const count = rows.get(`${queue.id}.${number}`) ?? 0;
      if (queue[state] === count) continue;
      problems.push(`queue ${queue.name}: the counter of ${state} jobs says ${queue[state]}, there are ${count}`);
    }
  }
  return problems;
}

interface CountColumns {
  queue: number;
  state: number;
  count: number;
}

const JOB_COUNTS = `select queue, state, count(*) as count from job group by queue, state`;

const EVENT_COUNT = `select (select count(*) from event) as counted,
  -min(0, coalesce((select min(ref) from leaf_sandbox), 0), coalesce((select min(ref) from leaf_live), 0)) as traced`;

/** Slots and lines of order keys: what they say, and whether somebody waits although there is room. */
function orderProblems({ sql }: Engine): string[] {
  return sql
    .all<{ key: string }>(WRONG_ORDER)
    .map(({ key }) => `order key ${key}: its slots are not what its jobs say`);
}

const WRONG_ORDER = `with counted as (
    select queue, order_key as key, sum(state <> ${BLOCKED}) as held, sum(state = ${BLOCKED}) as waiting from job
    where order_key is not null
      and (state in (${READY}, ${BLOCKED}, ${RUNNING}, ${PARKED}) or (state = ${DEAD} and hold = 1))
    group by queue, order_key)
  select ordering.key as key from ordering
    left join counted on counted.queue = ordering.queue and counted.key = ordering.key
    where heads <> coalesce(held, 0) or blocked <> coalesce(waiting, 0) or (blocked > 0 and heads < slots)
  union all
  select counted.key as key from counted
    where not exists (select 1 from ordering where queue = counted.queue and key = counted.key)`;

function treeProblems(engine: Engine, environment: Environment): string[] {
  const { sql } = engine;
  const table = environment === 'live' ? 'leaf_live' : 'leaf_sandbox';
  const problems: string[] = [];
  const { leaves, last } = sql.one<{ leaves: number; last: number }>(
    `select count(*) as leaves, coalesce(max(n), 0) as last from ${table}`,
  )!;
  if (leaves !== last) problems.push(`audit tree ${environment}: ${last - leaves} leaves are missing`);
  const sequenced = sql.one<{ size: number }>('select sequenced as size from tree where environment = ?', environment);
  if ((sequenced?.size ?? 0) > last) problems.push(`audit tree ${environment}: the tree is longer than its leaves`);
  const short = sql.one<{ n: number }>(`select n from ${table} where length(hash) <> 32 limit 1`);
  if (short !== undefined) problems.push(`audit tree ${environment}: leaf ${short.n - 1} is no hash`);
  return problems;
}

function referenceProblems(engine: Engine): string[] {
  const { sql } = engine;
  return REFERENCES.flatMap(([what, query]) => {
    const row = sql.one<{ id: string }>(query);
    return row === undefined ? [] : [`${what}: ${row.id}`];
  });
}

const REFERENCES: readonly (readonly [what: string, query: string])[] = [
  [
    'a job without its event',
    `select id from job where not exists (select 1 from event where seq = job.seq / 1024) limit 1`,
  ],
  ['a job without its queue', `select id from job where queue not in (select id from queue) limit 1`],
  [
    'an event without its leaf',
    `select event.id as id from event join scope on scope.id = event.scope
    where case scope.environment
      when 'live' then not exists (select 1 from leaf_live where n = event.leaf and ref = -event.seq)
      else not exists (select 1 from leaf_sandbox where n = event.leaf and ref = -event.seq) end limit 1`,
  ],
  [
    'an audit entry without its leaf',
    `select audit.id as id from audit join scope on scope.id = audit.scope
    where case scope.environment
      when 'live' then not exists (select 1 from leaf_live where n = audit.leaf and ref = audit.seq)
      else not exists (select 1 from leaf_sandbox where n = audit.leaf and ref = audit.seq) end limit 1`,
  ],
];

/** Records of the audit log, held against their leaves. Receipts are not kept as text: `fairlead audit verify` does them. */
function recordProblems(engine: Engine): string[] {
  const problems: string[] = [];
  for (let after = 0, isDone = false; !isDone && problems.length < PROBLEMS_MAX;) {
    const rows = engine.sql.all<RecordColumns>(RECORDS, after, RECORDS_AT_ONCE);
    for (const { id, record, hash } of rows) {
      if (hash === null || !equal(leafHash(record), hash))
        problems.push(`the audit entry ${id} is not what was written`);
    }
    isDone = rows.length < RECORDS_AT_ONCE;
    after = rows.at(-1)?.seq ?? after;
  }
  return problems;
}

const RECORDS_AT_ONCE = 1_000;

interface RecordColumns {
  seq: number;
  id: string;
  record: string;
  hash: Uint8Array | null;
}

const RECORDS = `select audit.seq as seq, audit.id as id, audit.record as record,
    case scope.environment when 'live' then (select hash from leaf_live where n = audit.leaf)
      else (select hash from leaf_sandbox where n = audit.leaf) end as hash
  from audit join scope on scope.id = audit.scope where audit.seq > ? order by audit.seq limit ?`;

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** Bodies spread evenly over all events, held against the hash that was taken when they came in. */
function bodyProblems(engine: Engine): string[] {
  const { sql } = engine;
  const { events } = sql.one<{ events: number }>('select count(*) as events from event where sealed = 0')!;
  const step = Math.max(1, Math.floor(events / BODIES_SAMPLED));
  const rows = sql.all<EventColumns>(
    `select ${EVENT_COLUMNS} from event where sealed = 0 and seq % ? = 0 order by seq limit ?`,
    step,
    BODIES_SAMPLED * 2,
  );
  return rows.flatMap((row) => {
    try {
      const { body } = contentOf(engine, row);
      if (body === undefined) return [];
      const hash = createHash('sha256').update(body).digest();
      return hash.equals(row.bodySha256) ? [] : [`the body of ${row.id} is not what was received`];
    } catch (error) {
      return [`the body of ${row.id}: ${(error as Error).message}`];
    }
  });
}
