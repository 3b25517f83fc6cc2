/** Verbs on jobs: look at them, run them again, stop and let go their queues. What runs them is turn.ts. @module */
import type { JobState } from '../../core/event.js';
import type { JobFilter, JobRow, QueueDepth, Requeue } from '../../core/job.js';
import { boundsOf, cursorOf } from '../../core/page-cursor.js';
import type { Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import { keyText } from '../../core/key-text.js';
import { JOBS_PER_EVENT } from './accept-function.js';
import { Conditions, type Engine } from './engine.js';
import { callOf, NOW, sqlFunction } from './functions.js';
import { BLOCKED, COMPLETED, COUNT_JOBS, DEAD, JOB_STATES, PROMOTE, READY, RUNNING, TAKE_PLACE } from './job-table.js';
import { settledPage, WITH_EDGE } from './settled-page.js';
import { fromStoredText } from '../../core/stored-text.js';

interface JobColumns {
  seq: number;
  place: number;
  id: string;
  event_id: string;
  queue: string;
  state: number;
  attempts: number;
  max_attempts: number;
  generation: number;
  order_key: string | null;
  due_at: number;
  updated_at: number;
  error: string | null;
  parked_on: string | null;
  waits_since: number | null;
  /** JSON. */
  past: string;
}

const PAST = `(select coalesce(json_agg(json_build_array(attempt, ended_at, attempt.error) order by fence), '[]')::text
  from fairlead.attempt where attempt.event = job.event and attempt.place = job.place)`;

const COLUMNS = `job.event as seq, job.place, job.id, event.id as event_id, queue.name as queue, job.state, job.attempts,
  job.max_attempts, job.generation, job.order_key, job.due_at, job.updated_at, job.error, job.parked_on, job.waits_since, ${PAST} as past`;

const JOINED = `fairlead.job as job join fairlead.event as event on event.scope = job.scope and event.seq = job.event
  join fairlead.queue as queue on queue.id = job.queue`;

function rowOf(columns: JobColumns): JobRow {
  const past = JSON.parse(columns.past) as [attempt: number, endedAtMs: number, error: string][];
  const row: JobRow = {
    id: columns.id,
    eventId: columns.event_id,
    queue: columns.queue,
    state: JOB_STATES[columns.state]!,
    attempts: columns.attempts,
    maxAttempts: columns.max_attempts,
    generation: columns.generation,
    dueAtMs: columns.due_at,
    updatedAtMs: columns.updated_at,
    pastAttempts: past.map(([attempt, endedAtMs, error]) => ({ attempt, endedAtMs, error: fromStoredText(error) })),
  };
  if (columns.order_key !== null) row.orderKey = columns.order_key;
  if (columns.error !== null) row.error = columns.error;
  if (columns.parked_on !== null) row.parkedOn = columns.parked_on;
  if (columns.waits_since !== null && columns.state <= RUNNING) row.waitingSinceMs = columns.waits_since;
  return row;
}

async function get(engine: Engine, scope: Scope, id: string): Promise<JobRow | undefined> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = await engine.database.one<JobColumns>(
    `select ${COLUMNS} from ${JOINED} where job.id = $1 and job.scope = $2`,
    id,
    scopeId,
  );
  return row && rowOf(row);
}

async function list(engine: Engine, scope: Scope, filter: JobFilter, page: PageRequest): Promise<Page<JobRow>> {
  const bounds = boundsOf(page, 2);
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const conditions = new Conditions();
  conditions.add('job.scope = ?', scopeId);
  conditions.equal('queue.name', filter.queue);
  conditions.equal('event.id', filter.eventId);
  if (filter.state !== undefined) conditions.add(`job.state = ${JOB_STATES.indexOf(filter.state)}`);
  if (bounds.after !== undefined) {
    conditions.add(`(job.event, job.place) ${bounds.newestFirst ? '<' : '>'} (?, ?)`, ...bounds.after);
  }
  const order = bounds.newestFirst ? 'desc' : 'asc';
  const sql = `select ${COLUMNS}, ${WITH_EDGE} from ${JOINED} ${conditions.where}
    order by job.event ${order}, job.place ${order} limit ${conditions.place(bounds.limit + 1)}`;
  return settledPage(
    () => engine.database.all<JobColumns & { edge: number }>(sql, ...conditions.parameters),
    bounds,
    rowOf,
    ({ seq, place }) => cursorOf(seq, place),
  );
}

/** One item of a requeue. 1 when the job was made ready, or put into its line. */
const REQUEUE = sqlFunction({
  name: 'requeue',
  parameters: {
    p_now: 'bigint',
    p_scope: 'integer',
    p_event: 'text',
    p_queue: 'integer',
    p_job: 'text',
    p_max: 'integer',
    p_again: 'boolean',
    p_delay: 'bigint',
    p_order_key: 'text',
    p_limit: 'integer',
    p_hold: 'boolean',
  },
  returns: 'integer',
  uses: [COUNT_JOBS, TAKE_PLACE, PROMOTE],
  body: `
declare
  v_now bigint := ${NOW};
  v_event bigint;
  v_place integer;
  v_state integer := ${READY};
  v_count integer := 0;
  v_key text;
  j record;
begin
  -- Locked: a second requeue of the same event waits and sees what we have made of it.
  select seq into v_event from fairlead.event where scope = p_scope and id = p_event for update;
  if not found then return 0; end if;
  select * into j from fairlead.job where event = v_event and queue = p_queue for update;
  if not found then
    select coalesce(max(place) + 1, 0) into v_place from fairlead.job where event = v_event;
    if v_place >= ${JOBS_PER_EVENT} then return 0; end if;
    v_key := p_order_key;
    if v_key is not null then v_state := {take_place}(p_queue, v_key, p_limit); end if;
    update fairlead.event set jobs = jobs + 1 where scope = p_scope and seq = v_event;
    insert into fairlead.job (event, place, scope, id, queue, state, max_attempts, due_at, updated_at, order_key,
        order_limit, hold, line)
      values (v_event, v_place, p_scope, p_job, p_queue, v_state, p_max, v_now + p_delay, v_now, v_key, p_limit, p_hold,
        case when v_key is not null then nextval('fairlead.line') end);
    perform {count_jobs}(array[p_queue], array[v_state], array[1]);
  else
    if j.state not in (${COMPLETED}, ${DEAD}) then return 0; end if;
    v_key := j.order_key;
    -- A dead job that holds its key still has its place.
    if v_key is not null and not (j.state = ${DEAD} and j.hold) then
      v_state := {take_place}(p_queue, v_key, p_limit);
    end if;
    update fairlead.job set state = v_state, attempts = 0, max_attempts = p_max,
        generation = generation + case when p_again then 1 else 0 end, due_at = v_now + p_delay, updated_at = v_now,
        order_limit = p_limit, hold = p_hold, error = null, parked_on = null,
        waits_since = null
      where event = j.event and place = j.place;
    perform {count_jobs}(array[p_queue, p_queue], array[j.state::integer, v_state], array[-1, 1]);
  end if;
  if v_key is not null then v_count := {promote}(p_queue, v_key, v_now); end if;
  if v_count > 0 then
    perform {count_jobs}(array[p_queue, p_queue], array[${BLOCKED}, ${READY}], array[-v_count, v_count]);
  end if;
  return 1;
end`,
});

async function requeue(engine: Engine, scope: Scope, items: Requeue[]): Promise<{ requeued: number }> {
  const { names, database } = engine;
  const scopeId = await names.findScope(scope);
  if (scopeId === undefined || items.length === 0) return { requeued: 0 };
  const queues: number[] = [];
  for (const { queue } of items) queues.push(await names.idOf('queue', scopeId, queue));
  return database.transaction(async (sql) => {
    let requeued = 0;
    for (const [at, item] of items.entries()) {
      const row = await sql.one<{ made: number }>(
        callOf(REQUEUE, 11, 'made'),
        engine.nowMs(),
        scopeId,
        item.eventId,
        queues[at]!,
        item.jobId,
        item.maxAttempts,
        item.again,
        item.delayMs,
        item.orderKey === undefined ? null : keyText(item.orderKey),
        item.orderLimit ?? 1,
        item.onDead === 'hold',
      );
      requeued += row!.made;
    }
    return { requeued };
  });
}

async function setPaused(engine: Engine, scope: Scope, queue: string | undefined, paused: boolean): Promise<void> {
  const { names, database } = engine;
  const scopeId = await names.scopeId(scope);
  if (queue !== undefined) {
    await database.run(
      'update fairlead.queue set paused = $1 where id = $2',
      paused,
      await names.idOf('queue', scopeId, queue),
    );
    return;
  }
  await database.transaction(async (sql) => {
    await sql.run('update fairlead.scope set paused = $1 where id = $2', paused, scopeId);
    if (!paused) await sql.run('update fairlead.queue set paused = false where scope = $1 and paused', scopeId);
  });
}

interface DepthColumns extends Record<JobState, number> {
  queue: string;
  paused: boolean;
  oldest: number | null;
}

async function depth(engine: Engine, scope: Scope): Promise<QueueDepth[]> {
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return [];
  const rows = await engine.database.all<DepthColumns>(DEPTH, scopeId);
  return rows.map(({ queue, paused, oldest, ...counts }) => {
    const row: QueueDepth = { queue, paused, counts };
    if (oldest !== null) row.oldestDueAtMs = oldest;
    return row;
  });
}

/** Of counters in several rows. */
export const SUMS = JOB_STATES.map((state) => `coalesce(sum(c.${state}), 0)::bigint as ${state}`).join(', ');

// The counters and one step into the index of ready jobs: nothing here counts rows.
const DEPTH = `select queue.name as queue, queue.paused or scope.paused as paused, counts.*,
    (select min(due_at) from fairlead.job where state = ${READY} and job.queue = queue.id) as oldest
  from fairlead.queue join fairlead.scope on scope.id = queue.scope
    cross join lateral (select ${SUMS} from fairlead.queue_count c where c.queue = queue.id) as counts
  where queue.scope = $1 order by queue.name collate "C"`;

export const jobs = { get, list, requeue, setPaused, depth };
