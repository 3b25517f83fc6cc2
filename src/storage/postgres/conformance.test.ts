import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPostgres, TestPostgres } from '../../../test/support/postgres.js';
import type { Clock } from '../../core/ports.js';
import { storeConformance, type StoreUnderTest } from '../../testing/store-conformance/index.js';
import { Database } from './database.js';
import { openPostgresEngine } from './index.js';

let postgres: TestPostgres;
let url: string;
let emptying: Database;

describe.skipIf(!hasPostgres())('postgres', () => {
  beforeAll(async () => {
    postgres = await TestPostgres.start();
    url = await postgres.createStore();
    emptying = await Database.open({ url, connections: 1 });
  }, 90_000);

  afterAll(async () => {
    await emptying.close();
    await postgres.stop();
  });

  storeConformance(
    'postgres',
    async (clock) => {
      await emptying.run(EMPTY);
      return open(clock);
    },
    { describe, it, expect },
  );
});

/** Rows go, tables stay: making a database takes a hundred times as long. */
const EMPTY = `do $$
declare
  t text;
begin
  for t in select format('%I.%I', relnamespace::regnamespace, relname) from pg_class
      where relnamespace = 'fairlead'::regnamespace and relkind in ('r', 'p') and not relispartition
        and relname not in ('meta', 'tree') loop
    execute 'delete from ' || t;
  end loop;
  delete from fairlead.meta where name not in ('schema_version', 'tx_base');
  update fairlead.tree set sequenced = 0, assigned = 0;
end $$`;

async function open(clock: Clock): Promise<StoreUnderTest> {
  const { store, engine } = await openPostgresEngine({ url, clock });
  return {
    store,
    crash: () => engine.database.abandon(),
    another: () => open(clock),
    async reopen() {
      // What the dead process had sent is decided by now, one way or the other.
      await postgres.cutSessions(url);
      return open(clock);
    },
  };
}
