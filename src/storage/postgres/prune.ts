/** Retention: drops what is old as a whole where it can, deletes a little at a time where it cannot. Leaves stay for ever. @module */
import { ENVIRONMENTS } from '../../core/scope.js';
import { SPEND_KEPT_MS } from '../../core/spend.js';
import type { Retention } from '../../core/store.js';
import type { Engine } from './engine.js';
import { callOf, DAY_MS, NOW, PLACES, SERVER_NOW, sqlFunction } from './functions.js';
import { BLOCKED, COMPLETED, COUNT_JOBS, DEAD, LEAVE_PLACE, PARKED, READY, RUNNING } from './job-table.js';
import { dropPartition, makePartitions, partitionsOf, type Partition } from './partitions.js';
import { pruneSessions } from './sessions.js';
import { pruneTickets } from './tickets.js';

/** Rows removed by kind: bodies, attempts, keys (of deliveries), calls, steps, rates (of limits), tickets, sessions, entries, events. */
export async function prune(engine: Engine, retention: Retention, limit: number): Promise<Record<string, number>> {
  const { database } = engine;
  const { now } = (await database.one<{ now: number }>(`select now from ${SERVER_NOW}`, engine.nowMs()))!;
  await makePartitions(database, Math.floor(now / DAY_MS));
  const partitions = await partitionsOf(database);
  const eventMs = Math.max(retention.auditMs, retention.dedupeMs, retention.bodiesMs);
  const removed: Record<string, number> = {
    bodies: await pruneBodies(engine, partitions, now - retention.bodiesMs, limit),
    attempts: await pruneAttempts(engine, partitions, now - retention.attemptsMs, limit),
    keys: await countOf(engine, callOf(PRUNE_KEYS, 2, 'count'), now - retention.dedupeMs, limit),
    calls: await database.run(OLD_CALLS, now, now - retention.dedupeMs, limit),
    steps: await database.run(OLD_STEPS, now, limit),
    approvals: await database.run(OLD_APPROVALS, now - retention.dedupeMs, limit),
    spends: await database.run(OLD_SPENDS, now - SPEND_KEPT_MS, limit),
    tickets: await pruneTickets(engine, now, limit),
    sessions: await pruneSessions(engine, now, limit),
    rates: await database.run(OLD_RATES, now - RESTED_MS, limit),
    entries: await pruneEntries(engine, partitions, now - retention.auditMs, limit),
    events: await countOf(engine, callOf(PRUNE_EVENTS, 3, 'count'), now, now - eventMs, limit),
  };
  return removed;
}

async function countOf({ database }: Engine, sql: string, ...parameters: number[]): Promise<number> {
  return (await database.one<{ count: number }>(sql, ...parameters))!.count;
}

/** Partitions of a table that are all before a moment. */
function before(partitions: readonly Partition[], table: Partition['table'], ms: number): Partition[] {
  return partitions.filter((partition) => partition.table === table && partition.to * DAY_MS <= ms);
}

/** A body that an open job still wants stays; the rest partition holds those that were saved from a dropped one. */
async function pruneBodies(
  engine: Engine,
  partitions: readonly Partition[],
  beforeMs: number,
  limit: number,
): Promise<number> {
  const { database } = engine;
  let bodies = 0;
  for (const partition of before(partitions, 'segment', beforeMs)) {
    const wanted = await database.one(`select tx from fairlead.${partition.name} as segment where ${WANTED} limit 1`);
    if (wanted === undefined) bodies += await dropPartition(database, partition, 'coalesce(sum(events), 0)::bigint');
    else bodies += await countOf(engine, deleteBodies(partition.name), beforeMs, limit);
  }
  return bodies + (await countOf(engine, deleteBodies('segment_rest'), beforeMs, limit));
}

const WANTED = `exists (select from fairlead.job
  where job.event >= segment.tx * ${PLACES} and job.event < (segment.tx + 1) * ${PLACES}
    and job.state in (${READY}, ${BLOCKED}, ${RUNNING}, ${PARKED}))`;

const deleteBodies = (table: string): string => `with gone as (
    delete from fairlead.${table} where (day, tx) in (
      select day, tx from fairlead.${table} as segment where day <= $1::bigint / ${DAY_MS} and not ${WANTED}
        and exists (select from fairlead.leaves
          where environment in (${ENVIRONMENTS.map((one) => `'${one}'`).join(', ')}) and leaves.tx = segment.tx and leaves.stored_at < $1::bigint)
        order by tx limit $2)
      returning events)
  select coalesce(sum(events), 0)::bigint as count from gone`;

async function pruneAttempts(
  engine: Engine,
  partitions: readonly Partition[],
  beforeMs: number,
  limit: number,
): Promise<number> {
  const { database } = engine;
  let attempts = 0;
  for (const partition of before(partitions, 'attempt', beforeMs)) {
    attempts += await dropPartition(database, partition, 'count(*)');
  }
  return attempts + (await database.run(OLD_ATTEMPTS, beforeMs, limit));
}

const OLD_ATTEMPTS = `delete from fairlead.attempt_rest where ctid in
  (select ctid from fairlead.attempt_rest where ended_at < $1 order by ended_at limit $2)`;

// A key outlives its own life if the installation remembers longer; an undecided call has no end.
const OLD_CALLS = `delete from fairlead.call where (scope, seq, key) in
  (select scope, seq, key from fairlead.call where forget_at < $1 and ended_at < $2 order by forget_at limit $3)`;

const OLD_STEPS = `delete from fairlead.transition where (scope, key) in
  (select scope, key from fairlead.transition where forget_at < $1 order by forget_at limit $2)`;

/** A bucket that is full again is as good as none; nobody's clock is behind by so much. */
const RESTED_MS = 3_600_000;
const OLD_RATES = `delete from fairlead.rate where key in
  (select key from fairlead.rate where theoretical < $1 limit $2)`;

const OLD_APPROVALS = `delete from fairlead.approval where seq in (select seq from fairlead.approval
  where requested_at < $1 and state in ('rejected', 'expired', 'used') order by seq limit $2)`;

const OLD_SPENDS = `delete from fairlead.spend where (scope, counter, key) in
  (select scope, counter, key from fairlead.spend where at < $1 limit $2)`;

/** Entries whose place in the tree is under a checkpoint. Their leaves stay. */
async function pruneEntries(
  engine: Engine,
  partitions: readonly Partition[],
  beforeMs: number,
  limit: number,
): Promise<number> {
  const { database } = engine;
  let entries = 0;
  for (const partition of before(partitions, 'audit', beforeMs)) {
    const open = await database.one(`select seq from fairlead.${partition.name} as audit where not ${SEALED} limit 1`);
    if (open === undefined) entries += await dropPartition(database, partition, 'count(*)');
  }
  return entries + (await database.run(OLD_ENTRIES, beforeMs, limit));
}

/** Of a row of events or entries: its leaf is under a checkpoint. */
const sealed = (table: string): string => `exists (select from fairlead.leaves
  where leaves.environment = (select environment from fairlead.scope where scope.id = ${table}.scope)
    and leaves.tx = ${table}.seq / ${PLACES}
    and leaves.first + ${table}.leaf < (select max(size) from fairlead.checkpoint c
      where c.environment = leaves.environment))`;
const SEALED = sealed('audit');

const OLD_ENTRIES = `delete from fairlead.audit_rest where ctid in (
  select ctid from fairlead.audit_rest as audit where stored_at < $1 and ${SEALED} order by seq limit $2)`;

/**
 * Where the walk over the old rows has come to, by name; it begins again when it has come to the end. So rows that must
 * stay do not keep others from going.
 */
const walkFrom = (name: string): string => `coalesce((select value from fairlead.meta where name = '${name}'), 0)`;
const REMEMBER = `on conflict (name) do update set value = excluded.value`;

/** Transactions of events stored before `p_before`, from where the walk is, in order. */
const oldTransactions = (more = ''): string => {
  const of = (environment: string): string => `(select tx from fairlead.leaves
    where environment = '${environment}' and kind = 0 and stored_at < p_before and tx > v_from ${more} order by tx limit p_limit)`;
  return `(${ENVIRONMENTS.map(of).join(' union all ')} order by tx limit p_limit) as old`;
};

/** Keys go with their age, their events later. */
const PRUNE_KEYS = sqlFunction({
  name: 'prune_keys',
  parameters: { p_before: 'bigint', p_limit: 'bigint' },
  returns: 'bigint',
  body: `
declare
  v_from bigint := ${walkFrom('keys_pruned')};
  v_last bigint;
  v_count bigint;
begin
  select max(tx) into v_last from ${oldTransactions()};
  if v_last is null then return 0; end if;
  with old as (
    select dedupe_key as key, origin * 2 as space, seq from fairlead.event
      where scope in (select id from fairlead.scope) and seq >= (v_from + 1) * ${PLACES} and seq < (v_last + 1) * ${PLACES}
        and stored_at < p_before
    union all
    select body_key, origin * 2 + 1, seq from fairlead.event
      where scope in (select id from fairlead.scope) and seq >= (v_from + 1) * ${PLACES} and seq < (v_last + 1) * ${PLACES}
        and stored_at < p_before and body_key is not null),
  gone as (
    delete from fairlead.dedupe d using old where d.key = old.key and d.space = old.space and d.event = old.seq returning 1)
  select count(*) into v_count from gone;
  insert into fairlead.meta (name, value) values ('keys_pruned', v_last) ${REMEMBER};
  return v_count;
end`,
});

/** Events go last, with their jobs: when their keys and bodies are gone and their receipt is under a checkpoint. */
const PRUNE_EVENTS = sqlFunction({
  name: 'prune_events',
  parameters: { p_now: 'bigint', p_before: 'bigint', p_limit: 'bigint' },
  returns: 'bigint',
  uses: [COUNT_JOBS, LEAVE_PLACE],
  body: `
declare
  v_now bigint := ${NOW};
  v_from bigint := ${walkFrom('events_walk')};
  v_keys bigint := ${walkFrom('keys_pruned')};
  v_last bigint;
  v_seen bigint;
  v_events bigint[];
  v_queues integer[] := '{}';
  v_states integer[] := '{}';
  v_changes integer[] := '{}';
  v_count integer;
  r record;
begin
  select max(tx), count(*) into v_last, v_seen
    from ${oldTransactions('and tx <= v_keys')};
  insert into fairlead.meta (name, value) values ('events_walk', case when v_seen < p_limit then 0 else v_last end) ${REMEMBER};
  if v_last is null then return 0; end if;
  with gone as (
    delete from fairlead.event e
      where e.scope in (select id from fairlead.scope) and e.seq >= (v_from + 1) * ${PLACES} and e.seq < (v_last + 1) * ${PLACES}
        and e.stored_at < p_before and ${sealed('e')}
        and not exists (select from fairlead.segment where segment.tx = e.seq / ${PLACES})
        and not exists (select from fairlead.job where job.event = e.seq and job.state not in (${COMPLETED}, ${DEAD}))
      returning e.seq)
  select array_agg(seq) into v_events from gone;
  if v_events is null then return 0; end if;
  delete from fairlead.attempt where event = any (v_events);
  for r in delete from fairlead.job where event = any (v_events) returning queue, state, hold, order_key loop
    v_queues := v_queues || r.queue;
    v_states := v_states || r.state::integer;
    v_changes := v_changes || -1;
    if r.state = ${DEAD} and r.hold and r.order_key is not null then
      v_count := {leave_place}(r.queue, r.order_key, v_now);
      v_queues := v_queues || array[r.queue, r.queue];
      v_states := v_states || array[${BLOCKED}, ${READY}];
      v_changes := v_changes || array[-v_count, v_count];
    end if;
  end loop;
  perform {count_jobs}(v_queues, v_states, v_changes);
  insert into fairlead.event_count as c values (pg_backend_pid() % 32, -cardinality(v_events))
    on conflict (slot) do update set events = c.events + excluded.events;
  return cardinality(v_events);
end`,
});
