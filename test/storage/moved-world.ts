/** A store with some of everything in it, and what has to be the same after a move. @module */
import { Sequencer, verifyAudit, type VerifyReport, receiptLeaf } from '../../src/audit/index.js';
import type { NewEvent } from '../../src/core/event.js';
import { checkpointOrigin, publicKeyOf } from '../../src/core/checkpoint.js';
import { newId } from '../../src/core/ids.js';
import { ENVIRONMENTS, type Environment, type Scope } from '../../src/core/scope.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import type { Store } from '../../src/core/store.js';
import { claim, Fixtures, settle, VirtualClock } from '../../src/testing/store-conformance/index.js';
import { newKeyPem } from '../audit/setting.js';

export const START_MS = Date.UTC(2026, 10, 21, 23, 50);
const DAY_MS = 86_400_000;
const INSTALLATION = 'moved';
const KEY_PEM = newKeyPem();
const SCOPES: readonly Scope[] = [
  { tenant: 'default', environment: 'sandbox' },
  { tenant: 'default', environment: 'live' },
  { tenant: 'other', environment: 'sandbox' },
];
/** Longer than what every index takes. */
export const LONG_KEY = `long ${'k'.repeat(900)}`;

export interface World {
  clock: VirtualClock;
  make: Fixtures;
}

export function newWorld(): World {
  const clock = new VirtualClock(START_MS);
  const random = new SeededRandom(7);
  return { clock, make: new Fixtures(clock, (kind) => newId(kind, clock, random), random) };
}

/** An event whose receipt the audit log can be verified with. */
function received(make: Fixtures, { tenant, environment }: Scope, over: Partial<NewEvent>): NewEvent {
  const event = make.event(over);
  const columns = { eventId: event.id, bodyBytes: event.body.length, tenant, environment };
  return { ...event, leaf: receiptLeaf({ ...event, ...columns }) };
}

/** Fills a store with everything that verbs put there, over midnight, with leaves that have no place yet at the end. */
export async function populate(store: Store, { clock, make }: World, events: number): Promise<void> {
  for (const scope of SCOPES) {
    const source = make.source();
    await store.sources.create(scope, source);
    await store.sources.rotateSecret(scope, source.id, { ...source.secrets[0]!, id: `${source.id}_2` }, 60_000);
    await store.secrets.put(scope, 'named', make.secret('token'));
    const connection = make.connection({ user: 'ada' });
    await store.connections.create(scope, connection, make.secret(connection.id));
    const steps = { from: [null], to: 'paid', data: '{"n":1}', keyTtlMs: DAY_MS };
    await store.state.transition(scope, { key: LONG_KEY, entity: `order ${LONG_KEY}`, ...steps });
  }
  for (let at = 0; at < events; at += 1) {
    const scope = SCOPES[at % SCOPES.length]!;
    if (at % 7 === 0) await clock.advance(61_000);
    const orderKey = at % 5 === 0 ? `customer ${at % 2}` : at % 11 === 0 ? LONG_KEY : undefined;
    const job = make.job({ onDead: 'hold', ...(orderKey === undefined ? {} : { orderKey }) });
    const bodyKey = at % 2 === 0 ? { bodyKey: make.random.bytes(16) } : {};
    const texts = at % 13 === 0 ? { subject: 'nul \0 in it', account: 'acct' } : {};
    const jobs = at % 4 === 3 ? [] : [job, make.job({ queue: 'second', maxAttempts: 2 })];
    const event = received(make, scope, { ...bodyKey, ...texts, jobs });
    await store.events.accept(scope, event);
    if (at % 6 === 0) await store.events.accept(scope, { ...event, id: make.newId('event') });
    if (at % 9 === 0) await work(store, at);
    if (at % 10 === 0) await call(store, scope, make, at);
    if (at % 40 === 0) await sequence(store, clock);
  }
  await store.jobs.setPaused(SCOPES[2]!, 'second', true);
  await claim(store, 3);
  await store.audit.append(SCOPES[1]!, [make.entry({ personal: make.random.bytes(30) }), make.entry()]);
}

/** One completed, one failed, one dead, one parked on a call. */
async function work(store: Store, at: number): Promise<void> {
  const [one, two, three] = await claim(store, 3);
  if (one !== undefined) await settle(store, [one], { outcome: 'completed' });
  if (two !== undefined) await settle(store, [two], { outcome: 'retry', delayMs: 5_000, error: `failed ${at}` });
  if (three !== undefined) await settle(store, [three], { outcome: 'dead', error: 'poison \0' });
}

async function call(store: Store, scope: Scope, make: Fixtures, at: number): Promise<void> {
  const key = at === 0 ? LONG_KEY : `call ${at}`;
  const begun = make.call({ key });
  await store.calls.begin(scope, begun);
  if (at % 20 === 0) await store.calls.settle(scope, make.settlement(begun.id));
  else if (at % 30 === 0) await store.calls.settle(scope, make.settlement(begun.id, { state: 'unknown' }));
}

export async function sequence(store: Store, clock: VirtualClock): Promise<void> {
  const keys = { auditKeyPem: () => KEY_PEM };
  await new Sequencer({ store: store.system, clock, log: () => {}, keys, installationId: INSTALLATION }).run();
}

/** The last checkpoint of an environment, as somebody elsewhere keeps it. */
export async function heldCheckpoint(store: Store, environment: Environment): Promise<string> {
  return (await store.system.auditTree(environment)).checkpoint!.note;
}

export function verify(store: Store, environment: Environment, held: readonly string[]): Promise<VerifyReport> {
  const origin = checkpointOrigin(INSTALLATION, environment);
  return verifyAudit(store.system, { environment, origin, publicKeys: [publicKeyOf(KEY_PEM)], held });
}

/** All that verbs say of a store, apart from what the driver chooses itself. */
export async function everything(store: Store): Promise<unknown> {
  const page = { limit: 1_000, order: 'oldest' as const };
  const scopes: unknown[] = [];
  for (const scope of SCOPES) {
    const events = (await store.events.list(scope, {}, page)).rows;
    const jobs = (await store.jobs.list(scope, {}, page)).rows;
    scopes.push({
      sources: await store.sources.list(scope),
      events: await Promise.all(events.map(({ id }) => store.events.get(scope, id))),
      jobs,
      depth: (await store.jobs.depth(scope)).map(({ queue, paused, counts }) => ({ queue, paused, counts })),
      calls: (await store.calls.list(scope, {}, page)).rows,
      secrets: (await store.secrets.list(scope, 'named', page)).rows,
      token: await store.secrets.get(scope, 'named', 'token'),
      connections: (await store.connections.list(scope, {}, page)).rows,
      order: await store.state.get(scope, `order ${LONG_KEY}`),
      audit: (await store.audit.search(scope, {}, page)).rows.map(({ index: _index, ...row }) => row),
    });
  }
  const trees: unknown[] = [];
  for (const environment of ENVIRONMENTS) {
    const { size } = await store.system.auditTree(environment);
    const leaves = await store.system.auditLeaves(environment, 0, size);
    trees.push({ size, leaves, checkpoints: await store.system.auditCheckpoints(environment, 0, 100) });
  }
  return { scopes, trees, version: (await store.system.allSources()).version };
}

export { SCOPES };
