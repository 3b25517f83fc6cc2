/** Access that ends for good is an event for handlers, an audit entry, and a link. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { on } from '../../src/define.js';
import type { HandlerEvent } from '../../src/jobs/index.js';
import { createSandboxSetting, consent, type SandboxSetting } from './sandbox-setting.js';
import { beginAt, Browser, SANDBOX } from './setting.js';

interface Ended {
  connection: string;
  account: string;
  problem: string;
  reconnect: { url: string; command: string };
}

let setting: SandboxSetting;
let told: HandlerEvent[];
beforeEach(async () => {
  told = [];
  const handlers = [on('fairlead', 'connection.needs_reconnect', (event) => void told.push(event))];
  const file = { handlers, jobs: { isolation: 'in-process' as const } };
  setting = await createSandboxSetting({ names: ['slack'], file });
  await setting.fairlead.start();
});
afterEach(async () => {
  await setting.fairlead.drain();
  setting.close();
});

it('tells handlers once, with a link that connects the same account again and holds no secret', async () => {
  setting.provider('slack').oauth.lifeMs = 120_000;
  await setting.go('slack');
  const [{ id } = { id: '' }] = ((await setting.call('connections.list', {})) as { connections: { id: string }[] })
    .connections;
  const { oauth } = setting.provider('slack');
  oauth.endAll();
  await setting.clock.advance((oauth.lifeMs ?? 0) + 60_000);
  for (let at = 0; at < 5 && told.length === 0; at++) await setting.clock.advance(10_000);
  await setting.clock.advance(60_000);

  expect(told).toHaveLength(1);
  const ended = told[0]!.data as unknown as Ended;
  expect(ended).toMatchObject({ connection: id, provider: 'slack', environment: 'sandbox' });
  expect(ended.reconnect.command).toContain(`--reconnect ${id}`);
  expect(JSON.stringify(ended)).not.toMatch(/xox[a-z]-|client_secret/);
  const { rows } = await setting.store.audit.search(SANDBOX, {}, { limit: 50 });
  const actions = rows.map(
    (row) => row.record ?? JSON.stringify(row.receipt ?? {}, (_, v) => (v instanceof Uint8Array ? '' : v)),
  );
  expect(actions.filter((text) => text.includes('"connection.needs_reconnect"')).length).toBeGreaterThanOrEqual(2);

  const browser = new Browser();
  const back = consent(setting.provider('slack'), await beginAt(browser, ended.reconnect.url), setting.clock.nowMs());
  expect((await browser.follow(back)).searchParams.get('success')).toBe('slack');
  expect(await setting.call('connections.list', {})).toMatchObject({ connections: [{ id, state: 'connected' }] });
});
