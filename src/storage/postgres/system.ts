/** Verbs that serve the whole installation. The larger ones have files of their own. @module */
import type { JobState } from '../../core/event.js';
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
import type { Sql } from './database.js';
import type { Engine } from './engine.js';
import { integrity } from './integrity.js';
import { JOB_STATES } from './job-table.js';
import { SUMS } from './jobs.js';
import { SCHEMA_VERSION } from './migrate.js';
import { prune } from './prune.js';
import { dueRenewals } from './renewals.js';
import { rewrap, sealedRecords } from './sealed-records.js';
import { rotateSession, session } from './sessions.js';
import { allSources, sourcesVersion } from './sources.js';
import { redeemTicket } from './tickets.js';
import { nextDueInMs, turn } from './turn.js';

type StatusColumns = Record<JobState, number> & { version: string; bytes: number; events: number };

function status({ database }: Engine): Promise<StoreStatus> {
  return statusOf(database);
}

/** Answered from counters: the same cost at any size. */
export async function statusOf(database: Sql): Promise<StoreStatus> {
  const row = (await database.one<StatusColumns>(STATUS))!;
  return {
    driver: 'postgres',
    engineVersion: row.version,
    schemaVersion: SCHEMA_VERSION,
    sizeBytes: row.bytes,
    events: row.events,
    jobs: Object.fromEntries(JOB_STATES.map((state) => [state, row[state]])),
  };
}

const STATUS = `select current_setting('server_version') as version, pg_database_size(current_database()) as bytes,
    (select coalesce(sum(events), 0)::bigint from fairlead.event_count) as events, counts.*
  from (select ${SUMS} from fairlead.queue_count c) as counts`;

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
