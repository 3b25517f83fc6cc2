/**
 * A file that proves one entry to somebody who has nothing but our public key: the record, its place, the hashes from
 * there to the root, and the signed checkpoint (C2SP tlog-proof; the record travels as its extra data).
 *
 * @module
 */
import { parseCheckpoint, checkpointVerifier, type Checkpoint } from '../core/checkpoint.js';
import { AppError } from '../core/errors.js';
import { HASH_BYTES, leafHash, verifyInclusion } from '../core/merkle.js';
import type { Scope } from '../core/scope.js';
import type { AuditVerbs, SystemVerbs } from '../core/store.js';
import { recordText } from './line.js';
import { TreeReader, type TreeVerbs } from './tree.js';

export interface ProofVerbs {
  audit: Pick<AuditVerbs, 'get'>;
  system: TreeVerbs & Pick<SystemVerbs, 'auditTree'>;
}

export type ProofVerdict =
  | { ok: true; index: number; record: string; checkpoint: Checkpoint }
  | {
      ok: false;
      reason: 'malformed' | 'not_included' | 'wrong_origin' | 'unknown_key' | 'bad_signature';
    };

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const PROOF_MAX_CHARACTERS = 256 * 1024;
/** A tree of 2^53 leaves is no deeper. */
const HASHES_MAX = 53;

/**
 * The proof file of an entry.
 *
 * @throws AppError `not_found`; `conflict` when the entry has no place under a checkpoint yet, or no record any more.
 */
export async function proveEntry(store: ProofVerbs, scope: Scope, id: string): Promise<string> {
  const row = await store.audit.get(scope, id);
  if (row === undefined) throw new AppError('not_found', { what: 'audit entry', id });
  const record = recordText(row);
  if (record === undefined) throw new AppError('conflict', { what: id, problem: 'retention has taken its record' });
  const { checkpoint } = await store.system.auditTree(scope.environment);
  if (row.index === undefined || checkpoint === undefined || row.index >= checkpoint.size) {
    throw new AppError('conflict', { what: id, problem: 'no checkpoint covers it yet; ask again in a second' });
  }
  const tree = new TreeReader(store.system, scope.environment, checkpoint.size);
  const hashes = (await tree.inclusionProof(row.index)).map((hash) => Buffer.from(hash).toString('base64'));
  const lines = [FIRST_LINE, `extra ${Buffer.from(record).toString('base64')}`, `index ${row.index}`, ...hashes];
  return `${lines.join('\n')}\n\n${checkpoint.note}`;
}

/**
 * Checks a proof file, offline. Total: never throws on any text.
 *
 * @throws AppError `config_invalid` for a key that is none.
 */
export function verifyProof(text: string, origin: string, publicKeys: readonly string[]): ProofVerdict {
  const verifiers = publicKeys.map((key) => checkpointVerifier(origin, key));
  const proof = parseProof(text);
  if (proof === undefined) return { ok: false, reason: 'malformed' };
  const verdicts = verifiers.map((verify) => verify(proof.note));
  const verdict = verdicts.find(({ ok }) => ok) ?? verdicts[0] ?? { ok: false, reason: 'unknown_key' as const };
  if (!verdict.ok) return verdict;
  const { checkpoint } = verdict;
  const { index, record, hashes } = proof;
  const included = verifyInclusion(leafHash(record), index, checkpoint.size, hashes, checkpoint.root);
  return included ? { ok: true, index, record, checkpoint } : { ok: false, reason: 'not_included' };
}

interface Proof {
  record: string;
  index: number;
  hashes: Buffer[];
  note: string;
}

function parseProof(text: string): Proof | undefined {
  const border = text.indexOf('\n\n');
  if (text.length > PROOF_MAX_CHARACTERS || border === -1) return undefined;
  const [first, extra, place, ...encoded] = text.slice(0, border).split('\n');
  const note = text.slice(border + 2);
  const record = base64(/^extra (.+)$/.exec(extra ?? '')?.[1]);
  const index = Number(/^index (0|[1-9]\d{0,15})$/.exec(place ?? '')?.[1]);
  const hashes = encoded.map(base64);
  const sound = hashes.length <= HASHES_MAX && hashes.every((hash) => hash?.length === HASH_BYTES);
  if (first !== FIRST_LINE || record === undefined || !Number.isSafeInteger(index) || !sound) return undefined;
  if (parseCheckpoint(note) === undefined) return undefined;
  // The record is shown to people as text; one that is not UTF-8 would be shown as another than was hashed.
  const shown = record.toString();
  return Buffer.from(shown).equals(record) ? { record: shown, index, hashes: hashes as Buffer[], note } : undefined;
}

function base64(text: string | undefined): Buffer | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
