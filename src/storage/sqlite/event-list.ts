/** Lists of events, newest or oldest first in commit order, with the state that their jobs add up to. @module */
import type { EventFilter, EventState, EventSummary, JobState } from '../../core/event.js';
import { boundsOf, cursorOf, pageOf } from '../../core/page-cursor.js';
import type { Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import type { Engine } from './engine.js';
import type { Parameter } from './engine-binding.js';
import { EVENT_COLUMNS, identityOf, type EventColumns } from './event-row.js';
import { JOBS_PER_EVENT } from './job-table.js';
import { BLOCKED, COMPLETED, DEAD, JOB_STATES, PARKED, READY, RUNNING } from './queues.js';
import { firstStoredSince, lastStoredUntil } from './time-bounds.js';

/** What an event has come to: the worst that one of its jobs has, then the furthest that none of them has passed. */
const STATE = `case when event.jobs = 0 then 'unhandled' else (
  select case
    when max(state = ${DEAD}) then 'dead'
    when max(state in (${RUNNING}, ${PARKED})) then 'processing'
    when max(state in (${READY}, ${BLOCKED}) and error is not null) then 'failed'
    when min(state = ${COMPLETED}) then 'completed'
    when max(state = ${COMPLETED}) then 'processing'
    else 'received' end
  from job
  where job.seq between event.seq * ${JOBS_PER_EVENT} and event.seq * ${JOBS_PER_EVENT} + ${JOBS_PER_EVENT - 1}) end`;

export const SUMMARY_COLUMNS = `${EVENT_COLUMNS}, ${STATE} as state`;

export interface SummaryColumns extends EventColumns {
  state: EventState;
}

export function summaryOf(engine: Engine, row: SummaryColumns): EventSummary {
  const first = row.seq * JOBS_PER_EVENT;
  const jobs = engine.sql.all<JobColumns>(JOBS, first, first + JOBS_PER_EVENT - 1);
  return { ...identityOf(engine, row), state: row.state, duplicates: row.duplicates, jobs: jobs.map(jobOf) };
}

interface JobColumns {
  id: string;
  queue: string;
  state: number;
  attempts: number;
  error: string | null;
}

const JOBS = `select job.id as id, queue.name as queue, state, attempts, error
  from job join queue on queue.id = job.queue where job.seq between ? and ? order by job.seq`;

function jobOf({ id, queue, state, attempts, error }: JobColumns): EventSummary['jobs'][number] {
  const job: EventSummary['jobs'][number] = { id, queue, state: JOB_STATES[state] as JobState, attempts };
  if (error !== null) job.error = error;
  return job;
}

export function listEvents(engine: Engine, scope: Scope, filter: EventFilter, page: PageRequest): Page<EventSummary> {
  const { limit, after, newestFirst } = boundsOf(page, 1);
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const conditions = conditionsOf(engine, scopeId, filter);
  if (after !== undefined) conditions.push([newestFirst ? 'event.seq < ?' : 'event.seq > ?', after[0]!]);
  const where = conditions.map(([condition]) => condition).join(' and ');
  const sql = `select ${SUMMARY_COLUMNS} from ${tableFor(filter)} where ${where}
    order by event.seq ${newestFirst ? 'desc' : 'asc'} limit ?`;
  const parameters = [...conditions.flatMap(([, ...values]) => values), limit + 1];
  const rows = engine.sql.allOnce<SummaryColumns>(sql, parameters);
  return pageOf(
    rows,
    limit,
    (row) => summaryOf(engine, row),
    (last) => cursorOf(last.seq),
  );
}

/** The index to walk. SQLite would choose the same most of the time; a list must not depend on statistics. */
function tableFor(filter: EventFilter): string {
  if (filter.ids !== undefined) return 'event indexed by event_id';
  return filter.state === 'unhandled' ? 'event indexed by event_unhandled' : 'event indexed by event_scope';
}

type Condition = [sql: string, ...parameters: Parameter[]];

function conditionsOf(engine: Engine, scopeId: number, filter: EventFilter): Condition[] {
  const { sourceId, provider, type, state, sinceMs, untilMs, ids, key } = filter;
  const conditions: Condition[] = [['event.scope = ?', scopeId]];
  if (ids !== undefined) conditions.push(['event.id in (select value from json_each(?))', JSON.stringify(ids)]);
  if (sourceId !== undefined) {
    conditions.push(['event.origin = ?', engine.names.findOrigin(scopeId, sourceId) ?? -1]);
  }
  if (provider !== undefined) conditions.push(['event.provider = ?', provider]);
  if (type !== undefined) conditions.push(['event.type = ?', type]);
  if (key !== undefined) conditions.push(['event.key = ?', key]);
  if (sinceMs !== undefined) {
    conditions.push(['event.received_at >= ?', sinceMs]);
    conditions.push(['event.seq >= ?', firstStoredSince(engine, 'event', sinceMs)]);
  }
  if (untilMs !== undefined) {
    conditions.push(['event.received_at < ?', untilMs]);
    conditions.push(['event.seq <= ?', lastStoredUntil(engine, 'event', untilMs)]);
  }
  if (state === 'unhandled') conditions.push(['event.jobs = 0']);
  else if (state !== undefined) conditions.push(...stateConditions(state));
  return conditions;
}

/** Few jobs are dead, running or parked at a time: their events are found from them, by a partial index. */
function stateConditions(state: EventState): Condition[] {
  const conditions: Condition[] = [[`${STATE} = ?`, state]];
  if (state === 'dead') {
    conditions.unshift([`event.seq in (select job.seq / ${JOBS_PER_EVENT} from job where state = ${DEAD})`]);
  }
  return conditions;
}
