/** Sandbox and live in one store: whatever is done in both, in whatever order, neither sees what is the other's. */
import { describe, expect, it } from 'vitest';
import { newId, type IdKind } from '../../src/core/ids.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import type { Environment, Scope } from '../../src/core/scope.js';
import type { Store } from '../../src/core/store.js';
import { openSqliteInProcess } from '../../src/storage/sqlite/index.js';
import { Fixtures } from '../../src/testing/store-conformance/fixtures.js';
import { VirtualClock } from '../../src/testing/index.js';

const RUNS = Number(process.env['FAIRLEAD_ENVIRONMENTS'] ?? 5);
const STEPS = 60;
const PAGE = { limit: 1_000 } as const;

type Kind = 'event' | 'job' | 'call' | 'secret' | 'connection' | 'source' | 'entry';
type Ids = Record<Kind, Set<string>>;

const none = (): Ids => ({
  event: new Set(),
  job: new Set(),
  call: new Set(),
  secret: new Set(),
  connection: new Set(),
  source: new Set(),
  entry: new Set(),
});
const scopeOf = (environment: Environment): Scope => ({ tenant: 'default', environment });

/** The same names, keys and dedupe keys in both: what differs is where. */
async function act(store: Store, make: Fixtures, random: SeededRandom, scope: Scope, made: Ids): Promise<void> {
  const name = `n${random.int(5)}`;
  switch (random.int(5)) {
    case 0: {
      const event = make.event({ key: `${name}-${scope.environment}-${made.event.size}` });
      if ((await store.events.accept(scope, event)).kind !== 'stored') return;
      made.event.add(event.id);
      for (const { id } of event.jobs) made.job.add(id);
      return;
    }
    case 1: {
      const call = make.call({ key: name });
      if ((await store.calls.begin(scope, call)).kind !== 'begun') return;
      made.call.add(call.id);
      await store.calls.settle(scope, make.settlement(call.id, { state: random.pick(['done', 'unknown', 'failed']) }));
      return;
    }
    case 2: {
      const secret = make.secret(`${name}-${scope.environment}`);
      await store.secrets.put(scope, 'named', secret);
      made.secret.add(secret.name);
      return;
    }
    case 3: {
      const connection = make.connection();
      await store.connections.create(scope, connection, undefined);
      made.connection.add(connection.id);
      return;
    }
    default: {
      const entry = make.entry();
      await store.audit.append(scope, [entry]);
      made.entry.add(entry.id);
      const source = make.source();
      await store.sources.create(scope, source);
      made.source.add(source.id);
    }
  }
}

async function listed(store: Store, scope: Scope): Promise<Ids> {
  const all = none();
  for (const { id } of (await store.events.list(scope, {}, PAGE)).rows) all.event.add(id);
  for (const { id } of (await store.jobs.list(scope, {}, PAGE)).rows) all.job.add(id);
  for (const { id } of (await store.calls.list(scope, {}, PAGE)).rows) all.call.add(id);
  for (const { name } of (await store.secrets.list(scope, 'named', PAGE)).rows) all.secret.add(name);
  for (const { id } of (await store.connections.list(scope, {}, PAGE)).rows) all.connection.add(id);
  for (const { id } of await store.sources.list(scope)) all.source.add(id);
  return all;
}

async function seen(store: Store, scope: Scope, ids: Ids): Promise<string[]> {
  const get: Record<Kind, (id: string) => Promise<unknown>> = {
    event: (id) => store.events.get(scope, id),
    job: (id) => store.jobs.get(scope, id),
    call: (id) => store.calls.get(scope, id),
    secret: (name) => store.secrets.get(scope, 'named', name),
    connection: (id) => store.connections.get(scope, id),
    source: (id) => store.sources.get(scope, id),
    entry: (id) => store.audit.get(scope, id),
  };
  const found: string[] = [];
  for (const kind of Object.keys(ids) as Kind[]) {
    for (const id of ids[kind]) if ((await get[kind](id)) !== undefined) found.push(`${kind} ${id}`);
  }
  return found;
}

describe('two environments in one store', () => {
  it.each(Array.from({ length: RUNS }, (_, at) => at + 1))('do not see each other: seed %i', async (seed) => {
    const clock = new VirtualClock(Date.UTC(2026, 1, 2));
    const random = new SeededRandom(seed);
    const store = await openSqliteInProcess(':memory:', { clock });
    const make = new Fixtures(clock, (kind: IdKind) => newId(kind, clock, random), random);
    const made = { sandbox: none(), live: none() };
    for (let step = 0; step < STEPS; step++) {
      const environment = random.pick(['sandbox', 'live'] as const);
      await clock.runUntil(act(store, make, random, scopeOf(environment), made[environment]));
    }
    for (const [own, other] of [
      ['sandbox', 'live'],
      ['live', 'sandbox'],
    ] as const) {
      const { entry: _entries, ...lists } = made[own];
      expect(await clock.runUntil(listed(store, scopeOf(own)))).toMatchObject(lists);
      expect(await clock.runUntil(seen(store, scopeOf(own), made[other]))).toEqual([]);
      const count = Object.values(made[own]).reduce((sum, { size }) => sum + size, 0);
      expect((await clock.runUntil(seen(store, scopeOf(own), made[own]))).length).toBe(count);
    }
  });
});
