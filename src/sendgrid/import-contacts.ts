/**
 * Many contacts, in parts, at the pace that SendGrid takes; it goes on where it was.
 *
 * @source sendgrid-oai (UpdateContact: 30,000 contacts or 6 MB, an upsert); 5 starts a second from memory
 * @module
 */
import type { SendGrid } from './client.js';
import type { Contact, ImportStatus } from './contact-types.js';
import { SendGridError } from './error.js';
import { Pace } from './pace.js';

const BATCH_MAX = 30_000;
const BYTES_MAX = 6_000_000;
/** For the list ids and the brackets around the contacts. */
const BYTES_SPARE = 100_000;
const STARTS_PER_SECOND = 5;
const IN_FLIGHT_MAX = 8;
const TRIES_MAX = 5;
const UNSAID_WAIT_MS = 2_000;
const POLL_MS = 5_000;

export interface ImportOptions {
  /** Lists that the contacts go into. */
  listIds?: string[];
  /** Contacts of one request. Default and most: 30,000. */
  batchSize?: number;
  /** Default 5. */
  startsPerSecond?: number;
  /** Contacts that were taken before: `cursor` of the last progress that the caller kept. */
  cursor?: number;
  signal?: AbortSignal;
}

export interface ImportProgress {
  /** So many contacts from the beginning are taken. Keep it: an import that begins with it goes on from there. */
  cursor: number;
  /** The job of the part that was taken just now. */
  jobId: string;
  /** Contacts in it. */
  count: number;
}

/**
 * Sends contacts part by part, in order, and tells after each. What it had sent but not told when it was killed is sent
 * again; that changes nothing, because SendGrid takes each contact as "let it be like this". The contacts have to come in
 * the same order when it goes on.
 *
 * @throws SendGridError when SendGrid refuses a part; nothing after the last told cursor counts as taken
 * @example
 *   for await (const { cursor } of importContacts(sendgrid, contacts, { cursor: kept })) await keep(cursor);
 */
export async function* importContacts(
  sendgrid: SendGrid,
  contacts: Iterable<Contact> | AsyncIterable<Contact>,
  { listIds, batchSize = BATCH_MAX, startsPerSecond = STARTS_PER_SECOND, cursor = 0, signal }: ImportOptions = {},
): AsyncGenerator<ImportProgress, void> {
  const size = Math.max(1, Math.min(Math.floor(batchSize), BATCH_MAX));
  const pace = new Pace(sendgrid.clock, startsPerSecond);
  const add = async (batch: Contact[]): Promise<string> => {
    const request = { ...(listIds !== undefined && { list_ids: listIds }), contacts: batch };
    return await addOnce(sendgrid, pace, request, signal);
  };
  const underWay: { batch: Contact[]; job: Promise<string> }[] = [];
  let done = cursor;
  const first = async (): Promise<ImportProgress> => {
    const { batch, job } = underWay.shift()!;
    const jobId = await job;
    done += batch.length;
    return { cursor: done, jobId, count: batch.length };
  };
  for await (const batch of batches(contacts, cursor, size)) {
    await pace.turn(signal);
    const job = add(batch);
    // It is awaited in its turn; until then a failure is nobody's surprise.
    job.catch(() => undefined);
    underWay.push({ batch, job });
    if (underWay.length >= IN_FLIGHT_MAX) yield await first();
  }
  while (underWay.length > 0) yield await first();
}

/** The part after those that were taken, in pieces that SendGrid takes. */
async function* batches(
  contacts: Iterable<Contact> | AsyncIterable<Contact>,
  skip: number,
  size: number,
): AsyncGenerator<Contact[]> {
  let batch: Contact[] = [];
  let bytes = 0;
  let seen = 0;
  for await (const contact of contacts) {
    if (seen++ < skip) continue;
    const own = new TextEncoder().encode(JSON.stringify(contact)).byteLength + 1;
    if (batch.length >= size || (batch.length > 0 && bytes + own > BYTES_MAX - BYTES_SPARE)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(contact);
    bytes += own;
  }
  if (batch.length > 0) yield batch;
}

/** One part until it is taken. It has had its turn; every further try waits for another. */
async function addOnce(
  sendgrid: SendGrid,
  pace: Pace,
  request: Parameters<SendGrid['addContacts']>[0],
  signal: AbortSignal | undefined,
): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return (await sendgrid.addContacts(request, signal && { signal })).job_id;
    } catch (error) {
      const waitMs = error instanceof SendGridError && tries < TRIES_MAX ? waitBefore(error, tries) : undefined;
      if (waitMs === undefined || signal?.aborted === true) throw error;
      pace.pause(waitMs);
      await pace.turn(signal);
    }
  }
}

/** What passes by waiting: limits, and, because a contact may be sent twice, failures without a verdict. */
function waitBefore({ code, retryAfterMs }: SendGridError, tries: number): number | undefined {
  const isPassing = ['too_many_requests', 'unavailable', 'no_answer'].includes(code);
  return isPassing ? (retryAfterMs ?? UNSAID_WAIT_MS * 2 ** (tries - 1)) : undefined;
}

/** Asks for a job until it is over. */
export async function followImport(
  sendgrid: SendGrid,
  jobId: string,
  { everyMs = POLL_MS, signal }: { everyMs?: number; signal?: AbortSignal } = {},
): Promise<ImportStatus> {
  for (;;) {
    const job = await sendgrid.getImport(jobId, signal && { signal });
    if (job.status !== 'pending' || signal?.aborted === true) return job;
    await sendgrid.clock.sleep(everyMs, signal);
  }
}
