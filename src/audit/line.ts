/**
 * An entry as a line of NDJSON: the record's own members, after what places it. A reader who takes the placing members
 * away and writes the rest as canonical JSON has the bytes of the leaf.
 *
 * @module
 */
import type { AuditRow } from '../core/audit.js';
import { canonicalJson } from '../core/canonical.js';
import { isObject } from '../core/json.js';
import { leafHash } from '../core/merkle.js';
import { jsonLine } from '../core/text.js';
import { receiptRecord } from './receipt.js';

/** Members of a line that are not in the leaf. No record has a member of these names. */
const PLACING = ['seq', 'projected', 'proof'] as const;

/** Where an entry stands: `seq` is the leaf index in the tree of its environment. */
export interface Placing {
  seq: number;
  projected?: Record<string, number>;
  /** Base64 hashes of the inclusion proof, from the leaf up. */
  proof?: string[];
}

/** The RFC 8785 text of the entry's record; `undefined` once retention has taken it. */
export function recordText(row: AuditRow): string | undefined {
  return row.record ?? (row.receipt === undefined ? undefined : receiptRecord(row.receipt));
}

/** The leaf hash of what is there; of an entry whose record is gone, the hash that stayed. */
export function computedLeaf(row: AuditRow): Uint8Array {
  const text = recordText(row);
  return text === undefined ? row.leaf : leafHash(text);
}

/** The line, with its newline. An entry without its record is shown by its leaf hash. */
export function auditLine(row: AuditRow, placing: Placing): string {
  const text = recordText(row) ?? prunedText(row);
  return `${JSON.stringify(placing).slice(0, -1)},${jsonLine(text.slice(1))}\n`;
}

/** The parts of a line that {@link auditLine} wrote, or `undefined` when it did not. */
export function parseAuditLine(line: string): { placing: Placing; environment: string; leaf: Uint8Array } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!isObject(value) || !Number.isSafeInteger(value['seq']) || typeof value['environment'] !== 'string') return;
    const rest = { ...value };
    for (const name of PLACING) delete rest[name];
    const leaf = value['pruned'] === true ? Buffer.from(String(value['leaf']), 'hex') : leafHash(canonicalJson(rest));
    return { placing: value as unknown as Placing, environment: value['environment'], leaf };
  } catch {
    return undefined;
  }
}

function prunedText({ environment, tenant, leaf }: AuditRow): string {
  return JSON.stringify({ environment, tenant, leaf: Buffer.from(leaf).toString('hex'), pruned: true });
}
