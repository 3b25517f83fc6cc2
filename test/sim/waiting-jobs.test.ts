import { beforeAll, describe, expect, it } from 'vitest';
import { on } from '../../src/define.js';
import { createWorld, githubHeaders, SCOPE, type World } from './world.js';

const HOUR_MS = 3_600_000;
const WAIT_MAX_MS = 3 * HOUR_MS;

type Run = Extract<Parameters<typeof on>[3], (...given: never[]) => unknown>;

const post: Run = async (event, { actions }) => {
  await actions.slack.sendMessage({ channel: 'C1', text: event.key });
};

async function worldWith(run: Run): Promise<World> {
  const handlers = [on('github', '*', { name: 'tell', uses: ['slack.sendMessage'] }, run)];
  const world = createWorld(7, { handlers, jobs: { concurrency: 100, waitMaxMs: WAIT_MAX_MS } });
  await world.clock.runUntil(world.start());
  return world;
}

async function deliver(world: World, id: string): Promise<void> {
  const body = JSON.stringify({ action: 'opened', issue: { title: id } });
  const request = { method: 'POST', headers: githubHeaders(id, body), body };
  const answer = await world.clock.runUntil(world.up!.door.fetch(new Request('http://sim/in/github', request)));
  expect(answer!.status).toBe(202);
}

// The first world loads code, for which no virtual time passes.
beforeAll(async () => {
  const world = createWorld(7);
  let isUp = false;
  void world.start().then(() => (isUp = true));
  while (!isUp) await world.clock.advance(10);
}, 60_000);

async function jobsOf({ clock, store }: World) {
  return (await clock.runUntil(store!.jobs.list(SCOPE, {}, { limit: 1_000, order: 'oldest' }))).rows;
}

describe('a job that comes too early', { timeout: 90_000 }, () => {
  it('waits its turn: a backlog of one channel ends with everything told, once, and no attempt lost', async () => {
    const world = await worldWith(post);
    const count = 120;
    for (let at = 0; at < count; at++) await deliver(world, `b${at}`);
    await world.clock.advance(30_000);
    const waiting = (await jobsOf(world)).filter((job) => job.state === 'ready' && job.waitingSinceMs !== undefined);
    expect(waiting.length).toBeGreaterThan(30);
    for (const job of waiting)
      expect(job).toMatchObject({ attempts: 0, error: expect.stringMatching(/^rate_limited: /) });
    await world.clock.advance(8 * 60_000);
    const jobs = await jobsOf(world);
    const ends = new Set(jobs.map(({ state, attempts }) => `${state} ${attempts}`));
    expect([jobs.length, ...ends]).toEqual([count, 'completed 1']);
    expect([...world.targets.chat.effects.values()]).toEqual(Array.from({ length: count }, () => 1));
    await world.clock.runUntil(world.up!.drain());
  });

  it('ends with the reason when it has waited long enough', async () => {
    const world = await worldWith(post);
    world.targets.faults = { lostBefore: 0, lostAfter: 0, unavailable: 0, slowDown: 1 };
    await deliver(world, 'late');
    await world.clock.advance(2.9 * HOUR_MS);
    expect((await jobsOf(world))[0]).toMatchObject({ attempts: 0, pastAttempts: [] });
    expect(world.targets.sent).toBeLessThan(1_000);
    await world.clock.advance(0.3 * HOUR_MS);
    const [job] = await jobsOf(world);
    expect(job).toMatchObject({
      state: 'dead',
      attempts: 1,
      error: expect.stringMatching(/^rate_limited: .* 3 hours/),
    });
    await world.clock.runUntil(world.up!.drain());
  });

  it('leaves it to its handler, if that catches the error', async () => {
    const seen: unknown[] = [];
    const world = await worldWith(async (event, context) => {
      await Promise.resolve(post(event, context)).catch(({ code, retryAfterMs }) =>
        seen.push([code, retryAfterMs > 0]),
      );
    });
    world.targets.faults = { lostBefore: 0, lostAfter: 0, unavailable: 0, slowDown: 1 };
    await deliver(world, 'caught');
    await world.clock.advance(120_000);
    expect(seen).toEqual([['rate_limited', true]]);
    expect((await jobsOf(world))[0]).toMatchObject({ state: 'completed', attempts: 1 });
    await world.clock.runUntil(world.up!.drain());
  });

  it('outlives an outage: its own failures count, but not what an open circuit holds back', async () => {
    const world = await worldWith(post);
    world.targets.faults = { lostBefore: 1, lostAfter: 0, unavailable: 0, slowDown: 0 };
    await deliver(world, 'down');
    await world.clock.advance(HOUR_MS / 6);
    const [waiting] = await jobsOf(world);
    const errors = new Set(waiting!.pastAttempts.map(({ error }) => error));
    expect([...errors]).toEqual(['provider_unavailable: Slack: the connection broke']);
    expect(waiting).toMatchObject({ state: 'ready', attempts: waiting!.pastAttempts.length });
    world.targets.faults = { lostBefore: 0, lostAfter: 0, unavailable: 0, slowDown: 0 };
    await world.clock.advance(HOUR_MS / 2);
    expect((await jobsOf(world))[0]).toMatchObject({ state: 'completed' });
    await world.clock.runUntil(world.up!.drain());
  });
});
