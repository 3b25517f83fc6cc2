/** Simulated providers on ports of this machine: addresses, faults, webhooks and the page, over real HTTP. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { guardedNet, realClock, realDns } from '../../src/host/index.js';
import { SANDBOXES, startSandboxes, type RunningSandbox, type SandboxesOptions } from '../../src/sandbox/index.js';

let running: RunningSandbox[] = [];
afterEach(async () => {
  for (const one of running) await one.close();
});

async function start(options: Partial<SandboxesOptions> = {}) {
  running = await startSandboxes({ clock: realClock, ...options });
  return new Map(running.map((one) => [one.provider, one]));
}

it('serves all of them, below one address and on ports of their own', async () => {
  const all = await start();
  expect([...all.keys()]).toEqual(Object.keys(SANDBOXES));
  const { url, ownUrl, variables } = all.get('github')!;
  const headers = { authorization: `Bearer ${variables['GITHUB_TOKEN']}`, 'user-agent': 'test' };
  for (const base of [url, ownUrl]) {
    const response = await fetch(`${base}/repos/octo/widgets/commits?per_page=40`, { headers });
    expect(response.status).toBe(200);
    // What a client follows leads back here.
    expect(response.headers.get('link')).toContain(
      `<${base}/repos/octo/widgets/commits?per_page=40&page=2>; rel="next"`,
    );
  }
  await expect(startSandboxes({ clock: realClock, names: ['nobody'] })).rejects.toMatchObject({
    code: 'invalid_argument',
  });
});

it('breaks an answer in half, takes business faults it knows, and shows no secret', async () => {
  const { url, page, variables } = (await start({ names: ['stripe'] })).get('stripe')!;
  const key = variables['STRIPE_SECRET_KEY']!;
  const post = () =>
    fetch(`${url}/customers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'email=ada%40example.com&name=<script>',
    });
  const fault = (order: object) =>
    fetch(new URL('/_sandbox/faults', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ provider: 'stripe', ...order }),
    });
  expect((await fault({ fault: { kind: 'half_body' }, when: { path: '/v1/cust*' } })).status).toBe(200);
  await expect(post().then((response) => response.text())).rejects.toThrow(/terminated/);
  expect((await fault({ fault: { kind: 'business', name: 'missing_scope' } })).status).toBe(200);
  expect((await post()).status).toBe(403);
  expect((await fault({ fault: { kind: 'business', name: 'nonsense' } })).status).toBe(400);
  expect((await fault({ fault: { kind: 'reset' }, when: { path: 7 } })).status).toBe(400);
  const shown = await fetch(page);
  const text = await shown.text();
  expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(text).toContain('POST /v1/customers');
  expect(text).toContain('&lt;script&gt;');
  expect(text).not.toContain('<script>');
  expect(text + (await (await fetch(new URL('/_sandbox/requests', url))).text())).not.toContain(key);
});

it('sends signed webhooks to an address of this machine', async () => {
  let arrived: (request: { type: string | undefined; signature: string | undefined }) => void = () => {};
  const received = new Promise<{ type: string | undefined; signature: string | undefined }>(
    (resolve) => (arrived = resolve),
  );
  const server = createServer(({ headers }, response) => {
    arrived({ type: String(headers['x-github-event']), signature: String(headers['x-hub-signature-256']) });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const net = guardedNet({ dns: realDns(realClock), allowedPrivateHosts: ['127.0.0.0/8'] });
  try {
    const { url, variables } = (await start({ names: ['github'], net })).get('github')!;
    const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
    const order = { provider: 'github', url: target, secret: 'a secret', events: ['issues'] };
    const json = { 'content-type': 'application/json' };
    await fetch(new URL('/_sandbox/webhooks', url), { method: 'POST', headers: json, body: JSON.stringify(order) });
    const headers = { ...json, authorization: `Bearer ${variables['GITHUB_TOKEN']}`, 'user-agent': 'test' };
    await fetch(`${url}/repos/octo/widgets/issues`, { method: 'POST', headers, body: '{"title":"x"}' });
    expect(await received).toMatchObject({ type: 'issues', signature: expect.stringMatching(/^sha256=[0-9a-f]{64}$/) });
  } finally {
    server.close();
    await net.close();
  }
});
