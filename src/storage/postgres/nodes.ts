/**
 * Verbs on nodes: who serves, and whose jobs nobody works on any more.
 *
 * @module
 */
import { NODE_BEAT_MS, rolesWith, type Beat, type NewNode, type NodeDuty, type NodeRow } from '../../core/node.js';
import type { Engine } from './engine.js';
import { callOf, NOW, SERVER_NOW, sqlFunction } from './functions.js';
import { RUNNING } from './job-table.js';
import { SCHEMA_VERSION } from './migrate.js';

/** Nodes that are not heard of for so long are not heard of at all: the store was away. */
const GAP_MS = 2 * NODE_BEAT_MS;

const countOf = (duty: NodeDuty): string =>
  `count(*) filter (where n.role in (${rolesWith(duty)
    .map((role) => `'${role}'`)
    .join(', ')}))::integer`;

/**
 * The leases of a node's jobs end, and the next turn of whoever works frees them. Jobs that were claimed after its time
 * are not its own: a program of an earlier version claimed them and left its number where it was.
 */
const endLeases = (number: string, before: string): string => `update fairlead.job set lease_until = v_now
      where state = ${RUNNING} and node = ${number} and lease_until > v_now and updated_at <= ${before}`;

const BEAT = sqlFunction({
  name: 'node_beat',
  parameters: {
    p_now: 'bigint',
    p_id: 'text',
    p_role: 'text',
    p_version: 'text',
    p_schema: 'integer',
    p_listens: 'boolean',
    p_started: 'bigint',
    p_lease: 'bigint',
  },
  returns: `table (joined boolean, receives integer, works integer, keeps integer, listens integer, buried text)`,
  body: `
#variable_conflict use_column
declare
  v_now bigint := ${NOW};
  v_since bigint;
  v_joined boolean;
  v_buried text[] := '{}';
  r record;
begin
  insert into fairlead.pulse as p values (true, v_now, v_now)
    on conflict (one) do update set last = greatest(p.last, v_now),
      since = case when v_now - p.last > ${GAP_MS} then v_now else p.since end
    returning p.since into v_since;
  insert into fairlead.node as n (id, role, version, schema_version, listens, started_at, seen_at, until)
    values (p_id, p_role, p_version, p_schema, p_listens, p_started, v_now, v_now + p_lease)
    on conflict (id) do update set listens = p_listens, seen_at = v_now, until = v_now + p_lease
    returning n.xmax = 0 into v_joined;
  if v_now - v_since >= p_lease then
    for r in delete from fairlead.node n where n.until <= v_now returning n.id, n.number, n.until loop
      ${endLeases('r.number', 'r.until')};
      v_buried := v_buried || r.id;
    end loop;
  end if;
  return query select v_joined, ${countOf('receives')}, ${countOf('works')}, ${countOf('keeps')},
      count(*) filter (where n.listens)::integer, array_to_json(v_buried)::text
    from fairlead.node n where n.until > v_now;
end`,
});

const LEAVE = sqlFunction({
  name: 'node_leave',
  parameters: { p_now: 'bigint', p_id: 'text' },
  returns: 'void',
  body: `
declare
  v_now bigint := ${NOW};
  v_number integer;
begin
  delete from fairlead.node where id = p_id returning number into v_number;
  if v_number is not null then
    ${endLeases('v_number', 'v_now')};
  end if;
end`,
});

type BeatColumns = Record<NodeDuty | 'listens', number> & { joined: boolean; buried: string };

async function beat({ database, nowMs }: Engine, node: NewNode, leaseMs: number): Promise<Beat> {
  const { id, role, version, listens, startedAtMs } = node;
  const row = await database.one<BeatColumns>(
    callOf(BEAT, 8),
    nowMs(),
    id,
    role,
    version,
    SCHEMA_VERSION,
    listens,
    startedAtMs,
    leaseMs,
  );
  const { joined, buried, ...live } = row!;
  return { joined, live, buried: JSON.parse(buried) as string[] };
}

async function leave({ database, nowMs }: Engine, id: string): Promise<void> {
  await database.one(callOf(LEAVE, 2), nowMs(), id);
}

interface NodeColumns extends Omit<NodeRow, 'schemaVersion' | 'startedAtMs' | 'seenAtMs' | 'state'> {
  schema_version: number;
  started_at: number;
  seen_at: number;
  live: boolean;
}

async function list({ database, nowMs }: Engine): Promise<NodeRow[]> {
  const rows = await database.all<NodeColumns>(LIST, nowMs());
  return rows.map(({ id, role, version, listens, ...row }) => ({
    id,
    role,
    version,
    listens,
    schemaVersion: row.schema_version,
    startedAtMs: row.started_at,
    seenAtMs: row.seen_at,
    state: row.live ? 'live' : 'silent',
  }));
}

const LIST = `select id, role, version, schema_version, listens, started_at, seen_at, until > now as live
  from fairlead.node, ${SERVER_NOW} order by started_at, number`;

export const nodes = { beat, leave, list };
