/** Ten thousand contacts through `fairlead/sendgrid` into the simulated SendGrid, in virtual time. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { SendgridSandbox } from '../../src/sandbox/index.js';
import { followImport, importContacts, SendGrid, type Contact, type ImportProgress } from '../../src/sendgrid/index.js';
import { VirtualClock } from '../../src/testing/index.js';
import { sandboxFetch, type Exchange, type SandboxFetchOptions } from './sandbox-fetch.js';

const COUNT = 10_000;
const KILLED_AFTER = 4_321;
const START_MS = Date.UTC(2026, 1, 2, 12);
const PER_SECOND = 5;

function setUp() {
  return { sandbox: new SendgridSandbox(), clock: new VirtualClock(START_MS) };
}

type World = ReturnType<typeof setUp>;

/** A process with a client of its own; a second one begins where the first was killed. */
function newProcess({ sandbox, clock }: World, options: SandboxFetchOptions = {}) {
  const { fetch, exchanges } = sandboxFetch(sandbox, clock, options);
  const own = {
    nowMs: () => clock.monotonicMs(),
    sleep: async (ms: number, signal?: AbortSignal) => {
      await clock.sleep(ms, signal);
      if (options.isDead?.() === true) await new Promise(() => undefined);
    },
  };
  return { sendgrid: new SendGrid({ apiKey: sandbox.mainToken.value, fetch, clock: own }), exchanges };
}

/** As a program reads them out of a file: one by one, the same each time. */
function* people(count: number): Generator<Contact> {
  for (let number = 0; number < count; number++) {
    yield { email: `person${number}@example.org`, first_name: `Person ${number}` };
  }
}

/** The most requests in any second, its two ends included. */
function mostInASecond(exchanges: readonly Exchange[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < exchanges.length; last++) {
    while (exchanges[last]!.atMs - exchanges[first]!.atMs > 1_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe('an import of contacts one by one', () => {
  it('keeps the limit, uses it, is refused nothing, and goes on after it was killed', async () => {
    const world = setUp();
    const { sandbox, clock } = world;
    const random = new SeededRandom('latency of this test');
    const latencyMs = () => 20 + random.bytes(1)[0]! * 3;
    let kept = 0;
    let isDead = false;
    const run = async (options: SandboxFetchOptions, stopAt = Infinity) => {
      const { sendgrid, exchanges } = newProcess(world, options);
      const begunMs = clock.monotonicMs();
      const all = importContacts(sendgrid, people(COUNT), { batchSize: 1, cursor: kept });
      await clock.runUntil(
        (async () => {
          for (let step = await all.next(); !step.done; step = await all.next()) {
            kept = step.value.cursor;
            if (kept >= stopAt) return;
          }
        })(),
      );
      return { exchanges, tookMs: clock.monotonicMs() - begunMs };
    };

    const before = await run({ latencyMs, isDead: () => isDead }, KILLED_AFTER);
    isDead = true;
    expect(kept).toBe(KILLED_AFTER);
    // The next one is started at once, as a supervisor would.
    const after = await run({ latencyMs });
    expect(kept).toBe(COUNT);

    const exchanges = [...before.exchanges, ...after.exchanges];
    const repeated = exchanges.length - COUNT;
    const most = mostInASecond(exchanges);
    const utilisation = exchanges.length / (((before.tookMs + after.tookMs) / 1000) * PER_SECOND);
    const refused = exchanges.filter(({ status }) => status !== 202).length;
    console.log(
      `contacts: ${COUNT} one by one in ${Math.round((before.tookMs + after.tookMs) / 1000)} s of virtual time, at most ${most} starts in a second, ${refused} refused, utilisation ${utilisation.toFixed(3)}, ${repeated} sent again after the kill`,
    );
    expect([most, refused]).toEqual([PER_SECOND, 0]);
    expect(utilisation).toBeGreaterThanOrEqual(0.95);
    // What was sent and not told: no more than may be under way.
    expect(repeated).toBeLessThanOrEqual(8);

    // Each is there once, with what was said about it.
    const last = [...sandbox.data.jobs.keys()].at(-1)!;
    await clock.advance(2_000);
    const { sendgrid } = newProcess(world);
    const status = await clock.runUntil(sendgrid.getImport(last));
    expect(status).toMatchObject({ status: 'completed', results: { created_count: 1 } });
    expect(sandbox.data.contacts.size).toBe(COUNT);
    expect([...sandbox.data.contacts.values()].map(({ fields }) => fields)).toEqual([...people(COUNT)]);
  });
});

async function imported(world: World, contacts: Iterable<Contact>, options: Parameters<typeof importContacts>[2] = {}) {
  const { sendgrid, exchanges } = newProcess(world, { latencyMs: () => 300 });
  const told: ImportProgress[] = [];
  await world.clock.runUntil(
    (async () => {
      for await (const progress of importContacts(sendgrid, contacts, options)) told.push(progress);
    })(),
  );
  return { sendgrid, exchanges, told };
}

describe('an import in parts', () => {
  it('of default size is followed to the end of each job', async () => {
    const world = setUp();
    const { sendgrid: creator } = newProcess(world);
    const { id } = await world.clock.runUntil(creator.createList({ name: 'Newsletter' }));
    const { sendgrid, told } = await imported(world, people(70_000), { listIds: [id] });
    expect(told.map(({ cursor, count }) => [cursor, count])).toEqual([
      [30_000, 30_000],
      [60_000, 30_000],
      [70_000, 10_000],
    ]);
    for (const { jobId, count } of told) {
      const job = await world.clock.runUntil(followImport(sendgrid, jobId));
      expect(job).toMatchObject({ status: 'completed', results: { requested_count: count, created_count: count } });
    }
    expect(world.sandbox.data.contacts.size).toBe(70_000);
  });

  it('cuts where 6 MB would be passed', async () => {
    const world = setUp();
    const large = Array.from({ length: 700 }, (_, number) => ({
      email: `person${number}@example.org`,
      custom_fields: { w1: 'ä'.repeat(10_000) },
    }));
    const { told } = await imported(world, large);
    expect(told.map(({ count }) => count)).toEqual([294, 294, 112]);
  });

  it('waits for limits, sends again what got no answer, and takes nobody twice', async () => {
    const world = setUp();
    const { faults } = world.sandbox;
    faults.add({ kind: 'rate_limited', retryAfterSeconds: 3 });
    faults.add({ kind: 'lost_answer' });
    faults.add({ kind: 'failure', status: 503 });
    const { told } = await imported(world, people(20), { batchSize: 5 });
    expect(told.at(-1)?.cursor).toBe(20);
    expect(told.map(({ cursor }) => cursor)).toEqual([5, 10, 15, 20]);
    await world.clock.advance(10_000);
    const { sendgrid } = newProcess(world);
    await world.clock.runUntil(sendgrid.getImport(told.at(-1)!.jobId));
    expect(world.sandbox.data.contacts.size).toBe(20);
  });

  it('ends with the words of a refusal, and with nothing told that is not taken', async () => {
    const world = setUp();
    const contacts = [...people(3), { first_name: 'Nobody' }, ...people(2)];
    const told: number[] = [];
    const { sendgrid } = newProcess(world);
    const run = async () => {
      for await (const { cursor } of importContacts(sendgrid, contacts, { batchSize: 2 })) told.push(cursor);
    };
    await expect(world.clock.runUntil(run())).rejects.toMatchObject({
      name: 'SendGridError',
      code: 'invalid_request',
      field: 'contacts[1]',
      message: 'at least one identifier is required (field contacts[1])',
    });
    expect(told).toEqual([2]);
  });

  it('stops when it is told to', async () => {
    const world = setUp();
    const { sendgrid } = newProcess(world);
    const stop = new AbortController();
    const told: number[] = [];
    const run = async () => {
      for await (const { cursor } of importContacts(sendgrid, people(100), { batchSize: 1, signal: stop.signal })) {
        told.push(cursor);
        if (cursor === 5) stop.abort();
      }
    };
    await expect(world.clock.runUntil(run())).rejects.toMatchObject({ code: 'aborted' });
    expect(told.at(-1)).toBeLessThan(20);
  });
});
