/**
 * On PostgreSQL, over two nodes: a delivery takes effect once, however often, however long after, and by whomever it is
 * sent again; and whoever is not its sender cannot keep it from taking effect.
 */
import { createHmac } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import type { Scope } from '../../src/core/scope.js';
import { on } from '../../src/define.js';
import { createFairlead, type FairleadLibrary } from '../../src/library.js';
import { openPostgres } from '../../src/storage/postgres/index.js';
import { newWorld } from '../storage/moved-world.js';
import { hasPostgres, TestPostgres } from '../support/postgres.js';

const SECRET = 'the secret of this source';
const COPIES = 50;
const CAPTURED = 100;
const DAY_MS = 86_400_000;
const SCOPE: Scope = { tenant: 'default', environment: 'sandbox' };

let postgres: TestPostgres;
let folder: string;
let count = 0;

interface Pair {
  nodes: [FairleadLibrary, FairleadLibrary];
  ran: string[];
  close(): Promise<void>;
}

async function pair(): Promise<Pair> {
  const url = await postgres.createStore();
  const ran: string[] = [];
  const open = (name: string): Promise<FairleadLibrary> =>
    createFairlead({
      dataDir: join(folder, name),
      auditLogPath: join(folder, name, 'audit.ndjson'),
      variables: { FAIRLEAD_DATABASE_URL: url, GITHUB_WEBHOOK_SECRET: SECRET, FAIRLEAD_LOG_LEVEL: 'error' },
      jobs: { isolation: 'in-process' },
      handlers: [on('github', '*', { name: 'note' }, async ({ key }) => void ran.push(key))],
    });
  const [one, other] = [`one-${count}`, `other-${count++}`];
  const first = await open(one);
  cpSync(join(folder, one, 'keys'), join(folder, other, 'keys'), { recursive: true });
  const nodes: Pair['nodes'] = [first, await open(other)];
  return { nodes, ran, close: async () => void (await Promise.all(nodes.map((node) => node.close()))) };
}

async function send(
  { nodes }: Pair,
  at: number,
  id: string,
  body: string,
  secret = SECRET,
): Promise<{ status: number; duplicate: boolean }> {
  const response = await nodes[at % 2]!.receive().fetch(
    new Request('http://localhost/in/github', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': id,
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
    }),
  );
  const { duplicate = false } = (await response.json()) as { duplicate?: boolean };
  return { status: response.status, duplicate };
}

/** Asks again until it is so; the time it takes is the server's affair. */
async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setImmediate(resolve));
}

async function listed({ nodes }: Pair): Promise<{ key: string; state: string }[]> {
  return ((await nodes[0].run('events.list', { limit: 100 })) as { events: { key: string; state: string }[] }).events;
}

describe.skipIf(!hasPostgres())('a delivery to nodes on one PostgreSQL', () => {
  beforeAll(async () => {
    postgres = await TestPostgres.start();
    folder = mkdtempSync(join(tmpdir(), 'fairlead-dedupe-'));
  }, 90_000);

  afterAll(async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`is one event, though ${COPIES} copies of it arrive together at both`, async () => {
    const made = await pair();
    const answers = await Promise.all(Array.from({ length: COPIES }, (_, at) => send(made, at, 'd1', '{"n":1}')));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    await eventually(() => made.ran.length > 0);
    await made.close();
    expect(made.ran).toEqual(['d1']);
  }, 60_000);

  it('is not suppressed by a forged copy that came first, and known by its body under new ids', async () => {
    const made = await pair();
    expect(await send(made, 0, 'd1', '{"n":1}', 'not the secret')).toMatchObject({ status: 401 });
    expect(await send(made, 1, 'd1', '{"n":1}')).toEqual({ status: 202, duplicate: false });
    const captured = await Promise.all(
      Array.from({ length: CAPTURED }, (_, at) => send(made, at, `fresh-${at}`, '{"n":1}')),
    );
    expect(captured.filter(({ status, duplicate }) => status === 202 && duplicate)).toHaveLength(CAPTURED);
    expect((await listed(made)).map(({ key }) => key)).toEqual(['d1']);
    await eventually(() => made.ran.length > 0);
    await made.close();
    expect(made.ran).toEqual(['d1']);
  }, 60_000);

  it.each<[string, Scope, string]>([
    ['another tenant', { tenant: 'other', environment: 'sandbox' }, 'src_one'],
    ['the other environment', { tenant: 'default', environment: 'live' }, 'src_one'],
    ['another source', SCOPE, 'src_other'],
  ])('is not suppressed by the same id of %s', async (_, scope, sourceId) => {
    const { clock, make } = newWorld();
    const store = await openPostgres({ url: await postgres.createStore(), clock });
    const event = make.event();
    expect(await store.events.accept(SCOPE, event)).toEqual({ kind: 'stored' });
    const same = { ...event, id: make.newId('event'), sourceId, jobs: [] };
    expect(await store.events.accept(scope, same)).toEqual({ kind: 'stored' });
    const again = { ...same, id: make.newId('event') };
    expect(await store.events.accept(scope, again)).toMatchObject({ kind: 'duplicate', eventId: same.id });
    await store.system.close();
  });

  it('is still a duplicate on day 34, after retention has run every day', async () => {
    const { clock, make } = newWorld();
    const store = await openPostgres({ url: await postgres.createStore(), clock });
    const event = make.event({ bodyKey: new Uint8Array(16).fill(7) });
    await store.events.accept(SCOPE, event);
    const { retention } = readConfig({ variables: {}, cwd: '/' });
    for (let day = 1; day <= 34; day += 1) {
      clock.jumpWall(DAY_MS);
      await store.system.prune(retention, 10_000);
    }
    const copy = { ...event, id: make.newId('event') };
    expect(await store.events.accept(SCOPE, copy)).toMatchObject({ kind: 'duplicate', eventId: event.id, by: 'key' });
    const { dedupeKey } = make.event();
    expect(await store.events.accept(SCOPE, { ...copy, dedupeKey })).toMatchObject({ kind: 'duplicate', by: 'body' });
    await store.system.close();
  }, 60_000);

  it('that is replayed does what the dry run said', async () => {
    const made = await pair();
    for (let at = 0; at < 10; at += 1) await send(made, at, `d${at}`, `{"n":${at}}`);
    await eventually(async () => (await listed(made)).every(({ state }) => state === 'completed'));
    const input = { provider: 'github', since: '1d', again: true };
    const said = (await made.nodes[0].run('events.replay', input, { dryRun: true })) as Record<string, unknown>;
    expect(said).toMatchObject({ matched: 10 });
    const did = (await made.nodes[1].run('events.replay', input)) as Record<string, unknown>;
    expect(did['matched']).toBe(10);
    await eventually(() => made.ran.length >= 10 + (did['requeued'] as number));
    await made.close();
    expect(made.ran).toHaveLength(10 + (said['requeued'] as number));
  }, 60_000);
});
