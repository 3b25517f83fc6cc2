import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listenHttp, type HttpListener } from './http-server.js';
import type { TakeWhole, WholeAnswer } from './short-connections.js';

const OK: WholeAnswer = { status: 202, headers: { 'content-type': 'application/json' }, body: '{"ok":true}' };
const open: HttpListener[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((listener) => listener.close(0)));
});

const request = (path: string, body = 'x', more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

/** Takes what goes to /fast; node:http answers `slow` and the body to all else. */
async function setting(take?: TakeWhole) {
  const taken: string[] = [];
  const usual: TakeWhole = ({ url, body }, answer) => {
    if (url !== '/fast') return false;
    taken.push(body.toString());
    queueMicrotask(() => answer(OK));
    return true;
  };
  const listener = await listenHttp(
    { host: '127.0.0.1', port: 0 },
    (message, response) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('end', () => response.end(`slow ${Buffer.concat(chunks)}`));
    },
    () => {},
    take ?? usual,
  );
  open.push(listener);
  return { listener, taken, dial: () => dial(Number(new URL(listener.address).port)) };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function dial(port: number) {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  sockets.push(socket);
  let text = '';
  let wake = (): void => {};
  let closed = false;
  socket.on('data', (chunk) => ((text += chunk.toString()), wake()));
  socket.on('close', () => ((closed = true), wake()));
  socket.on('error', () => {});
  const until = async (isMet: (text: string) => boolean): Promise<string> => {
    while (!isMet(text) && !closed) await new Promise<void>((resolve) => (wake = resolve));
    return text;
  };
  return {
    socket,
    send: (...pieces: string[]) => void pieces.forEach((piece) => socket.write(piece)),
    until,
    /** All that came until it held this many answers, or the connection was closed. */
    answers: (count: number) => until(() => text.split('HTTP/1.1 ').length > count && !text.endsWith('\r\n')),
    closed: () => until(() => closed),
  };
}

describe('a connection with whole requests', () => {
  it('is answered again and again, with a date and a length', async () => {
    const { taken, dial } = await setting();
    const { send, answers } = dial();
    send(request('/fast', '1'));
    expect(await answers(1)).toMatch(
      /^HTTP\/1\.1 202 Accepted\r\ncontent-type: application\/json\r\ncontent-length: 11\r\nDate: [^\r]+ GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n\{"ok":true\}$/,
    );
    send(request('/fast', '2'));
    await answers(2);
    expect(taken).toEqual(['1', '2']);
  });

  it('goes to node:http with what nobody takes, and stays there', async () => {
    const { taken, dial } = await setting();
    const { send, answers } = dial();
    send(request('/fast', '1'));
    await answers(1);
    send(request('/slow', 'body'));
    expect(await answers(2)).toContain('slow body');
    send(request('/fast', '2'));
    expect(await answers(3)).toContain('slow 2');
    expect(taken).toEqual(['1']);
  });

  it('goes to node:http with a request in pieces', async () => {
    const { dial } = await setting();
    const { send, answers, socket } = dial();
    const whole = request('/fast', 'body');
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    send(whole.slice(0, 20));
    await turns(20);
    send(whole.slice(20, -2), whole.slice(-2));
    expect(await answers(1)).toContain('slow body');
  });

  it('goes to node:http with a body of many pieces', async () => {
    const { dial } = await setting();
    const { send, until } = dial();
    const body = 'b'.repeat(3_000_000);
    send(request('/fast', body));
    expect((await until((text) => text.length > body.length)).split('HTTP/1.1 ')).toHaveLength(2);
  });

  it('answers requests that do not wait for each other, in their order', async () => {
    const { taken, dial } = await setting();
    const { send, answers } = dial();
    send(request('/fast', '1') + request('/slow', '2') + request('/fast', '3'));
    expect(await answers(3)).toMatch(/slow 1.*slow 2.*slow 3/s);
    expect(taken).toEqual([]);
  });

  it('keeps what comes before the answer for after it', async () => {
    const held: (() => void)[] = [];
    const { dial } = await setting((_, answer) => held.push(() => answer(OK)) > 0);
    const { send, answers } = dial();
    send(request('/fast', '1'));
    while (held.length === 0) await turns(1);
    send(request('/slow', '2'));
    await turns(20);
    held[0]!();
    expect(await answers(2)).toMatch(/^HTTP\/1\.1 202.*slow 2$/s);
  });

  it.each(['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'nonsense\r\n\r\n', request('/fast', 'x', 'Expect: 100-continue\r\n')])(
    'leaves the answer to node:http: %j',
    async (text) => {
      const { dial } = await setting();
      const { send, answers } = dial();
      send(text);
      expect(await answers(1)).toMatch(/slow|400 Bad Request/);
    },
  );

  it('answers who has ended its side, then closes', async () => {
    const held: (() => void)[] = [];
    const { dial } = await setting((_, answer) => held.push(() => answer(OK)) > 0);
    const { socket, closed } = dial();
    socket.end(request('/fast'));
    while (held.length === 0) await turns(1);
    await turns(5);
    held[0]!();
    expect(await closed()).toContain('{"ok":true}');
  });

  it('survives a client that is gone before its answer', async () => {
    const held: (() => void)[] = [];
    const { dial } = await setting((_, answer) => held.push(() => answer(OK)) > 0);
    const { socket, send } = dial();
    send(request('/fast'));
    while (held.length === 0) await turns(1);
    socket.resetAndDestroy();
    await turns(5);
    expect(() => held[0]!()).not.toThrow();
  });

  it('says nothing that would end a header before its time', async () => {
    const evil: WholeAnswer = { status: 200, headers: { 'x-a': 'a\r\nx-b: b' }, body: 'x' };
    const { dial } = await setting((_, answer) => (queueMicrotask(() => answer(evil)), true));
    const { send, closed } = dial();
    send(request('/fast'));
    const text = await closed();
    expect(text).toContain('HTTP/1.1 500');
    expect(text).not.toContain('x-b');
  });

  it('sends a text of any script, and no length with a 204', async () => {
    const all: WholeAnswer[] = [
      { status: 200, headers: {}, body: 'Zoë 😀' },
      { status: 204, headers: {}, body: '' },
    ];
    const { dial } = await setting((_, answer) => (queueMicrotask(() => answer(all.shift()!)), true));
    const { send, answers } = dial();
    send(request('/fast'));
    expect(await answers(1)).toMatch(/content-length: 9\r\n.*Zoë 😀$/s);
    const second = dial();
    second.send(request('/fast'));
    const text = await second.until((text) => text.endsWith('\r\n\r\n'));
    expect(text).toContain('HTTP/1.1 204 No Content');
    expect(text).not.toContain('content-length');
  });

  it('ends when the listener closes, an answer under way first', async () => {
    const held: (() => void)[] = [];
    const { listener, dial } = await setting((_, answer) => held.push(() => answer(OK)) > 0);
    const [idle, busy] = [dial(), dial()];
    await new Promise<void>((resolve) => idle.socket.once('connect', () => resolve()));
    busy.send(request('/fast'));
    while (held.length === 0) await turns(1);
    const closing = listener.close(60_000);
    await idle.closed();
    held[0]!();
    expect(await busy.closed()).toContain('{"ok":true}');
    await closing;
  });
});
