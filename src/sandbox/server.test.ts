import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../core/ports.js';
import { InternalToolSandbox, SlackSandbox, parseFault, startSandbox, type SandboxServer } from './index.js';

const slept: number[] = [];
const clock: Clock = {
  nowMs: () => Date.UTC(2026, 0, 5),
  monotonicMs: () => 0,
  sleep: async (ms) => void slept.push(ms),
  after: () => () => {},
};

let server: SandboxServer | undefined;
afterEach(async () => await server?.close());

async function start() {
  const slack = new SlackSandbox();
  const tool = new InternalToolSandbox();
  server = await startSandbox({ providers: [slack, tool], clock });
  return { slack, tool, server };
}

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

describe('the server of simulated providers', () => {
  it('puts each provider below its name', async () => {
    const { slack, tool, server } = await start();
    const posted = await fetch(`${server.urlOf(slack)}${slack.webhookPath}`, json({ text: 'Hello' }));
    expect([posted.status, await posted.text()]).toEqual([200, 'ok']);
    const recorded = await fetch(`${server.urlOf(tool)}/customers`, json({ id: 7 }));
    expect([recorded.status, await recorded.json()]).toEqual([201, { id: 'rec_1', recorded: true }]);
    expect(slack.posts).toHaveLength(1);
    expect(tool.effects).toHaveLength(1);
    expect((await fetch(`${server.url}/nobody`)).status).toBe(404);
    expect(await (await fetch(`${server.url}/_sandbox`)).json()).toMatchObject({
      slack: { posts: [{ text: 'Hello' }] },
      'internal-tool': { effects: [{ path: '/customers' }] },
    });
  });

  it('loses an answer after the effect, and is slow when told to', async () => {
    const { slack, server } = await start();
    const url = `${server.urlOf(slack)}${slack.webhookPath}`;
    slack.faults.add({ kind: 'lost_answer' });
    slack.faults.add({ kind: 'slow', delayMs: 900 });
    await expect(fetch(url, json({ text: 'lost' }))).rejects.toThrow(/fetch failed/);
    expect(slack.posts).toMatchObject([{ text: 'lost' }]);
    expect((await fetch(url, json({ text: 'slow' }))).status).toBe(200);
    expect(slept).toEqual([900]);
  });

  it('takes faults over HTTP, as JSON only', async () => {
    const { tool, server } = await start();
    const faults = `${server.url}/_sandbox/faults`;
    const order = { provider: 'internal-tool', fault: { kind: 'failure', status: 503 }, times: 2 };
    expect(await (await fetch(faults, json(order))).json()).toEqual({ waiting: 2 });
    expect((await fetch(`${server.urlOf(tool)}/x`, json({}))).status).toBe(503);
    expect((await fetch(faults, { method: 'POST', body: JSON.stringify(order) })).status).toBe(404);
    for (const wrong of [{ provider: 'nobody' }, { fault: {} }, { times: 0 }, { times: 1e9 }]) {
      expect((await fetch(faults, json({ ...order, ...wrong }))).status).toBe(400);
    }
  });

  it('answers only who asks for this machine', async () => {
    const { server } = await start();
    const { port } = new URL(server.url);
    const status = await new Promise((resolve, reject) => {
      const options = { port, host: '127.0.0.1', path: '/_sandbox', headers: { host: 'evil.test' } };
      httpRequest(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(421);
  });

  it('refuses a large body, and a port that is taken', async () => {
    const { tool, server } = await start();
    const large = await fetch(`${server.urlOf(tool)}/x`, { method: 'POST', body: 'x'.repeat(8 * 1024 * 1024 + 1) });
    expect(large.status).toBe(413);
    expect(tool.effects).toEqual([]);
    const port = Number(new URL(server.url).port);
    await expect(startSandbox({ providers: [], clock, port })).rejects.toMatchObject({ code: 'port_in_use' });
  });
});

describe('reading a fault', () => {
  it.each([
    [{ kind: 'rate_limited', retryAfterSeconds: 3 }, true],
    [{ kind: 'failure', status: 500 }, true],
    [{ kind: 'slow', delayMs: 10 }, true],
    [{ kind: 'lost_answer' }, true],
    [{ kind: 'failure', status: 200 }, false],
    [{ kind: 'failure', status: 1e9 }, false],
    [{ kind: 'slow', delayMs: -1 }, false],
    [{ kind: 'rate_limited', retryAfterSeconds: 'soon' }, false],
    [{ kind: 'earthquake' }, false],
    [null, false],
    ['lost_answer', false],
  ])('%j: %s', (value, isFault) => {
    expect(parseFault(value) !== undefined).toBe(isFault);
  });
});
