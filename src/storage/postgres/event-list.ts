/** Lists of events, newest or oldest first in the order of their numbers, with the state that their jobs add up to. @module */
import type { EventFilter, EventState, EventSummary, JobState } from '../../core/event.js';
import { boundsOf, cursorOf } from '../../core/page-cursor.js';
import type { Scope } from '../../core/scope.js';
import type { Page, PageRequest } from '../../core/store.js';
import { textArray } from './arrays.js';
import { Conditions, type Engine } from './engine.js';
import { EVENT_COLUMNS, EVENT_JOINED, identityOf, type EventColumns } from './event-row.js';
import { BLOCKED, COMPLETED, DEAD, JOB_STATES, PARKED, READY, RUNNING } from './job-table.js';
import { settledPage, WITH_EDGE } from './settled-page.js';
import { fromStoredText } from '../../core/stored-text.js';
import { storedSince, storedUntil } from './time-bounds.js';

/** What an event has come to: the worst that one of its jobs has, then the furthest that none of them has passed. */
const STATE = `case when event.jobs = 0 then 'unhandled' else (
  select case
    when bool_or(state = ${DEAD}) then 'dead'
    when bool_or(state in (${RUNNING}, ${PARKED})) then 'processing'
    when bool_or(state in (${READY}, ${BLOCKED}) and error is not null) then 'failed'
    when bool_and(state = ${COMPLETED}) then 'completed'
    when bool_or(state = ${COMPLETED}) then 'processing'
    else 'received' end
  from fairlead.job where job.event = event.seq) end`;

const JOBS = `(select coalesce(json_agg(json_build_array(job.id, queue.name, job.state, job.attempts, job.error)
    order by job.place), '[]')::text
  from fairlead.job join fairlead.queue on queue.id = job.queue where job.event = event.seq)`;

export const SUMMARY_COLUMNS = `${EVENT_COLUMNS}, ${STATE} as state, ${JOBS} as jobs`;

export interface SummaryColumns extends EventColumns {
  state: EventState;
  /** JSON. */
  jobs: string;
}

type JobTuple = [id: string, queue: string, state: number, attempts: number, error: string | null];

export function summaryOf(row: SummaryColumns): EventSummary {
  const jobs = (JSON.parse(row.jobs) as JobTuple[]).map(jobOf);
  return { ...identityOf(row), state: row.state, duplicates: row.duplicates, jobs };
}

function jobOf([id, queue, state, attempts, error]: JobTuple): EventSummary['jobs'][number] {
  const job: EventSummary['jobs'][number] = { id, queue, state: JOB_STATES[state] as JobState, attempts };
  if (error !== null) job.error = fromStoredText(error);
  return job;
}

export async function listEvents(
  engine: Engine,
  scope: Scope,
  filter: EventFilter,
  page: PageRequest,
): Promise<Page<EventSummary>> {
  const bounds = boundsOf(page, 1);
  const scopeId = await engine.names.findScope(scope);
  if (scopeId === undefined) return { rows: [] };
  const conditions = conditionsOf(scopeId, filter);
  if (bounds.after !== undefined)
    conditions.add(bounds.newestFirst ? 'event.seq < ?' : 'event.seq > ?', bounds.after[0]!);
  const sql = `select ${SUMMARY_COLUMNS}, ${WITH_EDGE} from ${EVENT_JOINED} ${conditions.where}
    order by event.seq ${bounds.newestFirst ? 'desc' : 'asc'} limit ${conditions.place(bounds.limit + 1)}`;
  return settledPage(
    () => engine.database.all<SummaryColumns & { edge: number }>(sql, ...conditions.parameters),
    bounds,
    summaryOf,
    ({ seq }) => cursorOf(seq),
  );
}

function conditionsOf(scopeId: number, filter: EventFilter): Conditions {
  const { sourceId, provider, type, state, sinceMs, untilMs, ids, key } = filter;
  const conditions = new Conditions();
  conditions.add('event.scope = ?', scopeId);
  if (ids !== undefined) conditions.add('event.id = any (?::text[])', textArray(ids));
  conditions.equal('origin.name', sourceId);
  conditions.equal('event.provider', provider);
  conditions.equal('event.type', type);
  conditions.equal('event.key', key);
  if (sinceMs !== undefined) conditions.add(`event.received_at >= ? and event.seq >= ${storedSince}`, sinceMs, sinceMs);
  if (untilMs !== undefined) conditions.add(`event.received_at < ? and event.seq < ${storedUntil}`, untilMs, untilMs);
  if (state === 'unhandled') conditions.add('event.jobs = 0');
  else if (state !== undefined) conditions.add(`${STATE} = ?`, state);
  // Few jobs are dead at a time: their events are found from them, by a partial index.
  if (state === 'dead') conditions.add(`event.seq in (select event from fairlead.job where state = ${DEAD})`);
  return conditions;
}
