/**
 * Taking events in: a group of one environment is one call of one function, with one binary parameter for all headers
 * and bodies.
 *
 * @module
 */
import type { Acceptance, NewEvent } from '../../core/event.js';
import { assert } from '../../core/errors.js';
import type { Environment, Scope } from '../../core/scope.js';
import { keyText } from '../../core/key-text.js';
import {
  ACCEPT,
  ACCEPT_PARAMETERS,
  EVENT_NUMBERS,
  EVENT_TEXTS,
  FIXED,
  FIXED_BYTES,
  JOB_NUMBERS,
  JOB_TEXTS,
  JOBS_PER_EVENT,
} from './accept-function.js';
import { int4Array, int8Array, textArray } from './arrays.js';
import type { Database } from './database.js';
import { callOf } from './functions.js';
import type { Names } from './names.js';
import { plainBytes, type RecentLeaves, type UnplacedRow } from './recent-leaves.js';

const LEAF_BYTES = 32;

const CALL = callOf(ACCEPT, ACCEPT_PARAMETERS);

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

/** Whether keys that are known are likely: then looking first is cheaper than beginning again. */
export class Caution {
  #groups = 0;
  #span = CAUTION_MIN;

  get isOn(): boolean {
    return this.#groups > 0;
  }

  note(hasKnown: boolean): void {
    if (hasKnown) {
      this.#groups = this.#span;
      this.#span = Math.min(CAUTION_MAX, this.#span * 2);
    } else if (this.#groups > 0) this.#groups -= 1;
    else this.#span = CAUTION_MIN;
  }
}

/** Groups without anything known, until the next one is stored without looking. */
const CAUTION_MIN = 4;
const CAUTION_MAX = 256;

/** Stores a group, of which no two share a key. Rejects as a whole, or answers each. */
export async function acceptAll(
  database: Database,
  names: Names,
  recent: RecentLeaves,
  caution: Caution,
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
    caution.isOn,
  );
  caution.note(known.length > 0);
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

function packEvents(group: readonly Arrival[], scopes: readonly number[], origins: readonly number[]) {
  const texts: (string | undefined)[] = Array.from({ length: group.length * EVENT_TEXTS.length });
  const numbers: (number | undefined)[] = Array.from({ length: group.length * EVENT_NUMBERS.length });
  const fixed = Buffer.alloc(group.length * FIXED_BYTES);
  const leaves = Buffer.allocUnsafe(group.length * LEAF_BYTES);
  const { headersBytes, segment } = packBodies(group);
  let [text, number, keys, start] = [0, 0, 0, 0];
  for (const [at, { event, copies }] of group.entries()) {
    for (const one of [event.id, event.provider, event.type, event.key]) texts[text++] = one;
    for (const one of [event.account, event.subject, event.secretId]) texts[text++] = one;
    const { bodyKey, body } = event;
    numbers[number++] = scopes[at];
    numbers[number++] = origins[at];
    numbers[number++] = event.occurredAtMs;
    numbers[number++] = event.receivedAtMs;
    numbers[number++] = copies;
    numbers[number++] = start;
    numbers[number++] = headersBytes[at];
    numbers[number++] = body.length;
    numbers[number++] = event.jobs.length;
    numbers[number++] = event.sealed ? 1 : 0;
    numbers[number++] = bodyKey === undefined ? 0 : 1;
    start += headersBytes[at]! + body.length;
    keys += bodyKey === undefined ? 1 : 2;
    fixed.set(event.dedupeKey, at * FIXED_BYTES);
    if (bodyKey !== undefined) fixed.set(bodyKey, at * FIXED_BYTES + FIXED.key);
    fixed.set(event.bodySha256, at * FIXED_BYTES + FIXED.key + FIXED.bodyKey);
    leaves.set(event.leaf, at * LEAF_BYTES);
  }
  const leafScopes = scopes.every((scope) => scope === scopes[0]) ? scopes.slice(0, 1) : scopes;
  return [
    group.length,
    textArray(texts),
    int8Array(numbers),
    fixed,
    leaves,
    segment,
    int4Array(leafScopes),
    keys,
  ] as const;
}

/** Headers and body of one event after the other. */
function packBodies(group: readonly Arrival[]): { headersBytes: number[]; segment: Buffer } {
  const headersBytes = group.map(({ event }) => Buffer.byteLength(event.headers));
  const bytes = group.reduce((sum, { event }, at) => sum + headersBytes[at]! + event.body.length, 0);
  const segment = Buffer.allocUnsafe(bytes);
  let end = 0;
  for (const { event } of group) {
    end += segment.write(event.headers, end);
    segment.set(event.body, end);
    end += event.body.length;
  }
  return { headersBytes, segment };
}

function packJobs(group: readonly Arrival[], queues: readonly number[]) {
  const texts: (string | undefined)[] = Array.from({ length: queues.length * JOB_TEXTS.length });
  const numbers: (number | undefined)[] = Array.from({ length: queues.length * JOB_NUMBERS.length });
  const ready = new Map<number, number>();
  let [job, text, number, isOrdered] = [0, 0, 0, false];
  for (const [at, { event }] of group.entries()) {
    for (const [place, { id, orderKey, maxAttempts, delayMs, orderLimit, onDead }] of event.jobs.entries()) {
      const queue = queues[job++]!;
      texts[text++] = id;
      texts[text++] = orderKey === undefined ? undefined : keyText(orderKey);
      for (const one of [at, place, queue, maxAttempts, delayMs ?? 0, orderLimit ?? 1, onDead === 'hold' ? 1 : 0])
        numbers[number++] = one;
      if (orderKey === undefined) ready.set(queue, (ready.get(queue) ?? 0) + 1);
      else isOrdered = true;
    }
  }
  return [
    queues.length,
    textArray(texts),
    int8Array(numbers),
    isOrdered,
    int4Array([...ready.keys()]),
    int4Array([...ready.values()]),
  ] as const;
}
