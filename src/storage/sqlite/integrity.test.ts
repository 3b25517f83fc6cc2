import { expect, it } from 'vitest';
import { newId } from '../../core/ids.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { Fixtures, SANDBOX, VirtualClock } from '../../testing/store-conformance/index.js';
import { openSqliteInProcess } from './index.js';

const clock = new VirtualClock(1_000_000);
const random = new SeededRandom(3);
const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);

async function three() {
  const store = await openSqliteInProcess(':memory:', { clock });
  for (let at = 0; at < 3; at++) await store.events.accept(SANDBOX, make.event({ jobs: [] }));
  return { store, sql: store.engine.sql };
}

it.each([1, 2, 3])('misses event %i of three when somebody has removed it', async (seq) => {
  const { store, sql } = await three();
  expect(await store.system.integrity()).toEqual([]);
  sql.run('delete from event where seq = ?', seq);
  store.engine.reset();
  expect(await store.system.integrity()).toContain('events: the counter says 3, there are 2');
});

it('takes over a database whose events were counted one by one', async () => {
  const { store, sql } = await three();
  sql.run(`delete from meta where name = 'events_gone'`);
  sql.run(`insert into meta (name, value) values ('events', 3), ('event', 5)`);
  store.engine.reset();
  await store.events.accept(SANDBOX, make.event({ jobs: [] }));
  store.engine.reset();
  expect((await store.system.status()).events).toBe(4);
  expect(await store.system.integrity()).toEqual([]);
});
