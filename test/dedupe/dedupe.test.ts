/**
 * A delivery takes effect once, however often, however long after, and by whomever it is sent again; and whoever is not
 * its sender cannot keep it from taking effect. The whole composition in virtual time.
 */
import { describe, expect, it } from 'vitest';
import type { NewEvent } from '../../src/core/event.js';
import { SCOPES, type Principal } from '../../src/core/principal.js';
import { OPERATIONS, runOperation } from '../../src/operations/index.js';
import { createWorld, githubHeaders, SECRET, type World } from '../sim/world.js';

const COPIES = 50;
const SCOPE = { tenant: 'default', environment: 'sandbox' as const };
const DAY_MS = 86_400_000;
const ADA: Principal = { type: 'person', id: 'ada', scopes: SCOPES, via: 'cli' };

async function world(): Promise<World> {
  const made = createWorld(1);
  await made.clock.runUntil(made.start());
  return made;
}

async function post(
  made: World,
  id: string,
  body: string,
  secret = SECRET,
): Promise<{ status: number; duplicate: boolean }> {
  const headers = githubHeaders(id, body, secret);
  const response = await made.up!.door.fetch(new Request('http://sim/in/github', { method: 'POST', headers, body }));
  const { duplicate = false } = (await response.json()) as { duplicate?: boolean };
  return { status: response.status, duplicate };
}

/** One after the other, because virtual time drives one promise at a time. */
async function send(
  made: World,
  id: string,
  body: string,
  secret?: string,
): Promise<{ status: number; duplicate: boolean }> {
  return await made.clock.runUntil(post(made, id, body, secret));
}

async function run(made: World, name: string, input: unknown, dryRun = false): Promise<Record<string, number>> {
  const operation = OPERATIONS.find((one) => one.name === name)!;
  const called = runOperation(made.up!.gateway, operation, { scope: SCOPE, principal: ADA, dryRun }, input);
  return (await made.clock.runUntil(called)) as Record<string, number>;
}

async function events(made: World): Promise<string[]> {
  const page = await made.clock.runUntil(made.store!.events.list(SCOPE, {}, { limit: 1_000 }));
  return page.rows.map(({ key }) => key);
}

const posted = (made: World): number => [...made.targets.chat.effects.values()].reduce((sum, count) => sum + count, 0);

describe('a delivery', () => {
  it(`is one event, though ${COPIES} copies of it arrive together`, async () => {
    const made = await world();
    const copies = Array.from({ length: COPIES }, () => post(made, 'd1', '{"action":"opened"}'));
    const answers = await made.clock.runUntil(Promise.all(copies));
    await made.clock.advance(60_000);
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect([await events(made), posted(made)]).toEqual([['d1'], 1]);
  });

  it('is not suppressed by a forged copy that came first', async () => {
    const made = await world();
    expect(await send(made, 'd1', '{"action":"opened"}', 'not the secret')).toMatchObject({ status: 401 });
    expect(await send(made, 'd1', '{"action":"opened"}')).toEqual({ status: 202, duplicate: false });
  });

  it('is recognised by its body when somebody captured it and sends it under new ids', async () => {
    const made = await world();
    await send(made, 'd1', '{"action":"opened"}');
    for (let i = 0; i < 100; i++) {
      expect(await send(made, `fresh-${i}`, '{"action":"opened"}')).toEqual({ status: 202, duplicate: true });
    }
    await made.clock.advance(60_000);
    expect([await events(made), posted(made)]).toEqual([['d1'], 1]);
  });

  it.each([
    ['another tenant', { tenant: 'other', environment: 'sandbox' as const }, 'env:github'],
    ['the other environment', { tenant: 'default', environment: 'live' as const }, 'env:github'],
    ['another source', SCOPE, 'src_other'],
  ])('is not suppressed by the same id of %s', async (_, scope, sourceId) => {
    const made = await world();
    await send(made, 'd1', '{"action":"opened"}');
    const verbs = made.store!.events;
    const [first] = (await made.clock.runUntil(verbs.list(SCOPE, {}, { limit: 1 }))).rows;
    const known = (await made.clock.runUntil(verbs.get(SCOPE, first!.id)))!;
    // As the intake would, but for somebody else.
    const { createHash } = await import('node:crypto');
    const event: NewEvent = {
      id: known.id.replace(/.$/, '0'),
      sourceId,
      provider: known.provider,
      type: known.type,
      key: known.key,
      dedupeKey: createHash('sha256').update(`key:${known.key}`).digest().subarray(0, 16),
      receivedAtMs: known.receivedAtMs,
      headers: known.headers,
      body: known.body!,
      bodySha256: known.bodySha256,
      sealed: false,
      jobs: [],
      leaf: new Uint8Array(32),
    };
    expect(await made.clock.runUntil(verbs.accept(scope, event))).toEqual({ kind: 'stored' });
    expect(await made.clock.runUntil(verbs.accept(scope, { ...event, id: event.id.replace(/.$/, '8') }))).toMatchObject(
      {
        kind: 'duplicate',
      },
    );
  });

  it('is still a duplicate on day 34, after retention has run every day', async () => {
    const made = await world();
    await send(made, 'd1', '{"action":"opened"}');
    await made.clock.advance(60_000);
    const { retention } = (await import('../../src/config.js')).readConfig({ variables: {}, cwd: '/' });
    for (let day = 1; day <= 34; day++) {
      made.clock.jumpWall(DAY_MS);
      await made.clock.runUntil(made.store!.system.prune(retention, 10_000));
    }
    made.clock.jumpWall(23 * 3_600_000);
    expect(await send(made, 'd1', '{"action":"opened"}')).toEqual({ status: 202, duplicate: true });
    await made.clock.advance(60_000);
    expect(posted(made)).toBe(1);
  }, 60_000);
});

describe('a replay', () => {
  async function twenty(): Promise<World> {
    const made = await world();
    for (let i = 0; i < 20; i++) await send(made, `d${i}`, `{"action":"opened","n":${i}}`);
    await made.clock.advance(3_600_000);
    return made;
  }

  it('of a range does what its dry run said, and repeats no effect', async () => {
    const made = await twenty();
    const input = { provider: 'github', since: '1d' };
    const said = await run(made, 'events.replay', input, true);
    expect(posted(made)).toBe(20);
    const did = await run(made, 'events.replay', input);
    expect([said['matched'], said['requeued']]).toEqual([20, 20]);
    expect({ ...did, dryRun: true }).toEqual(said);
    await made.clock.advance(3_600_000);
    expect([posted(made), made.targets.tool.effects.size]).toEqual([20, 20]);
  }, 60_000);

  it('with again has its effects again', async () => {
    const made = await twenty();
    await run(made, 'events.replay', { provider: 'github', since: '1d', again: true });
    await made.clock.advance(3_600_000);
    expect(posted(made)).toBe(40);
  }, 60_000);
});
