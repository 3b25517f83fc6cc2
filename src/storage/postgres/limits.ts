/**
 * Rate limits of all nodes: one number a bucket, as in core/gcra.ts, under a lock for the moment of the taking.
 *
 * Nothing here waits for a disk: what a crash of the server forgets is over by the time it is back.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { LimitDraw, LimitGrant } from '../../core/limit-verbs.js';
import { byteaArray, int4Array } from './arrays.js';
import type { Engine } from './engine.js';
import { callOf, sqlFunction } from './functions.js';

const TAKE_PARAMETERS = {
  p_now: 'bigint',
  p_keys: 'bytea[]',
  /** Milliseconds a unit, and units at once, of each key; JSON lists, as the numbers are no integers. */
  p_intervals: 'text',
  p_bursts: 'text',
  /** One row a draw, in the order of the requests: which request, which key (from 1), how much. */
  p_requests: 'integer[]',
  p_draws: 'integer[]',
  p_costs: 'text',
  p_within: 'double precision',
};

const TAKE = sqlFunction({
  name: 'limits_take',
  parameters: TAKE_PARAMETERS,
  returns: 'table (granted boolean, in_ms double precision, narrowest integer)',
  body: `
declare
  v_now double precision := coalesce(p_now, extract(epoch from clock_timestamp()) * 1000);
  v_intervals double precision[] := array(select value::double precision from json_array_elements_text(p_intervals::json));
  v_bursts double precision[] := array(select value::double precision from json_array_elements_text(p_bursts::json));
  v_costs double precision[] := array(select value::double precision from json_array_elements_text(p_costs::json));
  v_times double precision[] := array_fill(v_now, array[cardinality(p_keys)]);
  v_from integer := 1;
  v_to integer;
  v_key integer;
  v_at double precision;
  r record;
begin
  perform set_config('synchronous_commit', 'off', true);
  -- Rows that do not exist cannot be locked; all lock in one order.
  insert into fairlead.rate (key, theoretical) select key, v_now from unnest(p_keys) as k(key) order by key
    on conflict (key) do nothing;
  for r in select key, theoretical from fairlead.rate where key = any (p_keys) order by key for update loop
    v_times[array_position(p_keys, r.key)] := greatest(r.theoretical, v_now);
  end loop;
  while v_from <= cardinality(p_requests) loop
    v_to := v_from;
    in_ms := 0;
    narrowest := p_draws[v_from];
    while v_to <= cardinality(p_requests) and p_requests[v_to] = p_requests[v_from] loop
      v_key := p_draws[v_to];
      -- More than a whole bucket waits for a full one, and leaves a debt.
      v_at := v_times[v_key] + (v_costs[v_to] - greatest(v_bursts[v_key], v_costs[v_to])) * v_intervals[v_key] - v_now;
      if v_at > in_ms then
        in_ms := v_at;
        narrowest := v_key;
      end if;
      v_to := v_to + 1;
    end loop;
    granted := in_ms <= p_within;
    if granted then
      for v_draw in v_from .. v_to - 1 loop
        v_key := p_draws[v_draw];
        v_times[v_key] := greatest(v_times[v_key], v_now + in_ms) + v_costs[v_draw] * v_intervals[v_key];
      end loop;
    end if;
    return next;
    v_from := v_to;
  end loop;
  insert into fairlead.rate as rate (key, theoretical) select key, theoretical
    from unnest(p_keys, v_times) as k(key, theoretical) order by key
    on conflict (key) do update set theoretical = excluded.theoretical where rate.theoretical < excluded.theoretical;
end`,
});

interface GrantColumns {
  granted: boolean;
  in_ms: string;
  narrowest: number;
}

async function take(
  { database, nowMs }: Engine,
  requests: readonly (readonly LimitDraw[])[],
  withinMs: number,
): Promise<LimitGrant[]> {
  const draws = requests.flatMap((request, at) => request.map((draw) => ({ ...draw, at })));
  if (draws.length === 0) return requests.map(() => ({ kind: 'granted', inMs: 0 }));
  const buckets = [...new Map(draws.map((draw) => [draw.bucket, draw])).values()];
  const places = new Map(buckets.map(({ bucket }, at) => [bucket, at + 1]));
  const rows = await database.all<GrantColumns>(
    callOf(TAKE, Object.keys(TAKE_PARAMETERS).length),
    nowMs(),
    byteaArray(buckets.map(({ bucket }) => keyOf(bucket))),
    JSON.stringify(buckets.map(({ ratePerSecond }) => 1000 / ratePerSecond)),
    JSON.stringify(buckets.map(({ burst }) => burst)),
    int4Array(draws.map(({ at }) => at)),
    int4Array(draws.map(({ bucket }) => places.get(bucket)!)),
    JSON.stringify(draws.map(({ cost }) => cost)),
    withinMs,
  );
  const answers = rows.values();
  return requests.map((request): LimitGrant => {
    if (request.length === 0) return { kind: 'granted', inMs: 0 };
    const { granted, in_ms, narrowest } = answers.next().value!;
    const inMs = Number(in_ms);
    return granted ? { kind: 'granted', inMs } : { kind: 'later', inMs, bucket: buckets[narrowest - 1]!.bucket };
  });
}

/** Names hold ids of accounts and channels; nobody needs them in this table. */
function keyOf(bucket: string): Uint8Array {
  return createHash('sha256').update(bucket).digest().subarray(0, 16);
}

export const limits = { take };
