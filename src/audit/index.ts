/** The audit log: records, the tree they live in, and what proves that nobody changed them. @module */
export { openPersonal, personalBinding, type PersonalValues, type Sealer } from './personal.js';
export { computedLeaf, recordText } from './line.js';
export type { AuditProblem, AuditProblemKind } from './problem.js';
export { Projection, type ProjectionParts } from './projection.js';
export { Sequencer, SEQUENCE_INTERVAL_MS, type SequencerParts } from './sequencer.js';
export { receiptLeaf, receiptRecord } from './receipt.js';
export { auditEntry, RECORD_MAX_BYTES, type AuditActor, type AuditDraft, type RecorderParts } from './record.js';
export { announcePruning } from './retention.js';
export { TreeReader, type TreeVerbs } from './tree.js';
export { PROBLEMS_MAX, verifyAudit, type VerifyOptions, type VerifyReport } from './verify.js';
