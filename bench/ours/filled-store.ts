/** Opens a Fairlead on a folder without its doors and fills its queue, as the intake would. @module */
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Projection, receiptLeaf } from '../../src/audit/index.js';
import { composeFairlead, type Fairlead } from '../../src/compose.js';
import { readConfig } from '../../src/config.js';
import type { NewEvent, NewJob } from '../../src/core/event.js';
import { newId } from '../../src/core/ids.js';
import type { Scope } from '../../src/core/scope.js';
import { openParts, type OpenParts } from '../../src/open-parts.js';
import type { Parts } from '../../src/parts.js';
import { createHash } from 'node:crypto';

export const SCOPE: Scope = { tenant: 'default', environment: 'sandbox' };
const IN_FLIGHT = 1_024;

export interface Opened {
  fairlead: Fairlead;
  parts: Parts;
  close: OpenParts['close'];
}

/**
 * @param handlers JavaScript of the list of handlers: threads load it from a file as well.
 * @param database `postgres://...`; a file where there is none
 */
export async function openBench(
  dir: string,
  handlers: string,
  jobs: Record<string, unknown>,
  database?: string,
): Promise<Opened> {
  const path = join(dir, 'fairlead.config.mjs');
  writeFileSync(path, `export default { handlers: ${handlers}, jobs: ${JSON.stringify(jobs)} };\n`);
  const { default: value } = (await import(path)) as { default: unknown };
  const variables = {
    FAIRLEAD_DATA_DIR: join(dir, 'data'),
    AUDIT_LOG_PATH: join(dir, 'audit.ndjson'),
    FAIRLEAD_LOG_LEVEL: 'warn',
    ...(database !== undefined && { FAIRLEAD_DATABASE_URL: database }),
  };
  const { parts, close } = await openParts(readConfig({ variables, cwd: dir, file: { path, value } }));
  return { fairlead: await composeFairlead(parts), parts, close };
}

/** Which job the event of this number gets. */
export type JobOf = (number: number) => Omit<NewJob, 'id' | 'maxAttempts'>;

/** Stores `count` events of about 150 bytes, each with one job, many at a time, through the store's own verb. */
export async function fill({ parts }: Opened, from: number, count: number, jobOf: JobOf): Promise<void> {
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < from + count) await parts.store.events.accept(SCOPE, eventOf(parts, next++, jobOf));
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, count) }, lane));
}

function eventOf({ clock, random }: Parts, number: number, jobOf: JobOf): NewEvent {
  const id = newId('event', clock, random);
  const data = { number, type: 'invoice.paid', customer: `cus_${number}`, note: 'x'.repeat(80) };
  const body = Buffer.from(JSON.stringify(data));
  const receipt = {
    eventId: id,
    sourceId: 'env:bench',
    provider: 'stripe',
    type: 'invoice.paid',
    key: `evt_${number}`,
    receivedAtMs: clock.nowMs(),
    bodySha256: createHash('sha256').update(body).digest(),
  };
  return {
    ...receipt,
    id,
    dedupeKey: createHash('sha256').update(`key:${receipt.key}`).digest().subarray(0, 16),
    headers: '{"content-type":"application/json"}',
    body,
    sealed: false,
    jobs: [{ id: newId('job', clock, random), maxAttempts: 10, ...jobOf(number) }],
    leaf: receiptLeaf({ ...receipt, bodyBytes: body.byteLength, ...SCOPE }),
  };
}

/**
 * Puts the leaves of what was filled into the audit tree and their lines into the file, so that this is not measured
 * with what comes next. Where several processes may write, the file is the leader's, and there is none yet.
 */
export async function settleAudit({ fairlead, parts }: Opened): Promise<void> {
  await fairlead.gateway.sequenceAudit();
  const { config, store, files, log } = parts;
  const path = config.auditLogPath;
  const projection = new Projection({ store: store.system, files: files(dirname(path)), path: basename(path), log });
  const { size } = await store.system.auditTree(SCOPE.environment);
  await projection.catchUp(SCOPE.environment, size);
}
