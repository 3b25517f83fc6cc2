/**
 * The function that takes events in: a group of one environment becomes one row of bodies, one row of leaves, and a lean
 * row each of event, key and job.
 *
 * Its columns come as two arrays, one of texts and one of numbers, an event after the other: each array that a function
 * is given costs as much as a few of its elements.
 *
 * @module
 */
import { DAY_MS, NOW, PLACES, sqlFunction, THIS_TX } from './functions.js';
import { BLOCKED, COUNT_JOBS, PROMOTE, READY, TAKE_PLACE } from './job-table.js';

/** An event has fewer jobs than this; retries of `requeue` add some. */
export const JOBS_PER_EVENT = 1024;
/** Events in one call at most. */
export const GROUP_MAX = 512;

/** What is of fixed size of an event: delivery key, body key or zeros, hash of the body. */
export const FIXED = { key: 16, bodyKey: 16, hash: 32 } as const;
export const FIXED_BYTES = FIXED.key + FIXED.bodyKey + FIXED.hash;
const LEAF_BYTES = 32;

/** In the order in which the arrays hold them. */
export const EVENT_TEXTS = ['id', 'provider', 'type', 'key', 'account', 'subject', 'secret'] as const;
export const EVENT_NUMBERS = [
  'scope',
  'origin',
  'occurred',
  'received',
  'copies',
  'start',
  'headersBytes',
  'bodyBytes',
  'jobs',
  'sealed',
  'hasBodyKey',
] as const;
export const JOB_TEXTS = ['id', 'orderKey'] as const;
export const JOB_NUMBERS = ['event', 'place', 'queue', 'max', 'delay', 'limit', 'hold'] as const;

const PARAMETERS = {
  p_now: 'bigint',
  p_environment: 'text',
  p_total: 'integer',
  p_texts: 'text[]',
  p_numbers: 'bigint[]',
  p_fixed: 'bytea',
  p_leaves: 'bytea',
  p_segment: 'bytea',
  /** Of the leaves: one for each, or the one that all have. */
  p_scopes: 'integer[]',
  p_keys_wanted: 'integer',
  p_jobs: 'integer',
  p_job_texts: 'text[]',
  p_job_numbers: 'bigint[]',
  p_ordered: 'boolean',
  /** How many jobs without an order each of these queues gets. */
  p_queues: 'integer[]',
  p_ready: 'integer[]',
  /** Known keys are likely. */
  p_careful: 'boolean',
};
export const ACCEPT_PARAMETERS = Object.keys(PARAMETERS).length;

/** Of the event `i` or the job `j`, counted from 0. */
const element = (array: string, names: readonly string[], name: string, at: string): string =>
  `${array}[${at} * ${names.length} + ${names.indexOf(name) + 1}]`;
const text = (name: (typeof EVENT_TEXTS)[number]): string => element('p_texts', EVENT_TEXTS, name, 'i');
const number = (name: (typeof EVENT_NUMBERS)[number]): string => element('p_numbers', EVENT_NUMBERS, name, 'i');
const jobText = (name: (typeof JOB_TEXTS)[number]): string => element('p_job_texts', JOB_TEXTS, name, 'j');
const jobNumber = (name: (typeof JOB_NUMBERS)[number]): string => element('p_job_numbers', JOB_NUMBERS, name, 'j');

const KEY = `substring(p_fixed from i * ${FIXED_BYTES} + 1 for ${FIXED.key})`;
const BODY_KEY = `substring(p_fixed from i * ${FIXED_BYTES} + ${FIXED.key + 1} for ${FIXED.bodyKey})`;
const HASH = `substring(p_fixed from i * ${FIXED_BYTES} + ${FIXED.key + FIXED.bodyKey + 1} for ${FIXED.hash})`;
const PARCEL_BYTES = `(${number('headersBytes')} + ${number('bodyBytes')})::integer`;
/** From arrays, of which the planner takes any number for a few: a series it would plan anew for each length. */
const ALL_EVENTS = '(select one::integer as i from unnest(v_events) as one) as g';
const ALL_JOBS = '(select one::integer as j from unnest(v_jobs) as one) as g';
const IS_REFUSED = 'i = any (v_refused)';
const IS_TAKEN = `(v_refused is null or not ${jobNumber('event')} = any (v_refused))`;

/** The keys of a group: place in the group, space, key. */
const WANTED = `(
    select i, (${number('origin')} * 2)::integer as space, ${KEY} as key from ${ALL_EVENTS}
    union all
    select i, (${number('origin')} * 2 + 1)::integer, ${BODY_KEY} from ${ALL_EVENTS} where ${number('hasBodyKey')} = 1
  )`;

/** In the order of the keys, so that nobody waits in a circle. */
const ADD_KEYS = `insert into fairlead.dedupe (space, key, event)
      select w.space, w.key, v_first + w.i from ${WANTED} as w order by w.key, w.space, w.i`;

const ADD_KEYS_CAREFULLY = `${ADD_KEYS} on conflict do nothing;
    get diagnostics v_added = row_count;`;

const PLACES_OF_ALL = `'{${Array.from({ length: GROUP_MAX }, (_, place) => place).join(',')}}'::smallint[]`;
/** 0 and so on: a slice costs less than a series. */
const placesOf = (count: string): string => `(${PLACES_OF_ALL})[1:${count}]`;

/** Jobs with an order key, one after the other. */
const ADD_ORDERED = `for r in select ${jobNumber('event')} as e, ${jobNumber('place')} as place, ${jobText('id')} as id,
        ${jobNumber('queue')}::integer as queue, ${jobNumber('max')} as max, ${jobNumber('delay')} as delay,
        ${jobText('orderKey')} as order_key, ${jobNumber('limit')}::integer as lim, ${jobNumber('hold')} = 1 as hold
      from ${ALL_JOBS} where ${jobText('orderKey')} is not null and ${IS_TAKEN} order by queue, order_key, e, place
    loop
      v_state := {take_place}(r.queue, r.order_key, r.lim);
      insert into fairlead.job
          (event, place, scope, id, queue, state, max_attempts, due_at, updated_at, order_key, order_limit, hold, line)
        values (v_first + r.e, r.place, ${element('p_numbers', EVENT_NUMBERS, 'scope', 'r.e::integer')}, r.id, r.queue, v_state,
          r.max, v_now + r.delay, v_now, r.order_key, r.lim, r.hold, nextval('fairlead.line'));
      v_queues := v_queues || r.queue;
      v_states := v_states || v_state;
      v_changes := v_changes || 1;
      -- A later job may raise the limit for all of the key.
      if v_state = ${BLOCKED} and r.lim > 1 then
        v_added := {promote}(r.queue, r.order_key, v_now);
        v_queues := v_queues || array[r.queue, r.queue];
        v_states := v_states || array[${READY}, ${BLOCKED}];
        v_changes := v_changes || array[v_added, -v_added];
      end if;
    end loop;`;

/**
 * Answers with one row for each event that was known. Whoever stores the same key at the same time waits at the key
 * until we have ended. A group in which no key is known is the rule, and is stored without looking first.
 */
export const ACCEPT = sqlFunction({
  name: 'accept',
  parameters: PARAMETERS,
  returns: 'table (at integer, event_id text, by_body boolean)',
  uses: [COUNT_JOBS, TAKE_PLACE, PROMOTE],
  body: `
#variable_conflict use_column
declare
  v_now bigint := ${NOW};
  v_tx bigint := ${THIS_TX};
  v_first bigint := v_tx * ${PLACES};
  v_added integer := p_keys_wanted;
  v_refused integer[];
  v_segment bytea := p_segment;
  v_starts integer[];
  v_leaves bytea := p_leaves;
  v_events smallint[] := ${placesOf('p_total')};
  v_jobs integer[];
  v_places smallint[] := v_events;
  v_scopes integer[] := p_scopes;
  v_queues integer[];
  v_states integer[];
  v_changes integer[];
  v_state integer;
  r record;
begin
  if p_careful then
    ${ADD_KEYS_CAREFULLY}
  else
    begin
      ${ADD_KEYS};
    exception when unique_violation then
      ${ADD_KEYS_CAREFULLY}
    end;
  end if;

  if v_added < p_keys_wanted then
    select array_agg(distinct w.i) into v_refused from ${WANTED} as w
      where not exists (select 1 from fairlead.dedupe d
        where d.key = w.key and d.space = w.space and d.event = v_first + w.i);
    delete from fairlead.dedupe d using ${WANTED} as w
      where w.i = any (v_refused) and d.key = w.key and d.space = w.space and d.event = v_first + w.i;
    for r in
      select w.i, w.scope, w.copies, coalesce(k.event, b.event) as seq, k.event is null as by_body
        from (select i, ${number('scope')}::integer as scope, ${number('copies')}::integer as copies,
            ${number('origin')}::integer as o, ${number('hasBodyKey')} = 1 as h, ${KEY} as key, ${BODY_KEY} as body_key
          from ${ALL_EVENTS} where ${IS_REFUSED}) as w
        left join fairlead.dedupe k on k.key = w.key and k.space = w.o * 2
        left join fairlead.dedupe b on w.h and b.key = w.body_key and b.space = w.o * 2 + 1
        order by 4
    loop
      if r.seq is null then
        raise exception 'a key went while it was looked up' using errcode = 'serialization_failure';
      end if;
      update fairlead.event set duplicates = duplicates + r.copies where scope = r.scope and seq = r.seq
        returning id into event_id;
      at := r.i;
      by_body := r.by_body;
      return next;
    end loop;
    if cardinality(v_refused) = p_total then return; end if;
    select string_agg(substring(p_segment from ${number('start')}::integer + 1 for ${PARCEL_BYTES}), ''::bytea order by i),
        string_agg(substring(p_leaves from i * ${LEAF_BYTES} + 1 for ${LEAF_BYTES}), ''::bytea order by i),
        array_agg(i::smallint order by i), array_agg(${number('scope')}::integer order by i)
      into v_segment, v_leaves, v_places, v_scopes
      from ${ALL_EVENTS} where not ${IS_REFUSED};
    if cardinality(p_scopes) = 1 then v_scopes := p_scopes; end if;
    select array_agg((before)::integer order by i) into v_starts from (
      select i, coalesce(sum(case when ${IS_REFUSED} then 0 else ${PARCEL_BYTES} end)
          over (order by i rows between unbounded preceding and 1 preceding), 0) as before from ${ALL_EVENTS}) as one;
  end if;

  insert into fairlead.segment (day, tx, events, bytes)
    values (v_now / ${DAY_MS}, v_tx, cardinality(v_places), v_segment);
  insert into fairlead.leaves (environment, tx, stored_at, count, kind, scopes, places, hashes)
    values (p_environment, v_tx, v_now, cardinality(v_places), 0, v_scopes, v_places, v_leaves);
  insert into fairlead.event (scope, seq, id, origin, provider, type, key, dedupe_key, body_key, occurred_at, received_at,
      stored_at, account, subject, body_start, headers_bytes, body_bytes, body_sha256, sealed, secret, leaf, duplicates,
      jobs)
    select ${number('scope')}, v_first + i, ${text('id')}, ${number('origin')}, ${text('provider')}, ${text('type')}, ${text('key')},
        ${KEY}, case when ${number('hasBodyKey')} = 1 then ${BODY_KEY} end,
        ${number('occurred')}, ${number('received')}, v_now, ${text('account')}, ${text('subject')},
        case when v_starts is null then ${number('start')} else v_starts[i + 1] end,
        ${number('headersBytes')}, ${number('bodyBytes')}, ${HASH}, ${number('sealed')} = 1, ${text('secret')},
        case when v_refused is null then i else array_position(v_places, i::smallint) - 1 end,
        ${number('copies')} - 1, ${number('jobs')}
      from ${ALL_EVENTS} where v_refused is null or not ${IS_REFUSED};
  insert into fairlead.event_count as c values (pg_backend_pid() % 32, cardinality(v_places))
    on conflict (slot) do update set events = c.events + excluded.events;

  if p_jobs = 0 then return; end if;
  if p_jobs <= ${GROUP_MAX} then
    v_jobs := ${placesOf('p_jobs')};
  else
    v_jobs := array(select generate_series(0, p_jobs - 1));
  end if;
  insert into fairlead.job (event, place, scope, id, queue, state, max_attempts, due_at, updated_at, order_limit, hold)
    select v_first + ${jobNumber('event')}, ${jobNumber('place')},
        ${element('p_numbers', EVENT_NUMBERS, 'scope', `${jobNumber('event')}::integer`)}, ${jobText('id')}, ${jobNumber('queue')},
        ${READY}, ${jobNumber('max')}, v_now + ${jobNumber('delay')}, v_now, ${jobNumber('limit')}, ${jobNumber('hold')} = 1
      from ${ALL_JOBS} where ${jobText('orderKey')} is null and ${IS_TAKEN};
  if v_refused is null and not p_ordered then
    -- The counters come last, as everywhere: whoever holds one waits for nobody.
    insert into fairlead.queue_count as c (queue, slot, ready)
      select q, pg_backend_pid() % 32, n from unnest(p_queues, p_ready) as one(q, n) order by q
      on conflict (queue, slot) do update set ready = c.ready + excluded.ready;
    return;
  end if;
  select array_agg(queue), array_agg(${READY}), array_agg(n) into v_queues, v_states, v_changes
    from (select ${jobNumber('queue')}::integer as queue, count(*)::integer as n from ${ALL_JOBS}
      where ${jobText('orderKey')} is null and ${IS_TAKEN} group by 1) as one;
  if p_ordered then
    ${ADD_ORDERED}
  end if;
  perform {count_jobs}(v_queues, v_states, v_changes);
end`,
});
