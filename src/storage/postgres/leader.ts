/** Who leads in what: a row with a lease, whose epoch counts the changes. @module */
import type { Engine } from './engine.js';
import { SERVER_NOW } from './functions.js';

/** One statement: of two that come at once, the second sees what the first has written. */
export async function lead(
  { database, nowMs }: Engine,
  role: string,
  owner: string,
  leaseMs: number,
): Promise<number | undefined> {
  const row = await database.one<{ epoch: number }>(LEAD, nowMs(), role, owner, leaseMs);
  return row?.epoch;
}

const LEAD = `insert into fairlead.leader as l (role, owner, epoch, until)
  select $2::text, $3::text, 1, now + $4::bigint from ${SERVER_NOW}
  on conflict (role) do update set owner = excluded.owner, until = excluded.until,
      epoch = l.epoch + case when l.owner = excluded.owner then 0 else 1 end
    where l.owner = excluded.owner or l.until <= excluded.until - $4::bigint
  returning epoch`;
