/** Nodes that do one thing each: who takes deliveries, who works on them, who keeps the log, and what is known of them. */
import { createHmac } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppError } from '../../src/core/errors.js';
import type { NodeRole } from '../../src/core/node.js';
import { on } from '../../src/define.js';
import { createFairlead, type FairleadLibrary } from '../../src/library.js';
import { hasPostgres, TestPostgres } from '../support/postgres.js';

const SECRET = 'It is a secret of a webhook';

let postgres: TestPostgres;
const folder = mkdtempSync(join(tmpdir(), 'fairlead-roles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let number = 0;

interface NodeOptions {
  url: string;
  role: NodeRole;
  ran?: string[];
  variables?: Record<string, string>;
}

async function node({ url, role, ran = [], variables }: NodeOptions): Promise<FairleadLibrary> {
  const dataDir = join(folder, `node-${number++}`);
  const keys = join(folder, 'node-0', 'keys');
  if (existsSync(keys)) cpSync(keys, join(dataDir, 'keys'), { recursive: true });
  return await createFairlead({
    dataDir,
    auditLogPath: join(dataDir, 'audit.ndjson'),
    variables: {
      FAIRLEAD_DATABASE_URL: url,
      GITHUB_WEBHOOK_SECRET: SECRET,
      FAIRLEAD_LOG_LEVEL: 'error',
      FAIRLEAD_ROLE: role,
      ...variables,
    },
    jobs: { isolation: 'in-process' },
    handlers: [on('github', '*', { name: 'note' }, async ({ key }) => void ran.push(key))],
  });
}

const idOf = (at: number): string => `00000000-0000-4000-8000-00000000${1000 + at}`;

async function send(fairlead: FairleadLibrary, at: number): Promise<number> {
  const body = JSON.stringify({ zen: at });
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': idOf(at),
    'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
  };
  const request = new Request('http://localhost/in/github', { method: 'POST', headers, body });
  const { status, headers: answered } = await fairlead.receive().fetch(request);
  if (status >= 500) expect(Number(answered.get('retry-after')) > 0).toBe(true);
  return status;
}

async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setImmediate(resolve));
}

interface Shown {
  role: string;
  node: string;
  nodes: { id: string; role: string; state: string; listens: boolean; version: string; schemaVersion: number }[];
}

const status = async (fairlead: FairleadLibrary): Promise<Shown> => (await fairlead.run('system.status')) as Shown;

describe.skipIf(!hasPostgres())('nodes with roles on one PostgreSQL', () => {
  beforeAll(async () => {
    postgres = await TestPostgres.start();
  }, 90_000);

  afterAll(async () => {
    await postgres.stop();
  });

  it('take, work and keep, each its own, and are listed while they live', async () => {
    const url = await postgres.createStore();
    const [atIntake, atWorker]: [string[], string[]] = [[], []];
    const keeper = await node({ url, role: 'scheduler' });
    const worker = await node({ url, role: 'worker', ran: atWorker });
    const intake = await node({ url, role: 'intake', ran: atIntake });
    expect([await send(keeper, 0), await send(worker, 0)]).toEqual([503, 503]);
    const ids = Array.from({ length: 20 }, (_, at) => at);
    expect(await Promise.all(ids.map((at) => send(intake, at)))).toEqual(ids.map(() => 202));
    await eventually(() => atWorker.length >= ids.length);
    const shown = await status(intake);
    expect(shown.role).toBe('intake');
    expect(shown.nodes.map(({ role, state }) => `${role} ${state}`)).toEqual([
      'scheduler live',
      'worker live',
      'intake live',
    ]);
    expect(shown.nodes.at(-1)).toMatchObject({ id: shown.node, listens: false, schemaVersion: expect.any(Number) });
    const log = join(folder, `node-${number - 3}`, 'audit.ndjson');
    await eventually(() => existsSync(log) && readFileSync(log, 'utf8').split('webhook.receive').length > ids.length);
    await worker.close();
    expect((await status(keeper)).nodes.map(({ role }) => role)).toEqual(['scheduler', 'intake']);
    for (const one of [intake, keeper]) await one.close();
    expect([atWorker.toSorted(), atIntake]).toEqual([ids.map(idOf), []]);
    const left = await postgres.run(
      'select (select count(*) from fairlead.node) as nodes, until from fairlead.leader',
      url,
    );
    expect(left).toMatchObject([{ nodes: '0' }]);
  }, 60_000);

  it('hear of new jobs, and find them when they do not hear', async () => {
    const url = await postgres.createStore();
    const ran: string[] = [];
    const worker = await node({ url, role: 'worker', ran, variables: { FAIRLEAD_DATABASE_DIRECT_URL: url } });
    const intake = await node({ url, role: 'intake' });
    expect((await status(intake)).nodes.map(({ role, listens }) => [role, listens])).toEqual([
      ['worker', true],
      ['intake', false],
    ]);
    const listening = async (): Promise<boolean> =>
      (await postgres.run(`select from pg_stat_activity where application_name = 'fairlead listener'`, url)).length > 0;
    await eventually(listening);
    expect(await send(intake, 1)).toBe(202);
    await eventually(() => ran.length === 1);
    await postgres.run(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'fairlead listener'`,
      url,
    );
    expect(await send(intake, 2)).toBe(202);
    await eventually(() => ran.length === 2);
    await eventually(listening);
    expect(await send(intake, 3)).toBe(202);
    await eventually(() => ran.length === 3);
    for (const one of [intake, worker]) await one.close();
    expect(await listening()).toBe(false);
  }, 60_000);
});

describe('a store in a file', () => {
  it('has one node, which does everything, and says why it can have no other', async () => {
    const dataDir = join(folder, 'file');
    const variables = { FAIRLEAD_LOG_LEVEL: 'error', FAIRLEAD_ROLE: 'all' };
    const one = await createFairlead({ dataDir, auditLogPath: join(dataDir, 'audit.ndjson'), variables });
    await eventually(async () => (await status(one)).nodes.length === 1);
    expect((await status(one)).nodes).toMatchObject([{ role: 'all', state: 'live' }]);
    await one.close();
    for (const role of ['intake', 'worker', 'scheduler', 'king']) {
      const refused = await createFairlead({ dataDir, variables: { FAIRLEAD_ROLE: role } }).catch(
        (error: unknown) => error,
      );
      expect(isAppError(refused, 'config_invalid') && refused.message).toMatch(
        role === 'king' ? /none of all, intake/ : /needs a store that nodes share: set FAIRLEAD_DATABASE_URL/,
      );
    }
  });
});
