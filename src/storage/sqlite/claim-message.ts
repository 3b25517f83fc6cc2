/**
 * The jobs of a claim in a message between threads: the texts in which SQLite hands them out, and one buffer with
 * headers, body and hash of each, as they lie in their segments. The writer takes from them what the queue needs and
 * makes no object of the rest, which was a fifth of its work for a job.
 *
 * @module
 */
import type { Claim, ClaimedJob } from '../../core/job.js';
import { HASH_BYTES } from '../../core/merkle.js';
import type { Scope } from '../../core/scope.js';
import { fromStoredText } from '../../core/stored-text.js';
import { countsAtOnce, type DueEvent, type DueJob, type DueJobs } from './due-job.js';
import { Packed } from './packed.js';

/** What the jobs of one queue have in common, and which of them are special. */
export interface QueueShare {
  scope: Scope;
  queue: string;
  /** Names of sources by their numbers. */
  origins: Record<number, string>;
  /** How many of the jobs in the texts were looked at: the rest was too much. */
  taken: number;
  /** Places of those that were not claimed all the same. */
  left: number[];
  /** Places of those whose headers and body retention has taken. */
  bodiless: number[];
}

type PackedShare = [share: QueueShare, jobs: DueJob[], events: DueEvent[]];

/** Bytes that lie in a segment. */
interface Piece {
  bytes: Uint8Array;
  start: number;
  end: number;
}

export class PackedClaim extends Packed<Claim> {
  /** @param size how many bytes the pieces have together */
  constructor(
    readonly text: string,
    private readonly pieces: readonly Piece[],
    readonly size: number,
  ) {
    super();
  }

  /** @param buffer at least as long as `size` */
  writeTo(buffer: Uint8Array): void {
    let at = 0;
    for (const { bytes, start, end } of this.pieces) {
      buffer.set(bytes.subarray(start, end), at);
      at += end - start;
    }
  }

  unpack(): Claim {
    const bytes = new Uint8Array(this.size);
    this.writeTo(bytes);
    return unpackClaim(this.text, bytes.buffer);
  }
}

/** Puts a claim together, one queue after the other. */
export class ClaimPacker {
  readonly #shares: string[] = [];
  readonly #pieces: Piece[] = [];
  #size = 0;

  /** The bytes of the next job. Neighbours in a segment become one piece. */
  addBytes(bytes: Uint8Array, start: number, end: number): void {
    this.#size += end - start;
    const last = this.#pieces.at(-1);
    if (last?.bytes === bytes && last.end === start) last.end = end;
    else this.#pieces.push({ bytes, start, end });
  }

  addShare(share: QueueShare, { jobs, events }: DueJobs): void {
    this.#shares.push(`[${JSON.stringify(share)},${jobs},${events}]`);
  }

  pack(refused: readonly string[]): PackedClaim {
    const text = `[${JSON.stringify(refused)},${this.#size},[${this.#shares.join()}]]`;
    return new PackedClaim(text, this.#pieces, this.#size);
  }
}

/**
 * Jobs stay as long as they run, each for a time of its own; the buffer goes back for the next claim.
 *
 * @param text as in {@link PackedClaim}, with a buffer that begins with its bytes
 */
export function unpackClaim(text: string, buffer: ArrayBuffer): Claim {
  const [refused, size, shares] = JSON.parse(text) as [string[], number, PackedShare[]];
  const claimed: ClaimedJob[] = [];
  const parcels = new Parcels(buffer.slice(0, size));
  for (const [share, jobs, events] of shares) {
    const left = new Set(share.left);
    const bodiless = new Set(share.bodiless);
    for (let at = 0; at < share.taken; at++) {
      if (!left.has(at)) claimed.push(unpackJob(share, jobs[at]!, events[at]!, parcels, !bodiless.has(at)));
    }
  }
  return { claimed, refused };
}

function unpackJob(
  { scope: { tenant, environment }, queue, origins }: QueueShare,
  [, id, attempts, maxAttempts, fence, , , origin, , , headersBytes, bodyBytes, waitingSinceMs]: DueJob,
  [generation, eventId, provider, type, key, receivedAtMs, occurredAtMs, account, subject, sealed, secretId]: DueEvent,
  parcels: Parcels,
  hasBody: boolean,
): ClaimedJob {
  const headers = hasBody ? parcels.text(headersBytes) : '{}';
  const body = hasBody ? parcels.view(bodyBytes) : undefined;
  const event: ClaimedJob['event'] = {
    id: eventId,
    sourceId: origins[origin]!,
    provider,
    type: fromStoredText(type),
    key: fromStoredText(key),
    receivedAtMs,
    bodyBytes,
    headers,
    bodySha256: parcels.view(HASH_BYTES),
    sealed: sealed === 1,
  };
  if (body !== undefined) event.body = body;
  if (occurredAtMs !== null) event.occurredAtMs = occurredAtMs;
  if (account !== null) event.account = fromStoredText(account);
  if (subject !== null) event.subject = fromStoredText(subject);
  if (secretId !== null) event.secretId = secretId;
  const job: ClaimedJob = {
    id,
    scope: { tenant, environment },
    queue,
    fence: fence + 1,
    attempt: attempts + 1,
    maxAttempts,
    generation,
    event,
  };
  if (!countsAtOnce(attempts, maxAttempts)) job.ahead = true;
  if (waitingSinceMs !== null) job.waitingSinceMs = waitingSinceMs;
  return job;
}

/** Cuts the buffer into what was put there, one after the other. */
class Parcels {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(readonly buffer: ArrayBuffer) {
    this.#bytes = Buffer.from(buffer);
  }

  text(length: number): string {
    return this.#bytes.toString('utf8', this.#at, (this.#at += length));
  }

  view(length: number): Uint8Array {
    const view = new Uint8Array(this.buffer, this.#at, length);
    this.#at += length;
    return view;
  }
}
