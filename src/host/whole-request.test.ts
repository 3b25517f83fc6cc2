import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../core/seeded-random.js';
import { readWhole } from './whole-request.js';

const USUAL =
  'POST /in/github?x=1 HTTP/1.1\r\nHost: a.example\r\nUser-Agent: GitHub-Hookshot/5d1e3a7\r\n' +
  'X-GitHub-Delivery: 8a6c2e10\r\nContent-Type: application/json\r\nX-Empty:\r\nContent-Length: 7\r\n\r\n{"a":1}';
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const changed = (from: string | RegExp, to: string): Buffer => bytes(USUAL.replace(from, to));

describe('readWhole', () => {
  it('reads what is usual', () => {
    expect(readWhole(bytes(USUAL))).toEqual({
      method: 'POST',
      url: '/in/github?x=1',
      headers: {
        host: 'a.example',
        'user-agent': 'GitHub-Hookshot/5d1e3a7',
        'x-github-delivery': '8a6c2e10',
        'content-type': 'application/json',
        'x-empty': '',
        'content-length': '7',
      },
      body: Buffer.from('{"a":1}'),
    });
  });

  it.each([
    ['another method', changed('POST', 'GET')],
    ['another version', changed('HTTP/1.1', 'HTTP/1.0')],
    ['an absolute address', changed('/in/github', 'http://a.example/in/github')],
    ['no host', changed('Host: a.example\r\n', '')],
    ['no length', changed('Content-Length: 7\r\n', '')],
    ['a length with a sign', changed('Length: 7', 'Length: +7')],
    ['a length with a zero before it', changed('Length: 7', 'Length: 07')],
    ['two lengths', changed('Content-Length: 7', 'Content-Length: 7\r\ncontent-length: 7')],
    ['a list of lengths', changed('Length: 7', 'Length: 7, 7')],
    ['a shorter body', bytes(USUAL.slice(0, -1))],
    ['more than one request', bytes(USUAL + USUAL)],
    ['a transfer encoding', changed('X-Empty:', 'Transfer-Encoding: chunked')],
    ['an expectation', changed('X-Empty:', 'Expect: 100-continue')],
    ['an upgrade', changed('X-Empty:', 'Connection: Upgrade\r\nUpgrade: websocket')],
    ['a connection that closes', changed('X-Empty:', 'Connection: close')],
    ['a name that occurs twice', changed('X-Empty:', 'host: b.example')],
    ['a name of every object', changed('X-Empty:', 'constructor: x')],
    ['the name of a prototype', changed('X-Empty:', '__proto__: x')],
    ['a blank before a colon', changed('X-Empty:', 'X-Empty : x')],
    ['a folded line', changed('X-Empty:', 'X-Empty: a\r\n b')],
    ['a blank at the end of a value', changed('X-Empty:', 'X-Empty: a ')],
    ['two blanks before a value', changed('X-Empty:', 'X-Empty:  a')],
    ['a bare line feed', changed('X-Empty:', 'X-Empty: a\nX-Other: b')],
    ['a bare carriage return', changed('X-Empty:', 'X-Empty: a\rb')],
    ['a zero byte', changed('X-Empty:', 'X-Empty: a\0b')],
    ['a line without a colon', changed('X-Empty:', 'X-Empty')],
    ['a line before the first', bytes(`\r\n${USUAL}`)],
    ['a head without an end', bytes(USUAL.slice(0, USUAL.indexOf('\r\n\r\n') + 2))],
    ['a head that is too long', changed('X-Empty:', `X-Empty: ${'a'.repeat(8_192)}`)],
    ['nothing', Buffer.alloc(0)],
  ])('leaves %s to node:http', (_, request) => expect(readWhole(request)).toBeUndefined());

  it('takes a connection that is kept alive, in any spelling', () => {
    expect(readWhole(changed('X-Empty:', 'Connection: Keep-Alive'))).toBeDefined();
  });
});

/** Whatever is taken here is exactly what node:http would have read. */
describe('readWhole beside node:http', () => {
  let server: Server;
  let heard: ((request: { message: IncomingMessage; body: Buffer }) => void) | undefined;
  beforeAll(async () => {
    server = createServer((message, response) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('end', () => (heard?.({ message, body: Buffer.concat(chunks) }), response.end()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());

  function asNodeReads(request: Buffer): Promise<{ message: IncomingMessage; body: Buffer } | undefined> {
    return new Promise((resolve) => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      heard = resolve;
      socket.on('data', () => socket.destroy());
      socket.on('close', () => resolve(undefined));
      socket.on('error', () => {});
      socket.end(request);
    });
  }

  it('agrees on 400 requests that were changed at random, if it takes them', async () => {
    const random = new SeededRandom(20);
    const pick = (below: number): number => Math.floor(random.float() * below);
    const PIECES = [
      '\r\n',
      '\n',
      '\r',
      ' ',
      '\t',
      ':',
      ';',
      ',',
      '"',
      '\0',
      '\x7f',
      '\xe9',
      '%',
      '#',
      'X-A: b\r\n',
      'a',
      '7',
      '=',
      '(',
      '/',
    ];
    let taken = 0;
    for (let round = 0; round < 400; round += 1) {
      const at = pick(USUAL.length - 7);
      const piece = PIECES[pick(PIECES.length)]!;
      const request = bytes(USUAL.slice(0, at) + piece + USUAL.slice(at + pick(2)));
      const whole = readWhole(request);
      if (whole === undefined) continue;
      taken += 1;
      const read = await asNodeReads(request);
      expect(read, JSON.stringify(request.toString('latin1'))).toBeDefined();
      const { message, body } = read!;
      expect(whole).toEqual({ method: message.method, url: message.url, headers: { ...message.headers }, body });
    }
    expect(taken).toBeGreaterThan(40);
  });
});
