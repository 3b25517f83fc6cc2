/** A client that goes away: what has not begun never begins, what has begun is heard out and written down. */
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpResult } from '../../src/core/ports.js';
import { LIVE } from '../outbound/approval-world.js';
import { openScene, TRANSPORTS, whilePassing, type ApprovalScene } from './approval-scene.js';

const FREE = JSON.parse('{"rules":[{"name":"free","then":"allow"}]}') as object;
const SLACK = 'POST https://slack.com/api/chat.postMessage';
const call = (text: string) => ({ channel: 'C024BE91L', text, idempotencyKey: `key-${text}` });
let scene: ApprovalScene;
afterEach(() => scene.close());

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

async function entries(of = 'outcome'): Promise<{ status: string; callId: string; error?: { code: string } }[]> {
  const { rows } = await scene.world.store.audit.search(LIVE, {}, { limit: 100 });
  const lines = rows.map(({ record }) => JSON.parse(record!) as { action: string; phase: string; status: string });
  return lines.filter(({ action, phase }) => action === 'slack.sendMessage' && phase === of) as never;
}

describe.each(TRANSPORTS)('statement 31: over %s', (transport) => {
  it('a write that waits for its turn is not made', async () => {
    scene = await openScene('auto', transport, 'without', undefined, FREE);
    await scene.call(call('first'));
    scene.stopTime();
    const gone = new AbortController();
    const second = scene.call(call('second'), 's1', gone.signal).catch((error: unknown) => String(error));
    await until(async () => (await entries('intent')).length === 2);
    gone.abort();
    expect(typeof (await second)).toBe('string');
    await until(async () => (await entries()).length === 2);
    await scene.world.clock.advance(60_000);
    expect(scene.world.texts()).toEqual(['first']);
    expect((await entries())[0]).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
  });

  it('a write that is under way is heard out, and the call can be asked about', async () => {
    scene = await openScene('auto', transport, 'without', undefined, FREE);
    let answer: (result: object) => void = () => undefined;
    scene.world.net.on(SLACK, () => new Promise((resolve) => (answer = resolve as never)) as Promise<HttpResult>);
    const gone = new AbortController();
    const calling = scene.call(call('one'), 's1', gone.signal).catch((error: unknown) => String(error));
    await until(() => scene.world.writes().length === 1);
    gone.abort();
    expect(typeof (await calling)).toBe('string');
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    answer({ status: 200, headers: {}, body: JSON.stringify({ ok: true, channel: 'C024BE91L', ts: '1.2' }) });
    await until(async () => (await entries()).length === 1);
    const [{ status, callId }] = (await entries()) as [{ status: string; callId: string }];
    expect(status).toBe('succeeded');
    expect(await whilePassing(scene.world, scene.world.run('calls.get', { id: callId }))).toMatchObject({
      state: 'done',
    });
    expect((await scene.call(call('one'))).structuredContent).toMatchObject({ state: 'replayed', callId });
    expect(scene.world.writes()).toHaveLength(1);
  });
});
