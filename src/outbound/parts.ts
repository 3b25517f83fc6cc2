/** What the pipeline is given. @module */
import type { ApprovalRow } from '../core/approval.js';
import type { ApprovalVerbs, CallVerbs, AuditVerbs } from '../core/store.js';
import type { Clock, Log, Net, Random } from '../core/ports.js';
import type { SecretSet } from '../core/secret-set.js';
import type { LateEntries } from '../audit/index.js';
import type { EntryMaker } from './entries.js';
import type { ShowParts } from './shown-result.js';
import type { PlanParts } from './plan.js';
import type { OutboundSettings } from './settings.js';

export interface OutboundParts extends PlanParts, Pick<ShowParts, 'mayReveal'> {
  calls: CallVerbs;
  audit: Pick<AuditVerbs, 'append'>;
  /** Takes the entries of reads; where it is absent a read is answered when its entry is on the disk. */
  lateEntries?: LateEntries;
  /** Absent where nobody can be asked: then what needs a person is denied. */
  approvals?: ApprovalVerbs;
  /** Where a person can decide. */
  approvalLink?: (row: ApprovalRow) => string | undefined;
  entry: EntryMaker;
  net: Net;
  clock: Clock;
  random: Random;
  log: Log;
  /** Every secret this process has handed out, so that none of them is kept with an answer. */
  secrets?: SecretSet;
  settings: OutboundSettings;
}
