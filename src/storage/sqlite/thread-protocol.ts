/**
 * Messages between the thread that calls the store and the ones that run it: one message a group, one back.
 *
 * What comes often is packed: all events of a group are one JSON text and one buffer, which is handed over, not copied;
 * so are calls out with their entries, the jobs of a claim and the rows of the audit log. The rest is cloned as it is.
 *
 * @module
 */
import { AppError, assert, isAppError, type ErrorCode } from '../../core/errors.js';
import type { Acceptance, NewEvent, NewJob } from '../../core/event.js';
import type { CallBeginning } from '../../core/call.js';
import type { Turn } from '../../core/job.js';
import { HASH_BYTES } from '../../core/merkle.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { CallVerbs } from '../../core/store.js';
import { PackedRows, unpackRows } from './audit-message.js';
import { packCall, unpackCall, type PackedCall } from './call-message.js';
import { PackedClaim, unpackClaim } from './claim-message.js';
import type { Outcome } from './committer.js';
import { EntryPacker, EntryUnpacker, type PackedEntries } from './entry-message.js';
import type { IncomingEvent } from './events.js';
import { packTurn, unpackTurn, type PackedTurn } from './turn-message.js';
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
  calls: (VerbCall | PackedCall | PackedTurn | undefined)[];
  /** Of the calls out. */
  entries: PackedEntries;
  /** JSON of {@link PackedOrigin}[] and {@link PackedEvent}[], the events in the order of their calls. */
  events: string;
  bytes: ArrayBuffer;
  /** In which a claim came, given back for the next one. */
  spare?: ArrayBuffer;
}

export interface ReadMessage {
  kind: 'read';
  id: number;
  nowMs: number;
  call: VerbCall;
}

/** To a writer that was started with nothing, and waits to be told. */
export type ToWaitingWriter =
  { kind: 'lock'; path: string } | { kind: 'unlock'; path: string } | { kind: 'start'; start: EngineStart };

export type ToEngine = GroupMessage | ReadMessage | { kind: 'close' } | ToWaitingWriter;

export type FromEngine =
  | { kind: 'ready' }
  | { kind: 'failed'; error: PackedError }
  /** `group` is the buffer of the group, given back for the next one. */
  | { kind: 'committed'; outcomes: PackedOutcome[]; bytes: ArrayBuffer[]; group: ArrayBuffer }
  | { kind: 'read'; id: number; outcome: PackedOutcome; bytes: ArrayBuffer[] }
  | { kind: 'fatal'; error: PackedError }
  | { kind: 'closed' }
  | { kind: 'locking'; path: string; held: boolean; error?: PackedError };

type Settled = Awaited<ReturnType<CallVerbs['settle']>>;

type PackedError = { code: ErrorCode; data: Record<string, unknown>; cause?: unknown } | { thrown: unknown };

/** 0 is the answer that nearly every accept gets, a larger number the fence of a call that has begun. */
type PackedOutcome =
  | number
  | Settled
  | { value: unknown }
  | { claim: string; buffer: number }
  | { rows: string; buffer: number }
  | { error: PackedError };

/** What the events of one source have in common: a group has mostly one of them. */
type PackedOrigin = [
  tenant: string,
  environment: Environment,
  sourceId: string,
  provider: string,
  secretId: string | undefined | null,
];

/** An event without its bytes, then the lengths of those whose length varies, in the order in which they lie there. */
type PackedEvent = [
  origin: number,
  id: string,
  type: string,
  key: string,
  receivedAtMs: number,
  occurredAtMs: number | undefined | null,
  account: string | undefined | null,
  subject: string | undefined | null,
  sealed: boolean,
  jobs: NewJob[],
  headersBytes: number,
  bodyBytes: number,
  hasBodyKey: boolean,
];

const KEY_BYTES = 16;

/** Buffers of usual groups are used again: a new one costs the system's fresh pages, each cleared first. */
const SPARE_BYTES = 256 * 1024;

/** @param spare what the last group came back with; taken where it is large enough */
export function packGroup(
  nowMs: number,
  isIdle: boolean,
  calls: readonly VerbCall[],
  spare?: ArrayBuffer,
): GroupMessage {
  const events: PackedEvent[] = [];
  const origins = new Origins();
  const entries = new EntryPacker();
  const buffer = bufferFor(bytesOf(calls), spare);
  let at = 0;
  const rest: GroupMessage['calls'] = [];
  for (const call of calls) {
    if (call.name !== 'events.accept') {
      rest.push(call.name === 'system.turn' ? packTurn(call.args[0] as Turn) : packCall(call, entries));
      continue;
    }
    const [scope, event] = call.args as [Scope, NewEvent];
    const { headers, body, bodySha256, dedupeKey, bodyKey, leaf } = event;
    assert(bodySha256.length === HASH_BYTES && leaf.length === HASH_BYTES, 'a hash has 32 bytes');
    assert(dedupeKey.length === KEY_BYTES && (bodyKey?.length ?? KEY_BYTES) === KEY_BYTES, 'a key has 16 bytes');
    const headersBytes = buffer.write(headers, at, 'utf8');
    at += headersBytes;
    buffer.set(body, at);
    at += body.length;
    buffer.set(bodySha256, at);
    buffer.set(leaf, at + HASH_BYTES);
    buffer.set(dedupeKey, at + 2 * HASH_BYTES);
    at += 2 * HASH_BYTES + KEY_BYTES;
    if (bodyKey !== undefined) {
      buffer.set(bodyKey, at);
      at += KEY_BYTES;
    }
    events.push([
      origins.indexOf(scope, event),
      event.id,
      event.type,
      event.key,
      event.receivedAtMs,
      event.occurredAtMs,
      event.account,
      event.subject,
      event.sealed,
      event.jobs,
      headersBytes,
      body.length,
      bodyKey !== undefined,
    ]);
    rest.push(undefined);
  }
  return {
    kind: 'group',
    nowMs,
    isIdle,
    calls: rest,
    entries: entries.packed,
    events: JSON.stringify([origins.packed, events]),
    bytes: buffer.buffer,
  };
}

function bufferFor(bytes: number, spare: ArrayBuffer | undefined): Buffer<ArrayBuffer> {
  if (spare !== undefined && bytes <= spare.byteLength) return Buffer.from(spare);
  return Buffer.allocUnsafeSlow(bytes === 0 ? 0 : Math.max(bytes, SPARE_BYTES));
}

/** Events of one source come in rows: an origin is there as often as it follows another. */
class Origins {
  readonly packed: PackedOrigin[] = [];
  #scope: Scope | undefined;
  #last: NewEvent | undefined;

  indexOf(scope: Scope, event: NewEvent): number {
    const last = this.#last;
    const isSame =
      last?.sourceId === event.sourceId &&
      last.provider === event.provider &&
      last.secretId === event.secretId &&
      this.#scope?.tenant === scope.tenant &&
      this.#scope.environment === scope.environment;
    if (!isSame) {
      this.packed.push([scope.tenant, scope.environment, event.sourceId, event.provider, event.secretId]);
      this.#scope = scope;
      this.#last = event;
    }
    return this.packed.length - 1;
  }
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

export function unpackGroup({ calls, entries, events, bytes }: GroupMessage): VerbCall[] {
  const [origins, packed] = JSON.parse(events) as [PackedOrigin[], PackedEvent[]];
  const take = taker(bytes);
  const entered = new EntryUnpacker(entries);
  let next = 0;
  return calls.map((call) => {
    if (call === undefined) return unpackEvent(origins, packed[next++]!, take);
    if (!Array.isArray(call)) return call;
    return call[0] === 'turn' ? unpackTurn(call) : unpackCall(call, entered);
  });
}

/** Cuts a buffer into views, one after the other. */
function taker(buffer: ArrayBuffer): (length: number) => Uint8Array {
  let at = 0;
  return (length) => {
    const view = new Uint8Array(buffer, at, length);
    at += length;
    return view;
  };
}

function unpackEvent(
  origins: readonly PackedOrigin[],
  packed: PackedEvent,
  take: (length: number) => Uint8Array,
): VerbCall {
  const [origin, id, type, key, receivedAtMs, occurredAtMs, account, subject, sealed, jobs] = packed;
  const [tenant, environment, sourceId, provider, secretId] = origins[origin]!;
  // Every member by its name, present or not: events of one shape are read faster than they are put together otherwise.
  const event: IncomingEvent = {
    id,
    sourceId,
    provider,
    type,
    key,
    receivedAtMs,
    occurredAtMs: occurredAtMs ?? undefined,
    account: account ?? undefined,
    subject: subject ?? undefined,
    sealed,
    secretId: secretId ?? undefined,
    jobs,
    headers: take(packed[10]),
    body: take(packed[11]),
    bodySha256: take(HASH_BYTES),
    leaf: take(HASH_BYTES),
    dedupeKey: take(KEY_BYTES),
    bodyKey: packed[12] ? take(KEY_BYTES) : undefined,
  };
  return { name: 'events.accept', args: [{ tenant, environment }, event] };
}

/**
 * The outcomes of a group; claims go as text and buffer.
 *
 * @param group the group's own buffer: nothing here looks into it any more
 * @param spare for a claim; taken where it is large enough
 */
export function packOutcomes(
  calls: readonly VerbCall[],
  outcomes: readonly Outcome[],
  group: ArrayBuffer,
  spare?: ArrayBuffer,
): FromEngine & { kind: 'committed' } {
  const buffers: ArrayBuffer[] = [];
  const packed = outcomes.map((outcome, at) => packOutcome(calls[at]!, outcome, buffers, spare));
  return { kind: 'committed', outcomes: packed, bytes: buffers, group };
}

/** @param buffers what is handed over with the outcome comes behind what is there. */
export function packOutcome(
  { name }: VerbCall,
  outcome: Outcome,
  buffers: ArrayBuffer[],
  spare?: ArrayBuffer,
): PackedOutcome {
  if (!outcome.ok) return { error: packError(outcome.error) };
  if (name === 'events.accept' && (outcome.value as Acceptance).kind === 'stored') return 0;
  if (name === 'calls.begin' && (outcome.value as CallBeginning).kind === 'begun') {
    return (outcome.value as { fence: number }).fence;
  }
  if (name === 'calls.settle') return outcome.value as Settled;
  if (outcome.value instanceof PackedClaim) return packClaim(outcome.value, buffers, spare);
  if (!(outcome.value instanceof PackedRows)) return { value: outcome.value };
  const { text, bytes } = outcome.value;
  return { rows: text, buffer: buffers.push(bytes) - 1 };
}

function packClaim(claim: PackedClaim, buffers: ArrayBuffer[], spare: ArrayBuffer | undefined): PackedOutcome {
  const buffer = bufferFor(claim.size, spare !== undefined && buffers.includes(spare) ? undefined : spare);
  claim.writeTo(buffer);
  return { claim: claim.text, buffer: buffers.push(buffer.buffer) - 1 };
}

/** The buffer in which a claim came: nothing looks into it once its outcome is unpacked. */
export function bufferOfClaim({ outcomes, bytes }: FromEngine & { kind: 'committed' }): ArrayBuffer | undefined {
  const claim = outcomes.find((outcome) => typeof outcome === 'object' && 'claim' in outcome);
  return claim === undefined ? undefined : bytes[(claim as { buffer: number }).buffer];
}

const STORED = Object.freeze({ kind: 'stored' });

export function unpackOutcome(outcome: PackedOutcome, bytes: readonly ArrayBuffer[]): Outcome {
  if (outcome === 0) return { ok: true, value: STORED };
  if (typeof outcome === 'number') return { ok: true, value: { kind: 'begun', fence: outcome } };
  if (typeof outcome === 'string') return { ok: true, value: outcome };
  if ('error' in outcome) return { ok: false, error: unpackError(outcome.error) };
  if ('claim' in outcome) return { ok: true, value: unpackClaim(outcome.claim, bytes[outcome.buffer]!) };
  if ('rows' in outcome) return { ok: true, value: unpackRows(outcome.rows, bytes[outcome.buffer]!) };
  return { ok: true, value: outcome.value };
}

export function packError(error: unknown): PackedError {
  if (!isAppError(error)) return { thrown: error instanceof Error ? error : String(error) };
  return { code: error.code, data: error.data, cause: error.cause instanceof Error ? error.cause : undefined };
}

export function unpackError(packed: PackedError): unknown {
  if ('thrown' in packed) return packed.thrown;
  return new AppError(packed.code, packed.data as never, { cause: packed.cause });
}
