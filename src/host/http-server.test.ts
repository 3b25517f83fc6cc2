import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { listenHttp, type HttpListener } from './http-server.js';
import { sendLocal, type LocalResult } from './local-client.js';
import { placeSocket } from './socket-path.js';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-listen-'));
const open: HttpListener[] = [];
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.close(0)));
});

const log = (): void => {};
const listen: typeof listenHttp = async (...args) => {
  const listener = await listenHttp(...args);
  open.push(listener);
  return listener;
};
const LOOPBACK = { host: '127.0.0.1', port: 0 };
const get = (url: string): Promise<number> =>
  new Promise((resolve) => {
    request(url, (answer) => resolve(answer.resume().statusCode ?? 0))
      .on('error', () => resolve(0))
      .end();
  });

describe('a listener', () => {
  it('takes a free port and says where it is', async () => {
    const { address } = await listen(LOOPBACK, (_request, response) => response.end(), log);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await get(address)).toBe(200);
  });

  it.each([
    ['port_in_use', 'the same port'],
    ['config_invalid', 'an address of another machine'],
  ])('refuses with %s: %s', async (code, what) => {
    const first = await listen(LOOPBACK, () => {}, log);
    const port = Number(new URL(first.address).port);
    const at = what === 'the same port' ? { host: '127.0.0.1', port } : { host: '192.0.2.1', port: 0 };
    await expect(listenHttp(at, () => {}, log)).rejects.toMatchObject({ code });
  });

  it('lets a request in flight end, then closes', async () => {
    let held: ServerResponse | undefined;
    let begin = (): void => {};
    const began = new Promise<void>((resolve) => (begin = resolve));
    const listener = await listen(LOOPBACK, (_request, response) => ((held = response), begin()), log);
    const answer = get(listener.address);
    await began;
    const closed = listener.close(60_000);
    held!.end();
    expect(await answer).toBe(200);
    await closed;
    expect(await get(listener.address)).toBe(0);
  });

  it('cuts what does not end', async () => {
    let begin = (): void => {};
    const began = new Promise<void>((resolve) => (begin = resolve));
    const listener = await listen(LOOPBACK, () => begin(), log);
    const answer = get(listener.address);
    await began;
    await listener.close(0);
    expect(await answer).toBe(0);
  });

  it('refuses headers over 16 KiB', async () => {
    const { address } = await listen(LOOPBACK, (_request, response) => response.end(), log);
    const status = await new Promise((resolve) => {
      const socket = connect(Number(new URL(address).port), '127.0.0.1');
      socket.on('data', (data) => resolve(data.toString().split(' ')[1]));
      socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    });
    expect(status).toBe('431');
  });
});

describe('a socket of this machine', () => {
  const socketPath = join(folder, 's.sock');
  const post = (): Promise<LocalResult> =>
    sendLocal(socketPath, { method: 'POST', path: '/', headers: {}, body: new TextEncoder().encode('{}') });

  it('is for its user alone, and replaces what a dead process left', async () => {
    writeFileSync(socketPath, 'left over');
    chmodSync(socketPath, 0o666);
    await listen({ socketPath }, (_request, response) => response.end('hi'), log);
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    expect(await post()).toMatchObject({ ok: true, status: 200 });
  });

  it('tells a request that was not begun from one that was cut', async () => {
    expect(await post()).toEqual({ ok: false, sent: 'no', detail: expect.any(String) });
    // The connection is dropped before the body was asked for.
    const dropping = await listen({ socketPath }, () => {}, log);
    const bare = connect(socketPath);
    bare.destroy();
    await dropping.close(0);

    await listen({ socketPath }, (incoming) => incoming.resume().on('end', () => incoming.socket.destroy()), log);
    expect(await post()).toMatchObject({ ok: false, sent: 'maybe' });
  });

  it('lies in the data directory, or elsewhere when that path is too long', async () => {
    expect((await placeSocket(folder)).path).toBe(join(folder, 'fairlead.sock'));
    const long = await placeSocket(join(folder, 'x'.repeat(100)));
    expect(Buffer.byteLength(long.path)).toBeLessThan(104);
    await long.remove();
  });
});
