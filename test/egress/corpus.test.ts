import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dns } from '../../src/core/ports.js';
import { openGuardedNet } from '../../src/host/net/index.js';
import { HOSTILE_URLS, LEGITIMATE_URLS } from './corpus.js';
import { listenOnLoopback, watchSockets, type Listeners } from './sockets.js';

const request = (url: string) => ({ method: 'GET', url, headers: {}, timeoutMs: 5_000, maxAnswerBytes: 1024 });

const answering = (addresses: readonly string[]): Dns => ({ resolve: () => Promise.resolve([...addresses]) });

let listeners: Listeners;
beforeAll(async () => void (listeners = await listenOnLoopback()));
afterAll(() => listeners.close());

describe('hostile URLs', () => {
  it('are at least 80, each once', () => {
    expect(new Set(HOSTILE_URLS.map(({ url }) => url)).size).toBe(HOSTILE_URLS.length);
    expect(HOSTILE_URLS.length).toBeGreaterThanOrEqual(80);
  });

  // The port is allowed everywhere, so that every refusal is one of the host and not of the port.
  it.each(HOSTILE_URLS.map((entry) => [entry.why, entry.url.slice(0, 60), entry] as const))(
    '%s: %s opens no socket',
    async (_why, _url, { url, resolves = ['127.0.0.1', '::1'] }) => {
      const net = openGuardedNet({ dns: answering(resolves), allowedPorts: [listeners.port] });
      const watch = watchSockets({ pass: true });
      try {
        const result = await net.send(request(url.replaceAll('PORT', String(listeners.port))));
        expect(result).toMatchObject({ ok: false, failure: { kind: 'denied', sent: 'no' } });
        expect(watch.asked).toEqual([]);
        expect(listeners.count()).toBe(0);
      } finally {
        watch.end();
      }
    },
  );
});

describe('legitimate URLs', () => {
  it('are at least 20', () => expect(LEGITIMATE_URLS.length).toBeGreaterThanOrEqual(20));

  it.each(LEGITIMATE_URLS.map((entry) => [entry.url, entry] as const))(
    '%s is connected to, at the address that was checked',
    async (_url, { url, resolves }) => {
      const net = openGuardedNet({ dns: answering(resolves) });
      const watch = watchSockets({ pass: false });
      try {
        const result = await net.send(request(url));
        expect(result).toMatchObject({ ok: false, failure: { kind: 'refused', sent: 'no' } });
        const port = url.includes(':8443') ? 8443 : 443;
        expect(watch.asked).toEqual(resolves.map((address) => `${address}:${port}`));
      } finally {
        watch.end();
      }
    },
  );
});
