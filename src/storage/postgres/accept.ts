/**
 * Taking events in: a group of one environment is one call of one function, with one binary parameter for all headers
 * and bodies. It becomes one row of bodies, one row of leaves, and a lean row each of event, key and job.
 *
 * @module
 */
import type { Acceptance, NewEvent } from '../../core/event.js';
import { assert } from '../../core/errors.js';
import type { Environment, Scope } from '../../core/scope.js';
import { keyText } from '../../core/key-text.js';
import { boolArray, int4Array, int8Array, textArray } from './arrays.js';
import type { Database } from './database.js';
import { callOf, DAY_MS, NOW, PLACES, sqlFunction, THIS_TX } from './functions.js';
import { COUNT_JOBS, PROMOTE, READY, BLOCKED, TAKE_PLACE } from './job-table.js';
import type { Names } from './names.js';
import { plainBytes, type RecentLeaves, type UnplacedRow } from './recent-leaves.js';

/** An event has fewer jobs than this; retries of `requeue` add some. */
export const JOBS_PER_EVENT = 1024;

/** What is of fixed size of an event: delivery key, body key or zeros, hash of the body. */
const FIXED = { key: 16, bodyKey: 16, hash: 32 } as const;
const FIXED_BYTES = FIXED.key + FIXED.bodyKey + FIXED.hash;
const LEAF_BYTES = 32;

const PARAMETERS = {
  p_now: 'bigint',
  p_environment: 'text',
  p_ids: 'text[]',
  p_scopes: 'integer[]',
  p_origins: 'integer[]',
  p_providers: 'text[]',
  p_types: 'text[]',
  p_keys: 'text[]',
  p_occurred: 'bigint[]',
  p_received: 'bigint[]',
  p_accounts: 'text[]',
  p_subjects: 'text[]',
  p_secrets: 'text[]',
  p_sealed: 'boolean[]',
  p_body_keys: 'boolean[]',
  p_copies: 'integer[]',
  p_starts: 'integer[]',
  p_headers_bytes: 'integer[]',
  p_body_bytes: 'integer[]',
  p_jobs: 'integer[]',
  p_fixed: 'bytea',
  p_leaves: 'bytea',
  p_segment: 'bytea',
  p_keys_wanted: 'integer',
  p_job_event: 'integer[]',
  p_job_place: 'integer[]',
  p_job_ids: 'text[]',
  p_job_queues: 'integer[]',
  p_job_max: 'integer[]',
  p_job_delays: 'bigint[]',
  p_job_order_keys: 'text[]',
  p_job_limits: 'integer[]',
  p_job_holds: 'boolean[]',
  p_ordered: 'boolean',
};

/** The keys of a group: place in the group, space, key. */
const WANTED = `(
    select i::integer as i, o * 2 as space, substring(p_fixed from ((i - 1) * ${FIXED_BYTES} + 1)::integer for ${FIXED.key}) as key
      from unnest(p_origins) with ordinality as one(o, i)
    union all
    select i::integer, o * 2 + 1, substring(p_fixed from ((i - 1) * ${FIXED_BYTES} + ${FIXED.key + 1})::integer for ${FIXED.bodyKey})
      from unnest(p_origins, p_body_keys) with ordinality as one(o, b, i) where b
  )`;

/**
 * Answers with one row for each event that was known. Whoever stores the same key at the same time waits at the key
 * until we have ended, in the order of the keys, so nobody waits in a circle.
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
  v_total integer := cardinality(p_ids);
  v_added integer;
  v_refused integer[];
  v_segment bytea := p_segment;
  v_starts integer[] := p_starts;
  v_leaves bytea := p_leaves;
  v_places smallint[];
  v_scopes integer[] := p_scopes;
  v_queues integer[];
  v_states integer[];
  v_changes integer[];
  v_state integer;
  r record;
begin
  insert into fairlead.dedupe (space, key, event)
    select w.space, w.key, v_first + w.i - 1 from ${WANTED} as w order by w.key, w.space, w.i
    on conflict do nothing;
  get diagnostics v_added = row_count;

  if v_added < p_keys_wanted then
    select array_agg(distinct w.i) into v_refused from ${WANTED} as w
      where not exists (select 1 from fairlead.dedupe d
        where d.key = w.key and d.space = w.space and d.event = v_first + w.i - 1);
    delete from fairlead.dedupe d using ${WANTED} as w
      where w.i = any (v_refused) and d.key = w.key and d.space = w.space and d.event = v_first + w.i - 1;
    for r in
      select w.i, w.scope, coalesce(k.event, b.event) as seq, k.event is null as by_body
        from (select i::integer as i, s as scope, o, h,
            substring(p_fixed from ((i - 1) * ${FIXED_BYTES} + 1)::integer for ${FIXED.key}) as key,
            substring(p_fixed from ((i - 1) * ${FIXED_BYTES} + ${FIXED.key + 1})::integer for ${FIXED.bodyKey}) as body_key
          from unnest(p_scopes, p_origins, p_body_keys) with ordinality as one(s, o, h, i)
          where i = any (v_refused)) as w
        left join fairlead.dedupe k on k.key = w.key and k.space = w.o * 2
        left join fairlead.dedupe b on w.h and b.key = w.body_key and b.space = w.o * 2 + 1
        order by 3
    loop
      if r.seq is null then
        raise exception 'a key went while it was looked up' using errcode = 'serialization_failure';
      end if;
      update fairlead.event set duplicates = duplicates + p_copies[r.i] where scope = r.scope and seq = r.seq
        returning id into event_id;
      at := r.i - 1;
      by_body := r.by_body;
      return next;
    end loop;
    if cardinality(v_refused) = v_total then return; end if;
    select string_agg(substring(p_segment from p_starts[i] + 1 for p_headers_bytes[i] + p_body_bytes[i]), ''::bytea order by i),
        string_agg(substring(p_leaves from (i - 1) * ${LEAF_BYTES} + 1 for ${LEAF_BYTES}), ''::bytea order by i),
        array_agg((i - 1)::smallint order by i), array_agg(p_scopes[i] order by i)
      into v_segment, v_leaves, v_places, v_scopes
      from generate_series(1, v_total) as g(i) where not i = any (v_refused);
    select array_agg((before)::integer order by i) into v_starts from (
      select i, coalesce(sum(case when i = any (v_refused) then 0 else p_headers_bytes[i] + p_body_bytes[i] end)
          over (order by i rows between unbounded preceding and 1 preceding), 0) as before
        from generate_series(1, v_total) as g(i)) as one;
  else
    v_places := array(select generate_series(0, v_total - 1)::smallint);
  end if;

  insert into fairlead.segment (day, tx, events, bytes)
    values (v_now / ${DAY_MS}, v_tx, cardinality(v_places), v_segment);
  insert into fairlead.leaves (environment, tx, stored_at, count, kind, scopes, places, hashes)
    values (p_environment, v_tx, v_now, cardinality(v_places), 0,
      case when v_scopes[1] = all (v_scopes) then v_scopes[1:1] else v_scopes end, v_places, v_leaves);
  insert into fairlead.event (scope, seq, id, origin, provider, type, key, dedupe_key, body_key, occurred_at, received_at,
      stored_at, account, subject, body_start, headers_bytes, body_bytes, body_sha256, sealed, secret, leaf, duplicates,
      jobs)
    select scope, v_first + i - 1, id, origin, provider, type, key,
        substring(p_fixed from ((i - 1) * ${FIXED_BYTES} + 1)::integer for ${FIXED.key}),
        case when has_body_key
          then substring(p_fixed from ((i - 1) * ${FIXED_BYTES} + ${FIXED.key + 1})::integer for ${FIXED.bodyKey}) end,
        occurred, received, v_now, account, subject, start, headers_bytes, body_bytes,
        substring(p_fixed from ((i - 1) * ${FIXED_BYTES} + ${FIXED.key + FIXED.bodyKey + 1})::integer for ${FIXED.hash}),
        sealed, secret, (row_number() over ()) - 1, copies - 1, jobs
      from unnest(p_ids, p_scopes, p_origins, p_providers, p_types, p_keys, p_occurred, p_received, p_accounts, p_subjects,
          p_secrets, p_sealed, p_body_keys, p_copies, v_starts, p_headers_bytes, p_body_bytes, p_jobs) with ordinality
        as one(id, scope, origin, provider, type, key, occurred, received, account, subject, secret, sealed,
          has_body_key, copies, start, headers_bytes, body_bytes, jobs, i)
      where v_refused is null or not i = any (v_refused);
  insert into fairlead.event_count as c values (pg_backend_pid() % 32, cardinality(v_places))
    on conflict (slot) do update set events = c.events + excluded.events;

  if cardinality(p_job_ids) = 0 then return; end if;
  insert into fairlead.job (event, place, scope, id, queue, state, max_attempts, due_at, updated_at, order_limit, hold)
    select v_first + e, place, p_scopes[e + 1], id, queue, ${READY}, max, v_now + delay, v_now, lim, hold
      from unnest(p_job_event, p_job_place, p_job_ids, p_job_queues, p_job_max, p_job_delays, p_job_order_keys, p_job_limits,
        p_job_holds) as job(e, place, id, queue, max, delay, order_key, lim, hold)
      where order_key is null and (v_refused is null or not e + 1 = any (v_refused));
  select array_agg(queue), array_agg(${READY}), array_agg(n) into v_queues, v_states, v_changes
    from (select queue, count(*)::integer as n from unnest(p_job_event, p_job_queues, p_job_order_keys) as job(e, queue, k)
      where k is null and (v_refused is null or not e + 1 = any (v_refused)) group by queue) as one;

  if p_ordered then
    for r in select * from unnest(p_job_event, p_job_place, p_job_ids, p_job_queues, p_job_max, p_job_delays,
          p_job_order_keys, p_job_limits, p_job_holds) as job(e, place, id, queue, max, delay, order_key, lim, hold)
        where order_key is not null and (v_refused is null or not e + 1 = any (v_refused))
        order by queue, order_key, e, place
    loop
      v_state := {take_place}(r.queue, r.order_key, r.lim);
      insert into fairlead.job
          (event, place, scope, id, queue, state, max_attempts, due_at, updated_at, order_key, order_limit, hold, line)
        values (v_first + r.e, r.place, p_scopes[r.e + 1], r.id, r.queue, v_state, r.max, v_now + r.delay, v_now,
          r.order_key, r.lim, r.hold, nextval('fairlead.line'));
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
    end loop;
  end if;
  perform {count_jobs}(v_queues, v_states, v_changes);
end`,
});

const CALL = callOf(ACCEPT, Object.keys(PARAMETERS).length);

export interface Arrival {
  scope: Scope;
  event: NewEvent;
  /** How many times it came, in this very form; one row stands for all of them. */
  copies: number;
}

interface Known {
  at: number;
  event_id: string;
  by_body: boolean;
}

const STORED: Acceptance = Object.freeze({ kind: 'stored' });

/** Stores a group, of which no two share a key. Rejects as a whole, or answers each. */
export async function acceptAll(
  database: Database,
  names: Names,
  recent: RecentLeaves,
  nowMs: number | null,
  environment: Environment,
  group: readonly Arrival[],
): Promise<Acceptance[]> {
  const scopes: number[] = [];
  const origins: number[] = [];
  for (const { scope, event } of group) {
    const id = names.knownScope(scope) ?? (await names.scopeId(scope));
    scopes.push(id);
    origins.push(names.known('origin', id, event.sourceId) ?? (await names.idOf('origin', id, event.sourceId)));
  }
  const queues: number[] = [];
  for (const [at, { event }] of group.entries()) {
    assert(event.jobs.length < JOBS_PER_EVENT, 'an event has fewer jobs than its place among the numbers');
    for (const { queue } of event.jobs) {
      queues.push(names.known('queue', scopes[at]!, queue) ?? (await names.idOf('queue', scopes[at]!, queue)));
    }
  }
  const known = await database.all<Known>(
    CALL,
    nowMs,
    environment,
    ...packEvents(group, scopes, origins),
    ...packJobs(group, queues),
  );
  if (recent.isAsked) keepReceipts(recent, group, new Set(known.map(({ at }) => at)));
  const answers = group.map(() => STORED);
  for (const { at, event_id: eventId, by_body: byBody } of known) {
    // Known by ourselves: a group of which a part was stored before the rest failed comes again one by one.
    if (eventId !== group[at]!.event.id) answers[at] = { kind: 'duplicate', eventId, by: byBody ? 'body' : 'key' };
  }
  return answers;
}

function keepReceipts(recent: RecentLeaves, group: readonly Arrival[], known: ReadonlySet<number>): void {
  const stored = known.size === 0 ? group : group.filter((_, at) => !known.has(at));
  recent.keep(Buffer.concat(stored.map(({ event }) => event.leaf)), stored.map(receiptRow));
}

function receiptRow({ scope: { tenant, environment }, event }: Arrival): UnplacedRow {
  const { id: eventId, sourceId, provider, type, key, receivedAtMs, body, secretId, leaf } = event;
  const bodySha256 = plainBytes(event.bodySha256);
  const bodyBytes = body.length;
  const receipt = { eventId, sourceId, provider, type, key, receivedAtMs, bodySha256, bodyBytes, tenant, environment };
  const row = { leaf: plainBytes(leaf), tenant, environment };
  return { ...row, receipt: secretId === undefined ? receipt : { ...receipt, secretId } };
}

function packEvents(group: readonly Arrival[], scopes: number[], origins: number[]) {
  const events = group.map(({ event }) => event);
  const { starts, headersBytes, segment } = packBodies(events);
  const fixed = Buffer.alloc(events.length * FIXED_BYTES);
  const leaves = Buffer.allocUnsafe(events.length * LEAF_BYTES);
  for (const [at, { dedupeKey, bodyKey, bodySha256, leaf }] of events.entries()) {
    const start = at * FIXED_BYTES;
    fixed.set(dedupeKey, start);
    if (bodyKey !== undefined) fixed.set(bodyKey, start + FIXED.key);
    fixed.set(bodySha256, start + FIXED.key + FIXED.bodyKey);
    leaves.set(leaf, at * LEAF_BYTES);
  }
  return [
    textArray(events.map(({ id }) => id)),
    int4Array(scopes),
    int4Array(origins),
    textArray(events.map(({ provider }) => provider)),
    textArray(events.map(({ type }) => type)),
    textArray(events.map(({ key }) => key)),
    int8Array(events.map(({ occurredAtMs }) => occurredAtMs)),
    int8Array(events.map(({ receivedAtMs }) => receivedAtMs)),
    textArray(events.map(({ account }) => account)),
    textArray(events.map(({ subject }) => subject)),
    textArray(events.map(({ secretId }) => secretId)),
    boolArray(events.map(({ sealed }) => sealed)),
    boolArray(events.map(({ bodyKey }) => bodyKey !== undefined)),
    int4Array(group.map(({ copies }) => copies)),
    int4Array(starts),
    int4Array(headersBytes),
    int4Array(events.map(({ body }) => body.length)),
    int4Array(events.map(({ jobs }) => jobs.length)),
    fixed,
    leaves,
    segment,
    events.length + events.filter(({ bodyKey }) => bodyKey !== undefined).length,
  ] as const;
}

function packBodies(events: readonly NewEvent[]): { starts: number[]; headersBytes: number[]; segment: Buffer } {
  const starts: number[] = [];
  const headersBytes: number[] = [];
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (const { headers, body } of events) {
    const head = Buffer.from(headers);
    starts.push(bytes);
    headersBytes.push(head.length);
    parts.push(head, body);
    bytes += head.length + body.length;
  }
  return { starts, headersBytes, segment: Buffer.concat(parts, bytes) };
}

function packJobs(group: readonly Arrival[], queues: number[]) {
  const jobs = group.flatMap(({ event }, at) => event.jobs.map((job, place) => ({ ...job, at, place })));
  return [
    int4Array(jobs.map(({ at }) => at)),
    int4Array(jobs.map(({ place }) => place)),
    textArray(jobs.map(({ id }) => id)),
    int4Array(queues),
    int4Array(jobs.map(({ maxAttempts }) => maxAttempts)),
    int8Array(jobs.map(({ delayMs }) => delayMs ?? 0)),
    textArray(jobs.map(({ orderKey }) => orderKey && keyText(orderKey))),
    int4Array(jobs.map(({ orderLimit }) => orderLimit ?? 1)),
    boolArray(jobs.map(({ onDead }) => onDead === 'hold')),
    jobs.some(({ orderKey }) => orderKey !== undefined),
  ] as const;
}
