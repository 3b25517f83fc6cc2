/**
 * Moves everything to a new key-encryption key while the program runs: only data keys are wrapped anew, in bounded
 * batches, each one commit. Nothing of it is remembered anywhere but in the records and the list of keys, so a killed
 * rotation goes on where it was by being asked for again.
 *
 * @module
 */
import { isAppError } from '../core/errors.js';
import type { KekFacts, KeySource } from '../core/ports.js';
import { kekIdOf, parseSealed } from '../core/sealed-value.js';
import type { Rewrap, SealedRecord } from '../core/secret.js';
import type { SystemVerbs } from '../core/store.js';
import { placeOf } from './place.js';
import type { Vault } from './vault.js';

export interface RotationParts {
  system: Pick<SystemVerbs, 'sealedRecords' | 'rewrap'>;
  keys: KeySource;
  vault: Vault;
  signal?: AbortSignal | undefined;
}

export interface RotationReport {
  keyId: string;
  /** It went on with a rotation that had not ended. */
  resumed: boolean;
  /** Records that were moved by this run. */
  moved: number;
  /** Records that no key opens, by the error that says why; they stay as they are. */
  unreadable: { place: string; code: string }[];
  /** Keys that nothing needs any more. */
  retired: string[];
  /** Keys that are still needed, because of what is unreadable or was cancelled. */
  remaining: string[];
}

export interface KeyUse extends KekFacts {
  current: boolean;
  /** Records under it. */
  records: number;
  /** Whether the key itself is here. */
  here: boolean;
}

const BATCH = 200;
const NO_KEY = '?';
const UNREADABLE_SHOWN_MAX = 20;

/**
 * Makes a new key the current one, unless a rotation is unfinished, and moves everything to it. Safe to call again after
 * a kill at any moment, and while others read and write.
 *
 * @throws AppError `conflict` where keys come from outside and no new one is there
 */
export async function rotate(parts: RotationParts): Promise<RotationReport> {
  const { keys } = parts;
  const resumed = activeOthers(keys).length > 0;
  if (!resumed) await keys.addKek();
  const report: RotationReport = {
    keyId: keys.currentKekId(),
    resumed,
    moved: 0,
    unreadable: [],
    retired: [],
    remaining: [],
  };
  // A second walk that moves nothing proves that the first has seen everything, what was written meanwhile included.
  let movedInWalk: number;
  do {
    report.unreadable = [];
    movedInWalk = await walk(parts, report);
  } while (movedInWalk > 0 && parts.signal?.aborted !== true);
  await retireUnused(parts, report);
  return report;
}

function activeOthers(keys: KeySource): KekFacts[] {
  const current = keys.currentKekId();
  return keys.keks().filter(({ id, retiredAtMs }) => id !== current && retiredAtMs === undefined);
}

async function walk(parts: RotationParts, report: RotationReport): Promise<number> {
  let moved = 0;
  for await (const records of batches(parts)) {
    if (parts.signal?.aborted === true) break;
    const rewraps = records.flatMap((record) => rewrapped(parts, record, report));
    if (rewraps.length === 0) continue;
    const { replaced } = await parts.system.rewrap(rewraps);
    moved += replaced;
    report.moved += replaced;
  }
  return moved;
}

async function* batches({ system }: Pick<RotationParts, 'system'>): AsyncGenerator<SealedRecord[]> {
  let cursor: string | undefined;
  do {
    const page = await system.sealedRecords({
      limit: BATCH,
      order: 'oldest',
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield page.rows;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** One record under the current key, or nothing when it is there already or does not open. */
function rewrapped({ vault, keys }: RotationParts, record: SealedRecord, report: RotationReport): Rewrap[] {
  const { version: _version, sealed: was, ...rest } = record;
  if (kekIdOf(was) === keys.currentKekId()) return [];
  try {
    const place = placeOf(record, parseSealed(was)?.hasShare === true);
    return [{ ...rest, was, sealed: vault.rewrap(was, place) }];
  } catch (error) {
    if (!isAppError(error)) throw error;
    const place = `${record.kind} ${record.name} (${record.tenant || 'installation'}, ${record.environment})`;
    if (report.unreadable.length < UNREADABLE_SHOWN_MAX) report.unreadable.push({ place, code: error.code });
    return [];
  }
}

/** Counted anew, after everything has moved: a key is retired when nothing is under it, not when it should be so. */
async function retireUnused(parts: RotationParts, report: RotationReport): Promise<void> {
  const counts = await countByKey(parts);
  for (const { id } of activeOthers(parts.keys)) {
    // What says no more which key it is under may be under this one.
    if ((counts.get(id) ?? 0) + (counts.get(NO_KEY) ?? 0) > 0) report.remaining.push(id);
    else {
      await parts.keys.retireKek(id);
      report.retired.push(id);
    }
  }
}

/** Every key with what is under it; keys that records name and nobody has are among them. */
export async function keyUses(parts: Pick<RotationParts, 'system' | 'keys'>): Promise<KeyUse[]> {
  const { keys } = parts;
  const counts = await countByKey(parts);
  const known = keys.keks().map((fact): KeyUse => ({
    ...fact,
    current: fact.id === keys.currentKekId(),
    records: counts.get(fact.id) ?? 0,
    here: keys.kek(fact.id) !== undefined,
  }));
  const ids = new Set(known.map(({ id }) => id));
  const unknown = [...counts]
    .filter(([id]) => !ids.has(id))
    .map(([id, records]): KeyUse => ({ id, createdAtMs: 0, current: false, records, here: false }));
  return [...known, ...unknown];
}

/** What is no sealed value at all is counted under {@link NO_KEY}. */
async function countByKey(parts: Pick<RotationParts, 'system'>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const records of batches(parts)) {
    for (const { sealed } of records) {
      const id = kekIdOf(sealed) ?? NO_KEY;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}
