import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../../test/support/certificate.js';
import { watchSockets } from '../../../test/egress/sockets.js';
import type { Dns, HttpRequest } from '../../core/ports.js';
import { openGuardedNet, type GuardedNet, type GuardedNetOptions } from './guarded-net.js';

const opened: (TcpServer | Server)[] = [];
const nets: GuardedNet[] = [];
afterEach(async () => {
  await Promise.all(nets.splice(0).map((net) => net.close()));
  for (const server of opened.splice(0)) server.close();
});

async function listening<S extends TcpServer>(server: S, host = '127.0.0.1'): Promise<number> {
  opened.push(server);
  await new Promise<void>((done) => server.listen(0, host, done));
  return (server.address() as AddressInfo).port;
}

const serve = (answer: RequestListener) => listening(createServer(answer));

/** A server that answers with these bytes, whatever it is asked. */
const serveRaw = (bytes: string) =>
  listening(
    createTcpServer((socket) => void socket.once('data', () => socket.end(bytes)).on('error', () => undefined)),
  );

const dnsOf = (names: Record<string, string[]>): Dns => ({
  resolve: (host) =>
    names[host] ? Promise.resolve(names[host]) : Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
});

function open(options: Partial<GuardedNetOptions>): GuardedNet {
  const net = openGuardedNet({ dns: dnsOf({}), ...options });
  nets.push(net);
  return net;
}

const toLocal = (port: number, more: Partial<GuardedNetOptions> = {}) =>
  open({ allowedPrivateHosts: [`127.0.0.1:${port}`], ...more });

const request = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  headers: {},
  timeoutMs: 10_000,
  maxAnswerBytes: 1_000_000,
  ...more,
});

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('an exchange', () => {
  it('sends the bytes and collects the answer', async () => {
    const seen: { method?: string; url?: string; headers: IncomingMessage['headers']; body: string }[] = [];
    const port = await serve((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        seen.push({
          method: req.method!,
          url: req.url!,
          headers: req.headers,
          body: Buffer.concat(chunks).toString('hex'),
        });
        res.writeHead(
          201,
          [
            ['X-One', 'a'],
            ['x-one', 'b'],
            ['Content-Type', 'text/plain'],
          ].flat(),
        );
        res.end('done');
      });
    });
    const body = new Uint8Array([0, 255, 10, 13]);
    const result = await toLocal(port).send(
      request(`http://127.0.0.1:${port}/a?b=%20c`, { method: 'POST', headers: { 'x-key': 'v' }, body }),
    );
    expect(seen).toEqual([expect.objectContaining({ method: 'POST', url: '/a?b=%20c', body: '00ff0a0d' })]);
    expect(seen[0]!.headers).toMatchObject({
      host: `127.0.0.1:${port}`,
      'x-key': 'v',
      'content-length': '4',
      'accept-encoding': 'identity',
    });
    expect(result).toMatchObject({
      ok: true,
      answer: { status: 201, truncated: false, headers: { 'x-one': 'a, b', 'content-type': 'text/plain' } },
    });
    expect(result.ok && text(result.answer.body)).toBe('done');
  });

  it('does not follow a redirect, and does not decode', async () => {
    let asked = 0;
    const port = await serve((_req, res) => {
      asked += 1;
      res.writeHead(307, { location: 'http://169.254.169.254/', 'content-encoding': 'gzip' });
      res.end('not gzip');
    });
    const result = await toLocal(port).send(request(`http://127.0.0.1:${port}/`));
    expect(result).toMatchObject({
      ok: true,
      answer: { status: 307, headers: { location: 'http://169.254.169.254/' } },
    });
    expect(result.ok && text(result.answer.body)).toBe('not gzip');
    expect(asked).toBe(1);
  });

  it('cuts a long and an endless answer', async () => {
    const port = await serve((req, res) => {
      if (req.url === '/exact') return void res.end('x'.repeat(100));
      const pour = () => {
        while (!res.destroyed && res.write('y'.repeat(10_000)));
      };
      res.on('drain', pour);
      pour();
    });
    const net = toLocal(port);
    const endless = await net.send(request(`http://127.0.0.1:${port}/`, { maxAnswerBytes: 100 }));
    expect(endless).toMatchObject({ ok: true, answer: { status: 200, truncated: true } });
    expect(endless.ok && text(endless.answer.body)).toBe('y'.repeat(100));
    const exact = await net.send(request(`http://127.0.0.1:${port}/exact`, { maxAnswerBytes: 100 }));
    expect(exact.ok && exact.answer.truncated).toBe(false);
    expect(exact.ok && exact.answer.body.byteLength).toBe(100);
  });

  it('keeps a connection for the next exchange', async () => {
    let connections = 0;
    const server = createServer((_req, res) => void res.end('ok'));
    server.on('connection', () => (connections += 1));
    const port = await listening(server);
    const net = toLocal(port);
    for (let i = 0; i < 5; i++) expect((await net.send(request(`http://127.0.0.1:${port}/`))).ok).toBe(true);
    // The next exchange may begin before undici has put the connection back.
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('passes over interim answers', async () => {
    const port = await serveRaw(
      'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n',
    );
    const result = await toLocal(port).send(request(`http://127.0.0.1:${port}/`));
    expect(result).toMatchObject({ ok: true, answer: { status: 204, headers: { 'x-a': '1' } } });
  });
});

describe('a failure', () => {
  it('before the request: nothing was sent', async () => {
    const port = await serve(() => undefined);
    const unused = await serve(() => undefined);
    opened.pop()!.close();
    const net = toLocal(port, { allowedPrivateHosts: [`127.0.0.1:${port}`, `127.0.0.1:${unused}`], dns: dnsOf({}) });
    const kinds = async (more: Partial<HttpRequest>, url = `http://127.0.0.1:${port}/`) => {
      const result = await net.send(request(url, more));
      return result.ok ? 'ok' : [result.failure.kind, result.failure.sent];
    };
    expect(await kinds({}, `http://127.0.0.1:${unused}/`)).toEqual(['refused', 'no']);
    expect(await kinds({}, 'https://nowhere.example.com/')).toEqual(['dns', 'no']);
    expect(await kinds({}, 'https://10.0.0.1/')).toEqual(['denied', 'no']);
    expect(await kinds({ signal: AbortSignal.abort() })).toEqual(['aborted', 'no']);
    for (const method of ['CONNECT', 'TRACE', 'get', 'GET / HTTP/1.1\r\nX:', '']) {
      expect(await kinds({ method })).toEqual(['malformed', 'no']);
    }
    for (const name of [
      'host',
      'Host',
      'content-length',
      'transfer-encoding',
      'connection',
      'proxy-authorization',
      'a b',
      'x\r\ny',
      '',
    ]) {
      expect(await kinds({ headers: { [name]: '1' } }), name).toEqual(['malformed', 'no']);
    }
    expect(await kinds({ headers: { a: 'x\r\nhost: evil' } })).toEqual(['malformed', 'no']);
  });

  it('after the request: it may have been acted on', async () => {
    const cases: [string, string][] = [
      ['', 'reset'],
      ['HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', 'malformed'],
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhal', 'reset'],
      ['HTTP/1.1 200 O', 'reset'],
      ['SSH-2.0-OpenSSH_9.2\r\n', 'malformed'],
      ['HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'reset'],
      [`HTTP/1.1 200 OK\r\n${`a: ${'b'.repeat(1000)}\r\n`.repeat(100)}\r\n`, 'malformed'],
    ];
    for (const [bytes, kind] of cases) {
      const port = await serveRaw(bytes);
      const result = await toLocal(port).send(request(`http://127.0.0.1:${port}/`));
      expect(result, bytes.slice(0, 40)).toMatchObject({ ok: false, failure: { sent: 'maybe' } });
      if (!result.ok && kind === 'malformed') expect(['malformed', 'reset']).toContain(result.failure.kind);
      else expect(result, bytes.slice(0, 40)).toMatchObject({ failure: { kind } });
    }
  });

  it('is a timeout when the answer does not come, an abort when the caller gives up', async () => {
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const port = await serve(() => arrived());
    const net = toLocal(port);
    expect(await net.send(request(`http://127.0.0.1:${port}/`, { timeoutMs: 200 }))).toMatchObject({
      ok: false,
      failure: { kind: 'timeout', sent: 'maybe', detail: `127.0.0.1:${port}` },
    });
    const giveUp = new AbortController();
    const pending = net.send(request(`http://127.0.0.1:${port}/`, { signal: giveUp.signal }));
    await arrival;
    giveUp.abort();
    expect(await pending).toMatchObject({
      ok: false,
      failure: { kind: 'aborted', sent: expect.any(String) as string },
    });
  });

  it('is a timeout when the name does not resolve in time or the connection does not stand in time', async () => {
    const never: Dns = { resolve: () => new Promise(() => undefined) };
    expect(await open({ dns: never }).send(request('https://slow.example.com/', { timeoutMs: 20 }))).toMatchObject({
      failure: { kind: 'timeout', sent: 'no' },
    });
    // A TLS handshake that is never answered: the connection is asked for and nothing of the request was written.
    const port = await listening(createTcpServer((socket) => void socket.on('error', () => undefined)));
    expect(await toLocal(port).send(request(`https://127.0.0.1:${port}/`, { timeoutMs: 50 }))).toMatchObject({
      failure: { kind: 'timeout', sent: 'no' },
    });
    expect(await toLocal(port, { connectTimeoutMs: 50 }).send(request(`https://127.0.0.1:${port}/`))).toMatchObject({
      failure: { kind: 'timeout', sent: 'no' },
    });
  });

  it('does not quote the path or what was received', async () => {
    const port = await serveRaw('HTTP/1.1 999999 canary\r\n\r\n');
    const result = await toLocal(port).send(request(`http://127.0.0.1:${port}/canary?token=canary`));
    expect(JSON.stringify(result)).not.toContain('canary');
  });
});

describe('the guard at the socket', () => {
  it('connects to the checked address and keeps the name in Host, SNI and the certificate check', async () => {
    const certificate = selfSigned('tool.example.com');
    const names: (string | boolean | undefined)[] = [];
    const server = createTlsServer(certificate, (req, res) => {
      names.push(req.headers.host, (req.socket as { servername?: string } & Socket).servername);
      res.end('ok');
    });
    const port = await listening(server);
    const dns = dnsOf({ 'tool.example.com': ['127.0.0.1'], 'other.example.com': ['127.0.0.1'] });
    const allowedPrivateHosts = [`tool.example.com:${port}`, `other.example.com:${port}`];
    const trusting = open({ dns, allowedPrivateHosts, ca: [certificate.cert] });
    expect((await trusting.send(request(`https://tool.example.com:${port}/`))).ok).toBe(true);
    expect((await trusting.send(request(`https://tool.example.com:${port}/`))).ok).toBe(true);
    expect(names.slice(0, 2)).toEqual([`tool.example.com:${port}`, 'tool.example.com']);
    expect(await trusting.send(request(`https://other.example.com:${port}/`))).toMatchObject({
      failure: { kind: 'tls', sent: 'no' },
    });
    expect(await open({ dns, allowedPrivateHosts }).send(request(`https://tool.example.com:${port}/`))).toMatchObject({
      failure: { kind: 'tls', sent: 'no' },
    });
  });

  it('tries the next checked address while nothing was sent', async () => {
    const port = await serve((_req, res) => void res.end('second'));
    const net = open({
      dns: dnsOf({ 'tool.internal': ['127.0.0.9', '127.0.0.1'] }),
      allowedPrivateHosts: ['tool.internal'],
    });
    expect(await net.send(request(`http://tool.internal:${port}/`))).toMatchObject({
      ok: true,
      answer: { status: 200 },
    });
  });

  it('does not reuse a connection to another address of the same name', async () => {
    let answers = ['127.0.0.1'];
    const peers: (string | undefined)[] = [];
    const server = createServer((req, res) => {
      peers.push(req.socket.localAddress);
      res.end();
    });
    const port = await listening(server, '0.0.0.0');
    const net = open({ dns: { resolve: () => Promise.resolve(answers) }, allowedPrivateHosts: ['tool.internal'] });
    await net.send(request(`http://tool.internal:${port}/`));
    answers = ['127.0.0.2'];
    await net.send(request(`http://tool.internal:${port}/`));
    expect(peers).toEqual(['127.0.0.1', '127.0.0.2']);
  });

  it('drops a connection that leads somewhere else, before a byte is written', async () => {
    let received = 0;
    const port = await listening(
      createTcpServer(
        (socket) => void socket.on('data', ({ length }) => (received += length)).on('error', () => undefined),
      ),
    );
    const original = (await import('node:net')).Socket.prototype.connect;
    const net = open({ dns: dnsOf({ 'a.example.com': ['93.184.216.34'] }), allowedPorts: [port] });
    const watch = watchSockets({ pass: true });
    const { Socket } = await import('node:net');
    const watched = Socket.prototype.connect;
    // A transparent redirection between us and the checked address.
    Socket.prototype.connect = function redirected(this: Socket, ...args: unknown[]) {
      const list = args[0] as [{ host: string }];
      list[0].host = '127.0.0.1';
      return (watched as (...args: unknown[]) => Socket).apply(this, args);
    } as typeof Socket.prototype.connect;
    try {
      expect(await net.send(request(`https://a.example.com:${port}/`))).toMatchObject({
        failure: { kind: 'denied', sent: 'no' },
      });
      expect(received).toBe(0);
      expect(watch.asked).toEqual([`127.0.0.1:${port}`]);
    } finally {
      Socket.prototype.connect = original;
    }
  });

  it('never connects to our own listeners, even when they are allowed', async () => {
    let arrived = 0;
    const port = await serve((_req, res) => {
      arrived += 1;
      res.end();
    });
    for (const host of ['127.0.0.1', '0.0.0.0', '::', 'localhost']) {
      const net = toLocal(port, { ownListeners: () => [{ host, port }] });
      expect(await net.send(request(`http://127.0.0.1:${port}/`))).toMatchObject({
        failure: { kind: 'denied', sent: 'no' },
      });
    }
    expect(arrived).toBe(0);
  });
});
