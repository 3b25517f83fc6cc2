/**
 * What jobs share on their way between states: counters and order keys. A row of `ordering` is locked by the first
 * statement that touches it, until the end of the transaction: so one key has one order on all nodes.
 *
 * @module
 */
import type { JobState } from '../../core/event.js';
import { sqlFunction } from './functions.js';

/** In the order of the numbers that the `job` table holds. */
export const JOB_STATES: readonly JobState[] = ['ready', 'blocked', 'running', 'parked', 'completed', 'dead'];

export const READY = 0;
export const BLOCKED = 1;
export const RUNNING = 2;
export const PARKED = 3;
export const COMPLETED = 4;
export const DEAD = 5;

/**
 * Moves the counters: queue, state and change side by side in three arrays. To be called once, last: whoever holds a
 * counter then waits for nobody. Sessions share few slots, so a depth adds up few rows.
 */
export const COUNT_JOBS = sqlFunction({
  name: 'count_jobs',
  parameters: { p_queues: 'integer[]', p_states: 'integer[]', p_changes: 'integer[]' },
  returns: 'void',
  body: `
begin
  if cardinality(p_queues) = 0 then return; end if;
  insert into fairlead.queue_count as c (queue, slot, ready, blocked, running, parked, completed, dead)
    select q, pg_backend_pid() % 32,
        coalesce(sum(n) filter (where s = ${READY}), 0), coalesce(sum(n) filter (where s = ${BLOCKED}), 0),
        coalesce(sum(n) filter (where s = ${RUNNING}), 0), coalesce(sum(n) filter (where s = ${PARKED}), 0),
        coalesce(sum(n) filter (where s = ${COMPLETED}), 0), coalesce(sum(n) filter (where s = ${DEAD}), 0)
      from unnest(p_queues, p_states, p_changes) as change(q, s, n) group by q order by q
    on conflict (queue, slot) do update set
      ready = c.ready + excluded.ready, blocked = c.blocked + excluded.blocked,
      running = c.running + excluded.running, parked = c.parked + excluded.parked,
      completed = c.completed + excluded.completed, dead = c.dead + excluded.dead;
end`,
});

/** A slot of the key if one is free and nobody waits for it (0, ready), else a place in the line behind it (1). */
export const TAKE_PLACE = sqlFunction({
  name: 'take_place',
  parameters: { p_queue: 'integer', p_key: 'text', p_slots: 'integer' },
  returns: 'integer',
  body: `
declare
  v_blocked integer;
begin
  insert into fairlead.ordering as o (queue, key, slots, heads, blocked)
    values (p_queue, p_key, p_slots, 1, 0)
    on conflict (queue, key) do update set
      slots = p_slots,
      heads = o.heads + case when o.blocked = 0 and o.heads < p_slots then 1 else 0 end,
      blocked = o.blocked + case when o.blocked = 0 and o.heads < p_slots then 0 else 1 end
    returning blocked into v_blocked;
  return case when v_blocked = 0 then ${READY} else ${BLOCKED} end;
end`,
});

/** Fills the free slots of a key from its line, oldest first; forgets a key without jobs. Says how many it let in. */
export const PROMOTE = sqlFunction({
  name: 'promote',
  parameters: { p_queue: 'integer', p_key: 'text', p_now: 'bigint' },
  returns: 'integer',
  body: `
declare
  v_slots integer;
  v_heads integer;
  v_blocked integer;
  v_count integer;
begin
  select slots, heads, blocked into v_slots, v_heads, v_blocked from fairlead.ordering
    where queue = p_queue and key = p_key;
  v_count := least(v_slots - v_heads, v_blocked);
  if v_count > 0 then
    update fairlead.job j set state = ${READY}, updated_at = p_now
      from (select event, place from fairlead.job where state = ${BLOCKED} and queue = p_queue and order_key = p_key
        order by line limit v_count) as next
      where j.event = next.event and j.place = next.place;
    update fairlead.ordering set heads = heads + v_count, blocked = blocked - v_count
      where queue = p_queue and key = p_key;
    return v_count;
  end if;
  if v_heads = 0 and v_blocked = 0 then
    delete from fairlead.ordering where queue = p_queue and key = p_key;
  end if;
  return 0;
end`,
});

/** Gives back the slot of a job of an order key and lets the next one in. Says how many came in. */
export const LEAVE_PLACE = sqlFunction({
  name: 'leave_place',
  parameters: { p_queue: 'integer', p_key: 'text', p_now: 'bigint' },
  returns: 'integer',
  uses: [PROMOTE],
  body: `
begin
  update fairlead.ordering set heads = heads - 1 where queue = p_queue and key = p_key;
  return {promote}(p_queue, p_key, p_now);
end`,
});

/** Makes the jobs of a scope ready that wait for a call. */
export const WAKE = sqlFunction({
  name: 'wake_jobs',
  parameters: { p_now: 'bigint', p_scope: 'integer', p_call: 'text' },
  returns: 'void',
  uses: [COUNT_JOBS],
  body: `
declare
  v_queues integer[];
begin
  with woken as (
    update fairlead.job set state = ${READY}, due_at = p_now, updated_at = p_now, parked_on = null
      where state = ${PARKED} and parked_on = p_call and scope = p_scope returning queue)
  select array_agg(queue) into v_queues from woken;
  if v_queues is null then return; end if;
  perform {count_jobs}(v_queues || v_queues,
    array_fill(${PARKED}, array[cardinality(v_queues)]) || array_fill(${READY}, array[cardinality(v_queues)]),
    array_fill(-1, array[cardinality(v_queues)]) || array_fill(1, array[cardinality(v_queues)]));
end`,
});
