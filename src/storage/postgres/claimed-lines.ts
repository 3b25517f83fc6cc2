/**
 * A claim as it comes over the wire: a line of JSON for each job, and the headers and bodies of many in one piece. The
 * writing end is turn-function.ts.
 *
 * @module
 */
import type { ClaimedJob } from '../../core/job.js';
import type { Scope } from '../../core/scope.js';
import { fromStoredText } from '../../core/stored-text.js';

type Flag = 0 | 1;

export type EventColumns = [
  id: string,
  origin: number,
  provider: string,
  type: string,
  key: string,
  receivedAtMs: number,
  occurredAtMs: number | null,
  account: string | null,
  subject: string | null,
  sealed: Flag,
  secretId: string | null,
  bodySha256: string,
  tx: number,
  start: number,
  headersBytes: number,
  bodyBytes: number,
];

export type ClaimedColumns = [
  id: string,
  tid: string,
  scope: number,
  queue: number,
  fence: number,
  attempt: number,
  maxAttempts: number,
  ahead: Flag,
  waitingSinceMs: number | null,
  generation: number,
  event: EventColumns,
];

/** How JSON writes the first character of what stands for one that the server cannot hold, see stored-text.ts. */
const MARKED = '\\u0001';

export function readLines(lines: readonly string[]): ClaimedColumns[] {
  const json = `[${lines.join(',')}]`;
  if (!json.includes(MARKED)) return JSON.parse(json) as ClaimedColumns[];
  return JSON.parse(json, (_key, value: unknown) => (typeof value === 'string' ? fromStoredText(value) : value));
}

/** Headers and bodies of all that is claimed of a transaction (3), or of one event (4). */
export interface Parcel {
  kind: 3 | 4;
  /** Of the transaction. */
  number: number;
  /** Where it begins in what the transaction stored. */
  start: number;
  bytes: Uint8Array;
}

/** Headers and bodies, by the transaction that stored them. */
export class Parcels {
  readonly #whole = new Map<number, { start: number; bytes: Buffer }>();
  readonly #single = new Map<string, Buffer>();

  add({ kind, number: tx, start, bytes }: Parcel): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (kind === 3) this.#whole.set(tx, { start, bytes: buffer });
    else this.#single.set(`${tx} ${start}`, buffer);
  }

  /** Headers and body of one event; `undefined` where retention has taken them. */
  of(tx: number, start: number, size: number): Buffer | undefined {
    const whole = this.#whole.get(tx);
    if (whole === undefined) return this.#single.get(`${tx} ${start}`);
    return whole.bytes.subarray(start - whole.start, start - whole.start + size);
  }
}

interface Named {
  scope: Scope;
  queue: string;
  sourceId: string;
}

export function claimedJob(row: ClaimedColumns, { scope, queue, sourceId }: Named, parcels: Parcels): ClaimedJob {
  const [id, , , , fence, attempt, maxAttempts, ahead, waitingSinceMs, generation, event] = row;
  return {
    id,
    scope,
    queue,
    fence,
    attempt,
    maxAttempts,
    generation,
    ...(ahead === 1 && { ahead: true as const }),
    ...(waitingSinceMs !== null && { waitingSinceMs }),
    event: eventOf(event, sourceId, parcels),
  };
}

function eventOf(row: EventColumns, sourceId: string, parcels: Parcels): ClaimedJob['event'] {
  const [id, , provider, type, key, receivedAtMs, occurredAtMs, account, subject, sealed, secretId, ...stored] = row;
  const [bodySha256, tx, start, headersBytes, bodyBytes] = stored;
  const parcel = parcels.of(tx, start, headersBytes + bodyBytes);
  const event: ClaimedJob['event'] = {
    id,
    sourceId,
    provider,
    type,
    key,
    receivedAtMs,
    bodyBytes,
    headers: parcel === undefined ? '{}' : parcel.toString('utf8', 0, headersBytes),
    bodySha256: bytesOf(Buffer.from(bodySha256, 'hex')),
    sealed: sealed === 1,
  };
  // A copy: a job that runs for long must not keep the bodies of all that came with it.
  if (parcel !== undefined) event.body = bytesOf(Buffer.from(parcel.subarray(headersBytes)));
  if (occurredAtMs !== null) event.occurredAtMs = occurredAtMs;
  if (account !== null) event.account = account;
  if (subject !== null) event.subject = subject;
  if (secretId !== null) event.secretId = secretId;
  return event;
}

function bytesOf({ buffer, byteOffset, byteLength }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
