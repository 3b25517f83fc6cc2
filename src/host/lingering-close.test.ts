import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listenHttp, type HttpListener } from './http-server.js';
import { LINGER_LIMITS, withLingeringClose } from './lingering-close.js';

const MIB = 1024 * 1024;
const READ_BYTES = MIB;
const open: HttpListener[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((listener) => listener.close(0)));
});

/** Reads a part of every body, and refuses the rest; or answers without a look at it. */
async function refusing(isShort: boolean, readBytes: number): Promise<number> {
  const listener = await listenHttp(
    { host: '127.0.0.1', port: 0 },
    (request, response) => {
      let size = 0;
      const refuse = (): void => {
        request.off('data', onData);
        request.pause();
        response.writeHead(413, { connection: 'close', 'content-length': 3 });
        response.end('big');
      };
      const onData = ({ length }: Buffer): void => void ((size += length) >= readBytes && refuse());
      if (readBytes === 0) refuse();
      else request.on('data', onData);
    },
    () => {},
    isShort ? () => false : undefined,
  );
  open.push(listener);
  return Number(new URL(listener.address).port);
}

/** Writes all of it, as one does who reads only afterwards, and then reads until the end. */
async function writeThenRead(port: number, bytes: number, contentLength: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  sockets.push(socket);
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => {});
  socket.pause();
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${contentLength}\r\n\r\n`);
  const chunk = Buffer.alloc(64 * 1024, ' ');
  for (let sent = 0; sent < bytes && !socket.destroyed; sent += chunk.length) {
    await new Promise<void>((resolve) => socket.write(chunk, () => resolve()));
  }
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString()));
  socket.resume();
  await closed;
  return text;
}

describe('an answer before the end of the body', () => {
  it.each([
    ['handed over', true, READ_BYTES],
    ['handed over, unread', true, 0],
    ['of node:http alone', false, READ_BYTES],
    ['of node:http alone, unread', false, 0],
  ])('reaches a client that reads only after it has written: %s', async (_, isShort, readBytes) => {
    const port = await refusing(isShort, readBytes);
    const text = await writeThenRead(port, READ_BYTES + 6 * MIB, READ_BYTES + 6 * MIB);
    expect(text).toMatch(/^HTTP\/1\.1 413 .*\r\n\r\nbig$/s);
  });

  it.each([true, false])('ends no process where whoever read the body ended the request: %s', async (isShort) => {
    const listener = await listenHttp(
      { host: '127.0.0.1', port: 0 },
      async (request, response) => {
        const parts = request[Symbol.asyncIterator]();
        await parts.next();
        await parts.return?.();
        response.writeHead(413, { connection: 'close', 'content-length': 3 });
        response.end('big');
      },
      () => {},
      isShort ? () => false : undefined,
    );
    open.push(listener);
    const port = Number(new URL(listener.address).port);
    await writeThenRead(port, 2 * MIB, 2 * MIB);
    expect(await writeThenRead(port, 64 * 1024, 64 * 1024)).toMatch(/^HTTP\/1\.1 413/);
  });

  it('is not followed by reading without end', async () => {
    const port = await refusing(true, READ_BYTES);
    const socket = connect({ port, host: '127.0.0.1' });
    sockets.push(socket);
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, ' '), Buffer.from('\r\n')]);
    const pump = (): void => void (socket.destroyed || socket.write(chunk, () => setImmediate(pump)));
    pump();
    await closed;
    expect(socket.bytesWritten).toBeGreaterThan(LINGER_LIMITS.bytesMax);
  });

  it('is followed by a close when the client neither sends nor leaves', async () => {
    const refuse: RequestListener = (_request, response) => {
      response.writeHead(413, { connection: 'close', 'content-length': 3 });
      response.end('big');
    };
    const server = createServer(withLingeringClose(refuse, { ...LINGER_LIMITS, timeMs: 60, lookEveryMs: 10 }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => (text += data.toString()));
    const ended = new Promise<void>((resolve) => socket.on('end', () => resolve()));
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n');
    await ended;
    expect(text).toContain('HTTP/1.1 413');
    // It ends when the last connection has, and cuts none itself.
    await new Promise((resolve) => server.close(resolve));
  });
});
