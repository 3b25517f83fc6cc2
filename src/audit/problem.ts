/** What can be wrong with an audit log, and where. @module */

/**
 * - `changed`: the record is not the one that was written
 * - `missing`: an entry was taken out, or its record without an announced pruning
 * - `inserted`: an entry stands where none was
 * - `swapped`: two entries changed places (`with` is the other one)
 * - `truncated`: the log ends before the checkpoint does
 * - `rewritten`: everything fits together, but it is not what the checkpoint covers; it began somewhere in `within`
 * - `body`: the stored body of a webhook is not the one the receipt names
 * - `tile`: a stored hash that proofs are made of is wrong, though the entry is right
 * - `checkpoint`: a checkpoint is not ours: bad form, another log, another key, bad signature
 */
export type AuditProblemKind =
  'changed' | 'missing' | 'inserted' | 'swapped' | 'truncated' | 'rewritten' | 'body' | 'tile' | 'checkpoint';

export interface AuditProblem {
  kind: AuditProblemKind;
  /** The first leaf index that does not fit, as far as the stored hashes tell. */
  index: number;
  /** Between these the first tampering lies for certain: from inclusive, to exclusive. */
  within: { from: number; to: number };
  with?: number;
  /** Leaf hashes in hex, where they are known: of what is there, and of what should be. */
  got?: string;
  expected?: string;
  /** For a person. */
  says: string;
}
