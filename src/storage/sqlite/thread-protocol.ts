/**
 * Messages between the thread that calls the store and the ones that run it: one message a group, one back.
 *
 * What comes often is packed: all events of a group are one JSON text and one buffer, which is handed over, not copied;
 * so are the jobs of a claim. The rest is cloned as it is.
 *
 * @module
 */
import { AppError, assert, isAppError, type ErrorCode } from '../../core/errors.js';
import type { NewEvent } from '../../core/event.js';
import type { Claim, ClaimedJob } from '../../core/job.js';
import type { Scope } from '../../core/scope.js';
import type { Outcome } from './committer.js';
import type { IncomingEvent } from './events.js';
import type { VerbCall } from './verb-lanes.js';

/** What a thread is started with. */
export interface EngineStart {
  path: string;
  nowMs: number;
}

export interface GroupMessage {
  kind: 'group';
  nowMs: number;
  /** Nobody waits behind this group: a good moment to tidy up. */
  isIdle: boolean;
  /** `undefined` in the place of an `events.accept`. */
  calls: (VerbCall | undefined)[];
  /** JSON of {@link PackedEvent}[], in the order of their calls. */
  events: string;
  bytes: ArrayBuffer;
}

export interface ReadMessage {
  kind: 'read';
  id: number;
  nowMs: number;
  call: VerbCall;
}

export type ToEngine = GroupMessage | ReadMessage | { kind: 'close' };

export type FromEngine =
  | { kind: 'ready' }
  | { kind: 'failed'; error: PackedError }
  | { kind: 'committed'; outcomes: PackedOutcome[]; bytes: ArrayBuffer[] }
  | { kind: 'read'; id: number; outcome: PackedOutcome }
  | { kind: 'fatal'; error: PackedError }
  | { kind: 'closed' };

type PackedError = { code: ErrorCode; data: Record<string, unknown>; cause?: unknown } | { thrown: unknown };

/** 0 is the answer that nearly every accept gets. */
type PackedOutcome = 0 | { value: unknown } | { claim: string; buffer: number } | { error: PackedError };

type EventMembers = Omit<NewEvent, 'headers' | 'body' | 'bodySha256' | 'dedupeKey' | 'bodyKey' | 'leaf'>;

/** An event without its bytes, and their lengths in the order in which they lie in the buffer. */
type PackedEvent = [scope: Scope, members: EventMembers, headers: number, body: number, bodyKey: number];

const HASH_BYTES = 32;
const KEY_BYTES = 16;

export function packGroup(nowMs: number, isIdle: boolean, calls: readonly VerbCall[]): GroupMessage {
  const events: PackedEvent[] = [];
  const buffer = Buffer.allocUnsafeSlow(bytesOf(calls));
  let at = 0;
  const put = (bytes: Uint8Array): void => {
    buffer.set(bytes, at);
    at += bytes.length;
  };
  const rest = calls.map((call) => {
    if (call.name !== 'events.accept') return call;
    const [scope, event] = call.args as [Scope, NewEvent];
    const { headers, body, bodySha256, dedupeKey, bodyKey, leaf, ...members } = event;
    assert(bodySha256.length === HASH_BYTES && leaf.length === HASH_BYTES, 'a hash has 32 bytes');
    assert(dedupeKey.length === KEY_BYTES && (bodyKey?.length ?? KEY_BYTES) === KEY_BYTES, 'a key has 16 bytes');
    const headersBytes = buffer.write(headers, at, 'utf8');
    at += headersBytes;
    put(body);
    put(bodySha256);
    put(leaf);
    put(dedupeKey);
    if (bodyKey !== undefined) put(bodyKey);
    events.push([scope, members, headersBytes, body.length, bodyKey === undefined ? 0 : KEY_BYTES]);
    return undefined;
  });
  return { kind: 'group', nowMs, isIdle, calls: rest, events: JSON.stringify(events), bytes: buffer.buffer };
}

function bytesOf(calls: readonly VerbCall[]): number {
  let bytes = 0;
  for (const { name, args } of calls) {
    if (name !== 'events.accept') continue;
    const event = args[1] as NewEvent;
    // A UTF-16 unit is at most three bytes of UTF-8.
    bytes += event.headers.length * 3 + event.body.length + 2 * HASH_BYTES + 2 * KEY_BYTES;
  }
  return bytes;
}

export function unpackGroup({ calls, events, bytes }: GroupMessage): VerbCall[] {
  const packed = JSON.parse(events) as PackedEvent[];
  const all = new Uint8Array(bytes);
  let at = 0;
  const take = (length: number): Uint8Array => all.subarray(at, (at += length));
  let next = 0;
  return calls.map((call) => {
    if (call !== undefined) return call;
    const [scope, members, headers, body, bodyKey] = packed[next++]!;
    const event = members as IncomingEvent;
    event.headers = take(headers);
    event.body = take(body);
    event.bodySha256 = take(HASH_BYTES);
    event.leaf = take(HASH_BYTES);
    event.dedupeKey = take(KEY_BYTES);
    if (bodyKey > 0) event.bodyKey = take(bodyKey);
    return { name: 'events.accept', args: [scope, event] };
  });
}

/** The outcomes of a group; claims go as text and buffer. */
export function packOutcomes(
  calls: readonly VerbCall[],
  outcomes: readonly Outcome[],
): FromEngine & { bytes: ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = [];
  const packed = outcomes.map((outcome, at): PackedOutcome => {
    if (!outcome.ok) return { error: packError(outcome.error) };
    if (calls[at]!.name === 'system.turn') return packClaim(outcome.value as Claim, buffers);
    if ((outcome.value as { kind?: unknown } | undefined)?.kind === 'stored') return 0;
    return { value: outcome.value };
  });
  return { kind: 'committed', outcomes: packed, bytes: buffers };
}

function packClaim({ claimed, refused }: Claim, buffers: ArrayBuffer[]): PackedOutcome {
  if (claimed.length === 0) return { value: { claimed, refused } };
  const sizes = claimed.map(({ event }) => event.body?.length ?? 0);
  const buffer = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0) + claimed.length * HASH_BYTES);
  let at = 0;
  const jobs = claimed.map(({ event: { body, bodySha256, ...event }, ...job }) => {
    buffer.set(bodySha256, at);
    at += HASH_BYTES;
    if (body !== undefined) buffer.set(body, at);
    at += body?.length ?? 0;
    return [job, event, body?.length ?? -1];
  });
  return { claim: JSON.stringify([jobs, refused]), buffer: buffers.push(buffer.buffer) - 1 };
}

function unpackClaim(text: string, buffer: ArrayBuffer): Claim {
  const [jobs, refused] = JSON.parse(text) as [[ClaimedJob, ClaimedJob['event'], number][], string[]];
  const all = new Uint8Array(buffer);
  let at = 0;
  const take = (length: number): Uint8Array => all.subarray(at, (at += length));
  const claimed = jobs.map(([job, event, body]) => {
    event.bodySha256 = take(HASH_BYTES);
    if (body >= 0) event.body = take(body);
    job.event = event;
    return job;
  });
  return { claimed, refused };
}

const STORED = Object.freeze({ kind: 'stored' });

export function unpackOutcome(outcome: PackedOutcome, bytes: readonly ArrayBuffer[]): Outcome {
  if (outcome === 0) return { ok: true, value: STORED };
  if ('error' in outcome) return { ok: false, error: unpackError(outcome.error) };
  if ('claim' in outcome) return { ok: true, value: unpackClaim(outcome.claim, bytes[outcome.buffer]!) };
  return { ok: true, value: outcome.value };
}

/** Of an outcome of a read. */
export function packOutcome(outcome: Outcome): PackedOutcome {
  return outcome.ok ? { value: outcome.value } : { error: packError(outcome.error) };
}

export function packError(error: unknown): PackedError {
  if (!isAppError(error)) return { thrown: error instanceof Error ? error : String(error) };
  return { code: error.code, data: error.data, cause: error.cause instanceof Error ? error.cause : undefined };
}

export function unpackError(packed: PackedError): unknown {
  if ('thrown' in packed) return packed.thrown;
  return new AppError(packed.code, packed.data as never, { cause: packed.cause });
}
