/** Verbs on events: take one in, look one up. Lists are in event-list.ts. @module */
import type { Acceptance, EventRow, NewEvent } from '../../core/event.js';
import { assert } from '../../core/errors.js';
import type { Scope } from '../../core/scope.js';
import { addLeaf } from './audit-table.js';
import { bodySpace, keySpace } from './dedupe.js';
import type { Engine } from './engine.js';
import { listEvents, summaryOf, type SummaryColumns, SUMMARY_COLUMNS } from './event-list.js';
import { contentOf } from './event-row.js';
import { insertJob, JOBS_PER_EVENT } from './job-table.js';

/** As it comes out of a message between threads: the headers are bytes still. */
export type IncomingEvent = Omit<NewEvent, 'headers'> & { headers: string | Uint8Array };

function accept(engine: Engine, scope: Scope, event: IncomingEvent): Acceptance {
  assert(event.jobs.length < JOBS_PER_EVENT, 'an event has fewer jobs than its place among the numbers');
  const { numbers, rows } = engine;
  const scopeId = engine.names.scopeId(scope);
  const origin = engine.names.originId(scopeId, event.sourceId);
  const known = engine.dedupe.find(keySpace(origin), event.dedupeKey);
  if (known !== undefined) return duplicateOf(engine, known, 'key');
  if (event.bodyKey !== undefined) {
    const sameBody = engine.dedupe.find(bodySpace(origin), event.bodyKey);
    if (sameBody !== undefined) return duplicateOf(engine, sameBody, 'body');
  }

  const seq = numbers.nextEvent();
  engine.dedupe.add(keySpace(origin), event.dedupeKey, seq);
  if (event.bodyKey !== undefined) engine.dedupe.add(bodySpace(origin), event.bodyKey, seq);
  const storedAtMs = engine.storedAtMs;
  const headers = typeof event.headers === 'string' ? Buffer.from(event.headers) : event.headers;
  const { segment, start } = engine.bodies.append(seq, headers, event.body, event.bodySha256, storedAtMs);
  const leaf = addLeaf(engine, scope.environment, scopeId, event.leaf, -seq);
  rows.events.add(
    seq,
    event.id,
    scopeId,
    origin,
    event.provider,
    event.type,
    event.key,
    event.dedupeKey,
    event.bodyKey ?? null,
    event.occurredAtMs ?? null,
    event.receivedAtMs,
    storedAtMs,
    event.account ?? null,
    event.subject ?? null,
    segment,
    start,
    headers.length,
    event.body.length,
    event.bodySha256,
    event.sealed ? 1 : 0,
    event.secretId ?? null,
    leaf,
    event.jobs.length,
  );
  let job = seq * JOBS_PER_EVENT;
  for (const wanted of event.jobs) insertJob(engine, engine.queues.named(scopeId, wanted.queue), job++, wanted);
  return STORED;
}

const STORED: Acceptance = Object.freeze({ kind: 'stored' });

function duplicateOf(engine: Engine, seq: number, by: 'key' | 'body'): Acceptance {
  engine.settle();
  const { id } = engine.sql.one<{ id: string }>(COUNT_DUPLICATE, seq)!;
  return { kind: 'duplicate', eventId: id, by };
}

const COUNT_DUPLICATE = `update event set duplicates = duplicates + 1 where seq = ? returning id`;

function get(engine: Engine, scope: Scope, id: string): EventRow | undefined {
  const scopeId = engine.names.findScope(scope);
  if (scopeId === undefined) return undefined;
  const row = engine.sql.one<SummaryColumns>(SELECT, scopeId, id);
  if (row === undefined) return undefined;
  return { ...summaryOf(engine, row), ...contentOf(engine, row) };
}

const SELECT = `select ${SUMMARY_COLUMNS} from event where scope = ? and id = ?`;

export const events = { accept, get, list: listEvents };
