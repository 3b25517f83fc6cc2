/** Whole Fairleads on one PostgreSQL: what two nodes share, and what senders see while the database is away. */
import { createHmac } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { on } from '../../src/define.js';
import { createFairlead, type FairleadLibrary } from '../../src/library.js';
import { hasPostgres, TestPostgres } from '../support/postgres.js';

const SECRET = 'It is a secret of a webhook';
const PASSWORD = 'a-password-that-nobody-may-see';
const LEASE_MS = 2_000;

let postgres: TestPostgres;
let folder: string;

async function node(name: string, url: string, ran: string[] = []): Promise<FairleadLibrary> {
  const withPassword = Object.assign(new URL(url), { password: PASSWORD }).href;
  return await createFairlead({
    dataDir: join(folder, name),
    auditLogPath: join(folder, 'audit.ndjson'),
    variables: { FAIRLEAD_DATABASE_URL: withPassword, GITHUB_WEBHOOK_SECRET: SECRET, FAIRLEAD_LOG_LEVEL: 'error' },
    jobs: { isolation: 'in-process', leaseMs: LEASE_MS },
    handlers: [on('github', '*', { name: 'note' }, async ({ key }) => void ran.push(key))],
  });
}

function delivery(id: string): Request {
  const body = JSON.stringify({ zen: id });
  const signature = createHmac('sha256', SECRET).update(body).digest('hex');
  return new Request('http://localhost/in/github', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${signature}`,
    },
    body,
  });
}

const send = (fairlead: FairleadLibrary, id: string): Promise<Response> => fairlead.receive().fetch(delivery(id));

/** Asks again until it is so; the time it takes is the server's affair. */
async function eventually(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setImmediate(resolve));
}

interface Listed {
  events: { key: string; state: string; duplicates: number }[];
}

describe.skipIf(!hasPostgres())('nodes on one PostgreSQL', () => {
  beforeAll(async () => {
    postgres = await TestPostgres.start();
    folder = mkdtempSync(join(tmpdir(), 'fairlead-nodes-'));
  }, 90_000);

  afterAll(async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('take each delivery once, work on it once, and write one log', async () => {
    const url = await postgres.createStore();
    const ran: string[] = [];
    const first = await node('one', url, ran);
    // Nodes share the keys of the installation; how they come to them is the operator's affair.
    cpSync(join(folder, 'one', 'keys'), join(folder, 'two', 'keys'), { recursive: true });
    const nodes = [first, await node('two', url, ran)];
    const ids = Array.from({ length: 30 }, (_, at) => `00000000-0000-4000-8000-0000000000${10 + at}`);
    const requests = [...ids, ...ids, ...ids].map((id, at) => send(nodes[at % 2]!, id));
    const answers = await Promise.all(requests);
    expect(answers.map(({ status }) => status).filter((status) => status >= 300)).toEqual([]);
    await eventually(async () => ran.length >= ids.length);
    const { events } = (await nodes[1]!.run('events.list', { limit: 100 })) as Listed;
    expect(events.map(({ key }) => key).toSorted()).toEqual(ids);
    expect(events.every(({ duplicates }) => duplicates === 2)).toBe(true);
    const shown = JSON.stringify([await nodes[0]!.run('system.status'), await nodes[1]!.run('system.doctor')]);
    expect(shown).toContain('postgres');
    expect(shown).not.toContain(PASSWORD);
    for (const one of nodes) expect(await one.run('audit.verify')).toMatchObject({ problems: [] });
    for (const one of nodes) await one.close();
    expect(ran.toSorted()).toEqual(ids);
    const lines = readFileSync(join(folder, 'audit.ndjson'), 'utf8').trimEnd().split('\n');
    const seqs = lines.map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(new Set(seqs).size).toBe(seqs.length);
    expect(lines.filter((line) => line.includes('webhook.receive')).length >= ids.length).toBe(true);
  }, 60_000);

  it('answer 503 while the database is away, and go on by themselves when it is back', async () => {
    const url = await postgres.createStore();
    const ran: string[] = [];
    const fairlead = await node('three', url, ran);
    const id = (at: number): string => `00000000-0000-4000-8000-00000000${1000 + at}`;
    expect((await send(fairlead, id(0))).status < 300).toBe(true);
    const acknowledged = new Set([id(0)]);
    for (let round = 0; round < 3; round += 1) {
      // Under load, so that the end of the server finds deliveries at every stage.
      const flood = Array.from({ length: 60 }, (_, at) => id(1 + round * 60 + at));
      const answers = flood.map(async (one) => ({ one, answer: await send(fairlead, one) }));
      await postgres.stopServer();
      for (const { one, answer } of await Promise.all(answers)) {
        if (answer.status < 300) acknowledged.add(one);
        else expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([503, true]);
      }
      const away = await send(fairlead, id(900));
      expect([away.status, Number(away.headers.get('retry-after')) > 0]).toEqual([503, true]);
      await postgres.startServer();
      // What had no answer comes again, as senders do.
      for (const one of flood) await eventually(async () => (await send(fairlead, one)).status < 300);
      for (const one of flood) acknowledged.add(one);
    }
    await eventually(async () => new Set(ran).size === acknowledged.size);
    const keys: string[] = [];
    let cursor: string | undefined;
    do {
      const page = (await fairlead.run('events.list', { limit: 50, ...(cursor && { cursor }) })) as Listed & {
        cursor?: string;
      };
      keys.push(...page.events.map(({ key }) => key));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(keys.toSorted()).toEqual([...acknowledged].toSorted());
    const checks = (await fairlead.run('system.doctor')) as { checks: { name: string; ok: boolean; says: string }[] };
    expect(checks.checks.find(({ name }) => name === 'database')).toMatchObject({ ok: true, says: 'sound' });
    await fairlead.close();
  }, 120_000);
});
