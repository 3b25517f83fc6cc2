/** The heart of the queue: one turn, and when the next is due. What it does is in turn-function.ts. @module */
import type { Claim, ClaimedJob, JobSettlement, Turn } from '../../core/job.js';
import { int4Array, int8Array, textArray } from './arrays.js';
import type { Engine } from './engine.js';
import { callOf, NOW, sqlFunction } from './functions.js';
import { READY, RUNNING } from './job-table.js';
import { OUTCOMES, TURN, TURN_PARAMETERS } from './turn-function.js';

interface TurnRow {
  kind: 0 | 1 | 2;
  id: string;
  scope: number;
  queue: number;
  fence: number;
  attempt: number;
  max_attempts: number;
  ahead: boolean;
  waits_since: number | null;
  generation: number;
  event_id: string;
  origin: number;
  provider: string;
  type: string;
  key: string;
  received_at: number;
  occurred_at: number | null;
  account: string | null;
  subject: string | null;
  sealed: boolean;
  secret: string | null;
  body_sha256: Uint8Array;
  headers_bytes: number;
  body_bytes: number;
  parcel: Uint8Array | null;
  tid: string;
}

const CALL = callOf(TURN, Object.keys(TURN_PARAMETERS).length);

export async function turn(engine: Engine, { settled, start = [], claim, extend }: Turn): Promise<Claim> {
  if (extend !== undefined) engine.claimed.forget(extend.jobs);
  engine.claimed.forget(start);
  const rows = await engine.database.all<TurnRow>(
    CALL,
    engine.nowMs(),
    textArray(settled.map(({ id }) => id)),
    int4Array(settled.map(({ fence }) => fence)),
    int4Array(settled.map(({ outcome }) => OUTCOMES.indexOf(outcome))),
    int8Array(settled.map(delayOf)),
    textArray(settled.map(wordsOf)),
    engine.claimed.take(settled),
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
  const refused = rows.filter(({ kind }) => kind === 1).map(({ id }) => id);
  const served = rows.find(({ kind }) => kind === 2);
  if (served !== undefined) engine.servedLast = served.queue;
  return {
    claimed: await claimedJobs(
      engine,
      rows.filter(({ kind }) => kind === 0),
    ),
    refused,
  };
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

async function claimedJobs({ names, claimed }: Engine, rows: readonly TurnRow[]): Promise<ClaimedJob[]> {
  if (rows.length === 0) return [];
  const [scopes, queues, origins] = await Promise.all([
    names.scopesOf(rows.map(({ scope }) => scope)),
    names.namesOf(
      'queue',
      rows.map(({ queue }) => queue),
    ),
    names.namesOf(
      'origin',
      rows.map(({ origin }) => origin),
    ),
  ]);
  for (const row of rows) claimed.keep(row, row.tid);
  return rows.map((row, at) => ({
    id: row.id,
    scope: scopes[at]!,
    queue: queues[at]!,
    fence: row.fence,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    generation: row.generation,
    ...(row.ahead && { ahead: true as const }),
    ...(row.waits_since !== null && { waitingSinceMs: row.waits_since }),
    event: eventOf(row, origins[at]!),
  }));
}

function eventOf(row: TurnRow, sourceId: string): ClaimedJob['event'] {
  const { parcel } = row;
  const event: ClaimedJob['event'] = {
    id: row.event_id,
    sourceId,
    provider: row.provider,
    type: row.type,
    key: row.key,
    receivedAtMs: row.received_at,
    bodyBytes: row.body_bytes,
    headers: parcel === null ? '{}' : Buffer.from(parcel.subarray(0, row.headers_bytes)).toString(),
    bodySha256: row.body_sha256,
    sealed: row.sealed,
  };
  if (parcel !== null) event.body = parcel.subarray(row.headers_bytes);
  if (row.occurred_at !== null) event.occurredAtMs = row.occurred_at;
  if (row.account !== null) event.account = row.account;
  if (row.subject !== null) event.subject = row.subject;
  if (row.secret !== null) event.secretId = row.secret;
  return event;
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
