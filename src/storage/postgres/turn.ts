/** The heart of the queue: one turn, and when the next is due. What it does is in turn-function.ts. @module */
import type { Claim, ClaimedJob, JobSettlement, Turn } from '../../core/job.js';
import { int4Array, int8Array, textArray } from './arrays.js';
import type { Engine } from './engine.js';
import { callOf, NOW, sqlFunction } from './functions.js';
import { READY, RUNNING } from './job-table.js';
import { claimedJob, Parcels, readLines, type ClaimedColumns, type Parcel } from './claimed-lines.js';
import { OUTCOMES, TURN, TURN_PARAMETERS } from './turn-function.js';

type TurnRow = { kind: 0; words: string } | { kind: 1; words: string } | { kind: 2; number: number } | Parcel;

const CALL = callOf(TURN, Object.keys(TURN_PARAMETERS).length);

export async function turn(engine: Engine, { settled, start = [], claim, extend }: Turn): Promise<Claim> {
  if (extend !== undefined) engine.claimed.forget(extend.jobs);
  engine.claimed.forget(start);
  const rest = settled.filter(({ outcome }) => outcome !== 'completed');
  const ended = rest.length === 0 ? settled : [...rest, ...settled.filter(({ outcome }) => outcome === 'completed')];
  const rows = await engine.database.all<TurnRow>(
    CALL,
    engine.nowMs(),
    textArray(ended.map(({ id }) => id)),
    int4Array(ended.map(({ fence }) => fence)),
    engine.claimed.take(ended),
    int4Array(rest.map(({ outcome }) => OUTCOMES.indexOf(outcome))),
    int8Array(rest.map(delayOf)),
    textArray(rest.map(wordsOf)),
    textArray(start.map(({ id }) => id)),
    int4Array(start.map(({ fence }) => fence)),
    textArray(extend?.jobs.map(({ id }) => id) ?? []),
    int4Array(extend?.jobs.map(({ fence }) => fence) ?? []),
    extend?.leaseMs ?? 0,
    Math.max(0, claim?.limit ?? 0),
    claim?.leaseMs ?? 0,
    engine.servedLast,
    claim?.owner ?? null,
  );
  return await claimOf(engine, rows);
}

async function claimOf(engine: Engine, rows: readonly TurnRow[]): Promise<Claim> {
  const refused: string[] = [];
  const lines: string[] = [];
  const parcels = new Parcels();
  for (const row of rows) {
    if (row.kind === 0) lines.push(row.words);
    else if (row.kind === 1) refused.push(row.words);
    else if (row.kind === 2) engine.servedLast = row.number;
    else parcels.add(row);
  }
  return { claimed: lines.length === 0 ? [] : await claimedJobs(engine, readLines(lines), parcels), refused };
}

function delayOf(settlement: JobSettlement): number | undefined {
  if (settlement.outcome === 'retry') return settlement.delayMs;
  return settlement.outcome === 'released' ? settlement.wait?.delayMs : undefined;
}

function wordsOf(settlement: JobSettlement): string | undefined {
  switch (settlement.outcome) {
    case 'retry':
    case 'dead':
      return settlement.error;
    case 'parked':
      return settlement.parkedOn;
    case 'released':
      return settlement.wait?.reason;
    default:
      return undefined;
  }
}

async function claimedJobs(
  { names, claimed }: Engine,
  rows: readonly ClaimedColumns[],
  parcels: Parcels,
): Promise<ClaimedJob[]> {
  const [scopes, queues, origins] = await Promise.all([
    names.scopesOf(rows.map((row) => row[2])),
    names.namesOf(
      'queue',
      rows.map((row) => row[3]),
    ),
    names.namesOf(
      'origin',
      rows.map((row) => row[10][1]),
    ),
  ]);
  return rows.map((row, at) => {
    const [id, tid, , , fence] = row;
    claimed.keep({ id, fence }, tid);
    return claimedJob(row, { scope: scopes[at]!, queue: queues[at]!, sourceId: origins[at]! }, parcels);
  });
}

/** When the next job falls due in a queue that is not paused, or the next lease ends, in milliseconds from now. */
const NEXT_DUE = sqlFunction({
  name: 'next_due',
  parameters: { p_now: 'bigint' },
  returns: 'bigint',
  body: `
declare
  v_now bigint := ${NOW};
  v_next bigint;
  v_after integer := 0;
  r record;
begin
  select min(lease_until) into v_next from fairlead.job where state = ${RUNNING};
  loop
    select queue, due_at into r from fairlead.job where state = ${READY} and queue > v_after order by queue, due_at limit 1;
    exit when not found;
    v_after := r.queue;
    if v_next is null or r.due_at < v_next then
      if exists (select from fairlead.queue q join fairlead.scope s on s.id = q.scope
          where q.id = r.queue and not q.paused and not s.paused) then
        v_next := r.due_at;
      end if;
    end if;
  end loop;
  return case when v_next is not null then greatest(0, v_next - v_now) end;
end`,
});

export async function nextDueInMs(engine: Engine): Promise<number | undefined> {
  const row = await engine.database.one<{ due: number | null }>(callOf(NEXT_DUE, 1, 'due'), engine.nowMs());
  return row?.due ?? undefined;
}
