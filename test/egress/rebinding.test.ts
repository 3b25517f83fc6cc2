import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dns } from '../../src/core/ports.js';
import { openGuardedNet } from '../../src/host/net/index.js';
import { listenOnLoopback, watchSockets, type Listeners } from './sockets.js';

/** The claim is 10,000; the everyday size is smaller. */
const REBINDS = Number(process.env['FAIRLEAD_REBINDS'] ?? 1_000);
const PUBLIC = '93.184.216.34';

let listeners: Listeners;
beforeAll(async () => void (listeners = await listenOnLoopback()));
afterAll(() => listeners.close());

const send = (net: ReturnType<typeof openGuardedNet>) =>
  net.send({
    method: 'POST',
    url: `https://rebind.example.com:${listeners.port}/`,
    headers: {},
    timeoutMs: 5_000,
    maxAnswerBytes: 1024,
  });

describe('a name that answers differently each time', () => {
  it.each([
    ['127.0.0.1', [PUBLIC, '127.0.0.1']],
    ['::1', [PUBLIC, '::1']],
    ['a private address', [PUBLIC, '10.0.0.1']],
  ])('never leads to %s', async (_name, answers) => {
    let asked = 0;
    const dns: Dns = { resolve: () => Promise.resolve([answers[asked++ % 2]!]) };
    const net = openGuardedNet({ dns, allowedPorts: [listeners.port] });
    const watch = watchSockets({ pass: false });
    let denied = 0;
    let refused = 0;
    try {
      for (let i = 0; i < REBINDS; i++) {
        const result = await send(net);
        if (result.ok) continue;
        if (result.failure.kind === 'denied') denied += 1;
        if (result.failure.kind === 'refused') refused += 1;
      }
    } finally {
      watch.end();
    }
    expect(asked).toBe(REBINDS);
    expect(refused).toBe(Math.ceil(REBINDS / 2));
    expect(denied).toBe(Math.floor(REBINDS / 2));
    expect(new Set(watch.asked)).toEqual(new Set([`${PUBLIC}:${listeners.port}`]));
    expect(listeners.count()).toBe(0);
  });

  it('is refused when one answer mixes public and private', async () => {
    const net = openGuardedNet({
      dns: { resolve: () => Promise.resolve([PUBLIC, '127.0.0.1']) },
      allowedPorts: [listeners.port],
    });
    const watch = watchSockets({ pass: true });
    try {
      expect(await send(net)).toMatchObject({ ok: false, failure: { kind: 'denied', sent: 'no' } });
      expect(watch.asked).toEqual([]);
    } finally {
      watch.end();
    }
  });
});
