import { describe, expect, it } from 'vitest';
import { newId } from '../../core/ids.js';
import type { ClaimedJob, JobSettlement } from '../../core/job.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { claim, Fixtures, LEASE_MS, SANDBOX, VirtualClock } from '../../testing/store-conformance/index.js';
import { openSqliteInProcess, type InProcessStore } from './index.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const RETENTION = { bodiesMs: DAY_MS, attemptsMs: DAY_MS, dedupeMs: DAY_MS, auditMs: 2 * DAY_MS };

/** Anything that may happen to the queue, in any order. */
class Chaos {
  readonly clock = new VirtualClock(1_000_000);
  readonly random: SeededRandom;
  readonly make: Fixtures;
  readonly events: string[] = [];
  readonly calls: string[] = [];
  held: ClaimedJob[] = [];

  constructor(
    seed: number,
    public store: InProcessStore,
  ) {
    this.random = new SeededRandom(seed);
    this.make = new Fixtures(this.clock, (kind) => newId(kind, this.clock, this.random), this.random);
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random.float() * list.length)]!;
  }

  async step(): Promise<void> {
    const steps = [this.accept, this.accept, this.claim, this.settle, this.settle, this.call, this.requeue, this.rest];
    await this.pick(steps).call(this);
  }

  async accept(): Promise<void> {
    const jobs = Array.from({ length: Math.floor(this.random.float() * 3) }, () => {
      const order = { orderKey: this.pick(['k', 'm']), orderLimit: this.pick([1, 1, 2]) };
      const onDead = this.pick(['skip', 'hold'] as const);
      const queue = this.pick(['a', 'b', 'c']);
      const base = { queue, maxAttempts: this.pick([1, 3]), delayMs: this.pick([0, 0, 5_000]), onDead };
      return this.make.job(this.random.float() < 0.5 ? { ...base, ...order } : base);
    });
    const event = this.make.event({ key: `d${Math.floor(this.random.float() * 200)}`, jobs });
    if ((await this.store.events.accept(SANDBOX, event)).kind === 'stored') this.events.push(event.id);
  }

  async claim(): Promise<void> {
    this.held.push(...(await claim(this.store, this.pick([1, 3, 10]))));
  }

  async settle(): Promise<void> {
    const jobs = this.held.splice(0, this.pick([1, 2, 5]));
    const settled = jobs.map(({ id, fence }): JobSettlement => {
      const base = { id, fence: this.random.float() < 0.1 ? fence - 1 : fence };
      return this.pick<JobSettlement>([
        { ...base, outcome: 'completed' },
        { ...base, outcome: 'retry', delayMs: this.pick([0, 3_000]), error: 'a: b' },
        { ...base, outcome: 'dead', error: 'a: b' },
        { ...base, outcome: 'released' },
        { ...base, outcome: 'parked', parkedOn: this.calls.at(-1) ?? 'call_nowhere' },
      ]);
    });
    await this.store.system.turn({ settled });
  }

  async call(): Promise<void> {
    const call = this.make.call({ key: this.pick(['x', 'y', 'z']) });
    if ((await this.store.calls.begin(SANDBOX, call)).kind === 'begun') this.calls.push(call.id);
    const id = this.pick(this.calls);
    const state = this.pick(['done', 'failed', 'unknown'] as const);
    await this.store.calls.settle(SANDBOX, this.make.settlement(id, { fence: this.pick([0, 1, 2]), state }));
  }

  async requeue(): Promise<void> {
    const items = Array.from({ length: 3 }, () => ({
      eventId: this.pick(this.events) ?? 'evt_nowhere',
      queue: this.pick(['a', 'b', 'c']),
      jobId: this.make.newId('job'),
      maxAttempts: 3,
      again: this.random.float() < 0.5,
      delayMs: 0,
      orderKey: 'k',
      onDead: this.pick(['skip', 'hold'] as const),
    }));
    await this.store.jobs.requeue(SANDBOX, items);
  }

  async rest(): Promise<void> {
    const chance = this.random.float();
    if (chance < 0.3) await this.clock.advance(this.pick([1_000, LEASE_MS]));
    else if (chance < 0.5) await this.store.jobs.setPaused(SANDBOX, this.pick(['a', undefined]), chance < 0.4);
    else if (chance < 0.6) await this.grow();
    else if (chance < 0.7) await this.restart();
  }

  async grow(): Promise<void> {
    await this.clock.advance(DAY_MS);
    const { size } = await this.store.system.auditTree('sandbox');
    const rows = await this.store.system.auditSequence('sandbox', size, 1_000);
    const end = size + rows.length;
    const checkpoint = { size: end, root: new Uint8Array(32), atMs: this.clock.nowMs(), note: 'x' };
    await this.store.system.auditCheckpoint('sandbox', [], checkpoint, []);
    await this.store.system.prune(RETENTION, 20);
  }

  async restart(): Promise<void> {
    this.store.crash();
    this.held = [];
    this.store = await this.store.reopen();
  }
}

describe('whatever happens to the queue', () => {
  it('its counters, slots and leases are what its jobs say', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const clock = { nowMs: () => chaos.clock.nowMs(), monotonicMs: () => chaos.clock.monotonicMs() };
      const chaos: Chaos = new Chaos(seed, undefined as unknown as InProcessStore);
      chaos.store = await openSqliteInProcess(':memory:', { clock });
      for (let step = 0; step < 400; step++) {
        await chaos.step();
        if (step % 20 === 0) expect(await chaos.store.system.integrity(), `seed ${seed}, step ${step}`).toEqual([]);
      }
      const { sql } = chaos.store.engine;
      const lost = sql.all(`select id from job where state = 2 and lease not in (select id from lease)`);
      expect(lost).toEqual([]);
      // Nothing is stuck: let go, everything that is not parked or held by a dead job comes to its end.
      await chaos.store.jobs.setPaused(SANDBOX, undefined, false);
      await chaos.restart();
      for (let round = 0; round < 300; round++) {
        await chaos.clock.advance(10_000);
        const jobs = await claim(chaos.store, 50);
        await chaos.store.system.turn({ settled: jobs.map(({ id, fence }) => ({ id, fence, outcome: 'completed' })) });
      }
      const { ready, running } = (await chaos.store.system.status()).jobs;
      expect([ready, running], `seed ${seed}`).toEqual([0, 0]);
      expect(await chaos.store.system.integrity()).toEqual([]);
    }
  });
});
