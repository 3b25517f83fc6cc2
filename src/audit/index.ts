/** The audit log: records, the tree they live in, and what proves that nobody changed them. @module */
export { explain, type ExplainNode, type ExplainVerbs } from './explain.js';
export { exportAudit, type AuditExport, type ExportOptions, type ExportVerbs } from './export.js';
export { LateEntries } from './late-entries.js';
export { recordText } from './line.js';
export { openPersonal, type PersonalValues, type Sealer } from './personal.js';
export type { AuditProblem, AuditProblemKind } from './problem.js';
export { Projection, type ProjectionParts } from './projection.js';
export { proveEntry, verifyProof, type ProofVerbs, type ProofVerdict } from './proof.js';
export { receiptLeaf } from './receipt.js';
export { auditEntry, type AuditActor, type AuditDraft, type RecorderParts } from './record.js';
export { announcePruning, type RetentionVerbs } from './retention.js';
export {
  parseAuditQuery,
  searchAudit,
  type AuditCondition,
  type AuditPage,
  type AuditQuery,
  type AuditView,
} from './search.js';
export { Sequencer, type SequencerParts } from './sequencer.js';
export { auditRowsFrom, tailAudit, type TailOptions, type TailParts } from './tail.js';
export { verifyAudit, type VerifyOptions, type VerifyReport, type VerifyVerbs } from './verify.js';
export { verifyLines, type LineProblem, type LinesReport } from './verify-lines.js';
export { externalEntry, type ExternalAction } from './writer.js';
