/** Verbs on nodes. One process owns the file: whoever can be asked is the only node, and lives. @module */
import type { Beat, NewNode, NodeRole, NodeRow } from '../../core/node.js';
import { hasDuty } from '../../core/node.js';
import type { Engine } from './engine.js';
import { SCHEMA_VERSION } from './migrate.js';

interface NodeColumns {
  id: string;
  role: NodeRole;
  version: string;
  startedAtMs: number;
}

function beat({ sql }: Engine, { id, role, version, startedAtMs }: NewNode): Beat {
  const joined = sql.one('select 1 from node where id = ?', id) === undefined;
  if (joined)
    sql.run('insert into node (id, role, version, started_at) values (?, ?, ?, ?)', id, role, version, startedAtMs);
  const live = {
    receives: Number(hasDuty(role, 'receives')),
    works: Number(hasDuty(role, 'works')),
    keeps: Number(hasDuty(role, 'keeps')),
    listens: 0,
  };
  return { joined, live, buried: [] };
}

/** Its jobs were given back when it drained, or are by the next owner at its start. */
function leave({ sql }: Engine, id: string): void {
  sql.run('delete from node where id = ?', id);
}

function list({ sql, nowMs }: Engine): NodeRow[] {
  return sql
    .all<NodeColumns>('select id, role, version, started_at as startedAtMs from node')
    .map((row) => ({ ...row, listens: false, schemaVersion: SCHEMA_VERSION, seenAtMs: nowMs, state: 'live' }));
}

/** At the start of a process: whoever was there before is not any more. */
export function forgetNodes({ sql }: Engine): void {
  sql.run('delete from node');
}

export const nodes = { beat, leave, list };
