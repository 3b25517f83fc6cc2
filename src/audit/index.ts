/** The audit log: records, the tree they live in, and what proves that nobody changed them. @module */
export { explain, type ExplainNode, type ExplainVerbs } from './explain.js';
export { exportAudit, type AuditExport, type ExportOptions, type ExportVerbs } from './export.js';
export { computedLeaf, recordText } from './line.js';
export { openPersonal, personalBinding, type PersonalValues, type Sealer } from './personal.js';
export type { AuditProblem, AuditProblemKind } from './problem.js';
export { Projection, type ProjectionParts } from './projection.js';
export { proveEntry, verifyProof, type ProofVerbs, type ProofVerdict } from './proof.js';
export { receiptLeaf, receiptRecord } from './receipt.js';
export { auditEntry, RECORD_MAX_BYTES, type AuditActor, type AuditDraft, type RecorderParts } from './record.js';
export { announcePruning, type RetentionVerbs } from './retention.js';
export {
  parseAuditQuery,
  searchAudit,
  viewOf,
  type AuditCondition,
  type AuditPage,
  type AuditQuery,
  type AuditView,
} from './search.js';
export { Sequencer, SEQUENCE_INTERVAL_MS, type SequencerParts } from './sequencer.js';
export { tailAudit, type TailOptions, type TailParts } from './tail.js';
export { TreeReader, type TreeVerbs } from './tree.js';
export { PROBLEMS_MAX, verifyAudit, type VerifyOptions, type VerifyReport, type VerifyVerbs } from './verify.js';
export { verifyLines, type LineProblem, type LinesReport } from './verify-lines.js';
export { DETAILS_MAX, externalEntry, type ExternalAction } from './writer.js';
