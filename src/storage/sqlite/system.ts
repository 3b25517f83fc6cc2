/** Verbs that serve the whole installation. The larger ones have files of their own. @module */
import type { StoreStatus } from '../../core/store.js';
import { apiKey } from './api-keys.js';
import { approval, approvalsDue } from './approvals.js';
import {
  auditCheckpoint,
  auditCheckpoints,
  auditLeaves,
  auditRows,
  auditSequence,
  auditTiles,
  auditTree,
} from './audit-tree.js';
import { backup } from './backup.js';
import type { Engine } from './engine.js';
import { integrity } from './integrity.js';
import { SCHEMA_VERSION } from './migrate.js';
import { prune } from './prune.js';
import { dueRenewals } from './renewals.js';
import { JOB_STATES } from './queues.js';
import { rewrap, sealedRecords } from './sealed-records.js';
import { rotateSession, session } from './sessions.js';
import { allSources, sourcesVersion } from './sources.js';
import { redeemTicket } from './tickets.js';
import { nextDueInMs, turn } from './turn.js';

/** Answered from counters: the same cost at any size. */
function status(engine: Engine): StoreStatus {
  const jobs = Object.fromEntries(JOB_STATES.map((state) => [state, 0]));
  for (const { counts } of engine.queues.all()) {
    for (const [at, state] of JOB_STATES.entries()) jobs[state] = jobs[state]! + counts[at]!;
  }
  const { version, bytes } = engine.sql.one<{ version: string; bytes: number }>(SIZE)!;
  return {
    driver: 'sqlite',
    engineVersion: version,
    schemaVersion: SCHEMA_VERSION,
    sizeBytes: bytes,
    events: engine.numbers.events,
    jobs,
  };
}

const SIZE = `select sqlite_version() as version,
  (select page_count from pragma_page_count) * (select page_size from pragma_page_size) as bytes`;

export const system = {
  allSources,
  sourcesVersion,
  apiKey,
  approval,
  approvalsDue,
  turn,
  nextDueInMs,
  auditTree,
  auditSequence,
  auditRows,
  auditLeaves,
  auditCheckpoint,
  auditTiles,
  auditCheckpoints,
  sealedRecords,
  rewrap,
  redeemTicket,
  session,
  rotateSession,
  dueRenewals,
  status,
  prune,
  integrity,
  backup,
};
