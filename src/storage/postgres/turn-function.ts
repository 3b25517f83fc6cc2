/** The heart of the queue as one function: settle what has ended, keep what goes on, free what was abandoned, claim. @module */
import { CLAIM_BYTES_MAX } from '../../core/job.js';
import { ENDED_APPROVAL, ENDED_CALL } from './call-states.js';
import { DAY_MS, NOW, PLACES, sqlFunction } from './functions.js';
import { BLOCKED, COMPLETED, COUNT_JOBS, DEAD, LEAVE_PLACE, PARKED, READY, RUNNING } from './job-table.js';

export const OUTCOMES = ['completed', 'retry', 'dead', 'parked', 'released'] as const;

/** Abandoned jobs that one turn frees. */
const ABANDONED_MAX = 500;
/** Queues that one claim looks at. */
const QUEUES_MAX = 256;

const ABANDONED = 'lease_expired: the process that worked on this job ended or hung';

export const TURN_PARAMETERS = {
  p_now: 'bigint',
  p_ids: 'text[]',
  p_fences: 'integer[]',
  /** Where the rows of the settled lay when they were claimed, where that is known. */
  p_rows: 'tid[]',
  /** Of as many of the settled as did not just complete, which come first. */
  p_outcomes: 'integer[]',
  p_delays: 'bigint[]',
  p_words: 'text[]',
  p_start: 'text[]',
  p_start_fences: 'integer[]',
  p_extend: 'text[]',
  p_extend_fences: 'integer[]',
  p_extend_ms: 'bigint',
  p_limit: 'integer',
  p_lease_ms: 'bigint',
  /** The queue that was served last: the next ones choose first. */
  p_after: 'integer',
  /** The node that claims. */
  p_owner: 'text',
};

/**
 * A job that runs, found by something else than that: of an idle queue the statistics say that nothing runs, and a plan
 * that began with the index of running jobs would then go through them all for each job settled.
 */
const RUNS = `j.state + 0 = ${RUNNING}`;

/** Completes the settled ones that are in no order, as most are, and counts them. */
const complete = (found: string): string => `with done as (
      update fairlead.job j set state = ${COMPLETED}, updated_at = v_now, error = null, lease_until = null
        from unnest(p_ids, p_fences, p_rows) with ordinality as s(id, fence, tid, at)
        where s.at > cardinality(p_outcomes) and ${found} and j.fence = s.fence and ${RUNS} and j.order_key is null
        returning s.at::integer as at, j.queue)
    select v_done || array_agg(done.at), v_more || array_agg(done.queue) into v_done, v_more from done`;

/** A claim counts the attempt itself: the first of several. See `ClaimedJob.ahead`. */
const AT_ONCE = `(j.attempts = 0 and j.max_attempts > 1)`;

/** One attempt more in the history of a job. */
const NOTE = `insert into fairlead.attempt (day, event, place, fence, attempt, ended_at, error)
        values (v_now / ${DAY_MS}, r.event, r.place, r.fence, r.attempts, v_now, v_error)`;

/** A failed attempt of the job in `r`, with `v_error` and `v_delay`: again, or dead when it was the last. */
const FAIL = `${NOTE};
      if r.attempts >= r.max_attempts then v_to := ${DEAD}; else v_to := ${READY}; v_due := v_now + v_delay; end if;`;

/** Writes the job in `r`: its next state, its counters, its order key. */
const MOVE = `update fairlead.job set state = v_to, attempts = v_attempts, due_at = coalesce(v_due, due_at),
        updated_at = v_now, error = v_error, parked_on = v_parked_on, waits_since = v_waits_since, lease_until = null
      where event = r.event and place = r.place;
    v_queues := v_queues || array[r.queue, r.queue];
    v_states := v_states || array[${RUNNING}, v_to];
    v_changes := v_changes || array[-1, 1];
    -- A held key keeps its slot taken: the rest of it waits until somebody revives the dead one.
    if r.order_key is not null and (v_to = ${COMPLETED} or (v_to = ${DEAD} and not r.hold)) then
      v_count := {leave_place}(r.queue, r.order_key, v_now);
      if v_count > 0 then
        v_queues := v_queues || array[r.queue, r.queue];
        v_states := v_states || array[${BLOCKED}, ${READY}];
        v_changes := v_changes || array[-v_count, v_count];
      end if;
    end if;`;

/**
 * A claimed job and its event as a list in JSON, in the order of `ClaimedColumns`: one text crosses for a whole claim. As
 * rows they would be put down and sent column by column, which was a quarter of the work for a job.
 */
const LINE = (() => {
  const text = (column: string): string => `coalesce(to_json(${column}), 'null')`;
  const number = (column: string): string => `coalesce(${column}::text, 'null')`;
  const job = `'["', j.id, '","', j.ctid, '",', j.scope, ',', j.queue, ',', j.fence, ',', j.attempts + j.ahead::integer, ',',
    j.max_attempts, ',', j.ahead::integer, ',', ${number('j.waits_since')}, ',', j.generation`;
  const event = `'["', e.id, '",', e.origin, ',', ${text('e.provider')}, ',', ${text('e.type')}, ',', ${text('e.key')}, ',',
    e.received_at, ',', ${number('e.occurred_at')}, ',', ${text('e.account')}, ',', ${text('e.subject')}, ',',
    e.sealed::integer, ',', ${text('e.secret')}, ',"', encode(e.body_sha256, 'hex'), '",', e.seq / ${PLACES}, ',',
    e.body_start, ',', e.headers_bytes, ',', e.body_bytes, ']'`;
  return { job: `concat(${job}, ',', s.line, ']')`, event: `concat(${event})` };
})();

/** Between what is wanted of a segment this much and half of it may lie that is not, and is read along with it. */
const SPARE_BYTES = 4096;

/**
 * Headers and bodies of what was claimed: those of one transaction lie side by side, and are mostly wanted together
 * (kind 3). Where they are not, each is read on its own (kind 4).
 */
const PARCELS = `with wanted as materialized (
        select * from unnest(v_txs, v_days, v_starts, v_sizes) as w(tx, day, start, size)),
      parts as materialized (
        select tx, day, min(start) as start, max(start + size) - min(start) as size,
            max(start + size) - min(start) <= sum(size) * 3 / 2 + ${SPARE_BYTES} as dense
          from wanted group by tx, day),
      pieces as (
        select 3 as kind, tx, day, start, size from parts where dense
        union all
        select 4, w.tx, w.day, w.start, max(w.size) from wanted w join parts p on p.tx = w.tx and not p.dense
          group by w.tx, w.day, w.start)
      select p.kind, p.tx, p.start, null::text, substring(s.bytes from p.start + 1 for p.size)
        from pieces p join fairlead.segment s on s.tx = p.tx and s.day = p.day`;

/**
 * kind 0: claimed jobs in `words`, see {@link LINE}; 1: a settlement that was refused, in `words`; 2: in `number`, the
 * queue served last; 3 and 4: in `bytes`, headers and bodies of transaction `number`, from `start` on.
 */
export const TURN = sqlFunction({
  name: 'turn',
  parameters: TURN_PARAMETERS,
  returns: `table (kind integer, number bigint, start integer, words text, bytes bytea)`,
  uses: [COUNT_JOBS, LEAVE_PLACE],
  // Plans are made while tables are empty and kept while they fill: none may go through a whole table.
  // They are kept by force: by the server's own reckoning each turn would be planned anew, at a tenth of its cost.
  settings: {
    plan_cache_mode: 'force_generic_plan',
    enable_seqscan: 'off',
    enable_bitmapscan: 'off',
    enable_hashjoin: 'off',
    enable_mergejoin: 'off',
  },
  body: `
#variable_conflict use_column
declare
  v_now bigint := ${NOW};
  v_queues integer[] := '{}';
  v_states integer[] := '{}';
  v_changes integer[] := '{}';
  v_done integer[] := '{}';
  v_begun text[];
  v_more integer[] := '{}';
  v_to integer;
  v_attempts integer;
  v_delay bigint;
  v_due bigint;
  v_error text;
  v_parked_on text;
  v_waits_since bigint;
  v_count integer;
  v_call text;
  v_left integer := p_limit;
  v_bytes bigint := ${CLAIM_BYTES_MAX};
  v_after integer := p_after;
  v_wrapped boolean := false;
  v_served integer := p_after;
  v_candidates integer[] := '{}';
  v_lines text;
  v_txs bigint[] := '{}';
  v_days integer[] := '{}';
  v_starts integer[] := '{}';
  v_sizes integer[] := '{}';
  v_got_bytes bigint;
  v_share integer;
  v_queue integer;
  v_node integer;
  r record;
begin
  if cardinality(p_ids) > 0 then
    -- Not by the id, which has an index: the place is all that a plan may go by.
    ${complete('j.ctid = s.tid and j.id is not distinct from s.id')};
    if array_position(p_rows, null) is not null then
      ${complete('s.tid is null and j.id = s.id')};
    end if;
    if cardinality(v_done) > 0 then
      v_queues := array(select q from unnest(v_more) as one(q) group by q order by q);
      v_changes := array(select -count(*)::integer from unnest(v_more) as one(q) group by q order by q);
      v_states := array_fill(${RUNNING}, array[cardinality(v_queues)]) || array_fill(${COMPLETED}, array[cardinality(v_queues)]);
      v_changes := v_changes || array(select -n from unnest(v_changes) with ordinality as one(n, i) order by i);
      v_queues := v_queues || v_queues;
    end if;
    if cardinality(v_done) < cardinality(p_ids) then
      for r in
        select j.event, j.place, j.scope, j.queue, j.attempts, j.max_attempts, j.order_key, j.hold, j.fence, j.id, j.error,
            j.ahead, j.due_at, j.waits_since, coalesce(s.outcome, 0) as outcome, s.delay, s.words, s.at
          from unnest(p_ids, p_fences, p_outcomes, p_delays, p_words) with ordinality as s(id, fence, outcome, delay, words, at)
          join fairlead.job j on j.id = s.id and j.fence = s.fence and ${RUNS}
          order by j.queue, j.order_key, j.event, j.place for update of j
      loop
        v_attempts := r.attempts;
        v_error := r.error;
        v_due := null;
        v_parked_on := null;
        v_waits_since := r.waits_since;
        if r.outcome = 0 then
          v_to := ${COMPLETED};
          v_error := null;
        elsif r.outcome = 1 then
          v_error := r.words;
          v_delay := r.delay;
          ${FAIL}
        elsif r.outcome = 2 then
          v_error := r.words;
          ${NOTE};
          v_to := ${DEAD};
        else
          v_attempts := r.attempts - case when r.ahead then 0 else 1 end;
          v_to := ${READY};
          v_due := v_now;
          if r.outcome = 4 and r.delay is not null then
            v_due := v_now + r.delay;
            v_error := r.words;
            v_waits_since := coalesce(r.waits_since, r.due_at);
          end if;
          if r.outcome = 3 then
            -- Locked, so that neither ends without seeing us. An approval can end without its call.
            select a.state into v_call from fairlead.approval a
              where a.scope = r.scope and a.call = r.words and a.current for share;
            if v_call is null or v_call not in (${ENDED_APPROVAL}) then
              select c.state into v_call from fairlead.call c where c.scope = r.scope and c.id = r.words for share;
            end if;
            if v_call is null or v_call not in (${ENDED_CALL}, ${ENDED_APPROVAL}) then
              v_to := ${PARKED};
              v_due := null;
              v_waits_since := null;
              v_parked_on := r.words;
            end if;
          end if;
        end if;
        ${MOVE}
        v_done := v_done || r.at::integer;
      end loop;
      return query select 1, null::bigint, null::integer, s.id, null::bytea
        from unnest(p_ids) with ordinality as s(id, at) where not s.at = any (v_done);
    end if;
  end if;

  if cardinality(p_extend) > 0 then
    update fairlead.job j set lease_until = v_now + p_extend_ms
      from unnest(p_extend, p_extend_fences) as kept(id, fence)
      where j.id = kept.id and j.fence = kept.fence and ${RUNS};
  end if;

  for r in
    select j.event, j.place, j.scope, j.queue, j.attempts, j.max_attempts, j.order_key, j.hold, j.fence, j.error,
        j.ahead, j.waits_since from fairlead.job j
      where j.state = ${RUNNING} and j.lease_until <= v_now order by j.lease_until limit ${ABANDONED_MAX}
      for update skip locked
  loop
    v_attempts := r.attempts;
    v_due := null;
    v_parked_on := null;
    v_delay := 0;
    v_waits_since := r.waits_since;
    if r.ahead then
      v_to := ${READY};
      v_due := v_now;
      v_error := r.error;
    else
      v_error := '${ABANDONED}';
      ${FAIL}
    end if;
    ${MOVE}
  end loop;

  if cardinality(p_start) > 0 then
    with begun as (
      update fairlead.job j set attempts = j.attempts + j.ahead::integer, ahead = false
        from unnest(p_start, p_start_fences) as s(id, fence)
        where j.id = s.id and j.fence = s.fence and ${RUNS} and j.lease_until > v_now
        returning j.id || ' ' || j.fence as claim)
    select array_agg(begun.claim) into v_begun from begun;
    return query select 1, null::bigint, null::integer, s.id, null::bytea
      from unnest(p_start, p_start_fences) as s(id, fence) where v_begun is null or not s.id || ' ' || s.fence = any (v_begun);
  end if;

  if p_limit > 0 then
    -- Whoever is no node, or none any more, claims all the same: then the lease alone says until when.
    select n.number into v_node from fairlead.node n where n.id = p_owner;
    -- One step into the index for each queue that has ready jobs, due or not.
    loop
      select j.queue, j.due_at into r from fairlead.job j where j.state = ${READY} and j.queue > v_after
        order by j.queue, j.due_at limit 1;
      if not found or (v_wrapped and r.queue > p_after) then
        exit when v_wrapped or p_after = 0;
        v_wrapped := true;
        v_after := 0;
        continue;
      end if;
      v_after := r.queue;
      if r.due_at <= v_now and exists (select from fairlead.queue q join fairlead.scope s on s.id = q.scope
          where q.id = r.queue and not q.paused and not s.paused) then
        v_candidates := v_candidates || r.queue;
        exit when cardinality(v_candidates) >= least(p_limit, ${QUEUES_MAX});
      end if;
    end loop;

    while cardinality(v_candidates) > 0 and v_left > 0 and v_bytes > 0 loop
      v_share := greatest(1, v_left / cardinality(v_candidates));
      v_more := '{}';
      foreach v_queue in array v_candidates loop
        exit when v_left <= 0 or v_bytes <= 0;
        v_share := least(v_share, v_left);
        with due as (
          select j.ctid as tid, j.event, j.place, j.scope, j.due_at from fairlead.job j
            where j.state = ${READY} and j.queue = v_queue and j.due_at <= v_now
            order by j.due_at, j.event, j.place limit v_share for update skip locked),
        sized as (
          select d.tid, d.due_at, e.headers_bytes + e.body_bytes as bytes, e.body_start, e.stored_at,
              coalesce(sum(e.headers_bytes + e.body_bytes) over (order by d.due_at, d.event, d.place
                rows between unbounded preceding and 1 preceding), 0) as before, ${LINE.event} as line
            from due d join fairlead.event e on e.scope = d.scope and e.seq = d.event),
        taken as (
          update fairlead.job j set state = ${RUNNING}, attempts = j.attempts + ${AT_ONCE}::integer, ahead = not ${AT_ONCE},
              fence = j.fence + 1, updated_at = v_now, lease_until = v_now + p_lease_ms, node = v_node
            from sized s where j.ctid = s.tid and s.before < v_bytes
            returning j.event, j.place, s.due_at, s.stored_at, s.body_start, s.bytes, ${LINE.job} as line)
        select count(*), sum(t.bytes), string_agg(t.line, ',' order by t.due_at, t.event, t.place),
            v_txs || array_agg(t.event / ${PLACES}), v_days || array_agg((t.stored_at / ${DAY_MS})::integer),
            v_starts || array_agg(t.body_start), v_sizes || array_agg(t.bytes)
          into v_count, v_got_bytes, v_lines, v_txs, v_days, v_starts, v_sizes from taken t;
        v_served := v_queue;
        if v_count = 0 then continue; end if;
        return query select 0, null::bigint, null::integer, v_lines, null::bytea;
        v_bytes := v_bytes - v_got_bytes;
        v_left := v_left - v_count;
        v_queues := v_queues || array[v_queue, v_queue];
        v_states := v_states || array[${READY}, ${RUNNING}];
        v_changes := v_changes || array[-v_count, v_count];
        if v_count = v_share then v_more := v_more || v_queue; end if;
      end loop;
      v_candidates := v_more;
    end loop;

    return query select 2, v_served::bigint, null::integer, null::text, null::bytea;
    if cardinality(v_txs) > 0 then
      return query ${PARCELS};
    end if;
  end if;
  perform {count_jobs}(v_queues, v_states, v_changes);
end`,
});
