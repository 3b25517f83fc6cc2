/** Bodies that go through in pieces, over real sockets: bounded, hashed nowhere, sent once, ended by whoever goes. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/core/ids.js';
import type { AnswerSink, RawRequest } from '../../src/core/raw-request.js';
import { guardedNet, realClock, realDns } from '../../src/host/index.js';
import { outboundWorld, PERSON } from './world.js';

const PIECE = Buffer.alloc(64 * 1024, 7);
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function worldBefore(answer: RequestListener) {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const net = guardedNet({ dns: realDns(realClock), allowedPrivateHosts: [host] });
  open.push(net, { close: () => (server.closeAllConnections(), server.close()) });
  const world = await outboundWorld({ settings: { connections: { acme: { baseUrl: `http://${host}/v1` } } }, net });
  const call = (raw: RawRequest, sink?: AnswerSink, signal?: AbortSignal) =>
    world.newProcess().call({
      action: 'acme.request',
      input: { method: raw.method, url: raw.url },
      raw,
      ...(sink && { sink }),
      context: {
        scope: { tenant: 'default', environment: 'sandbox' },
        principal: PERSON,
        callId: newId('call', world.clock, world.random),
        dryRun: false,
        ...(signal && { signal }),
      },
    });
  return { ...world, call };
}

function collector(onWrite: (bytes: number) => Promise<void> | void = () => {}) {
  const sink = {
    status: 0,
    bytes: 0,
    begin: ({ status }: { status: number }) => void (sink.status = status),
    async write(piece: Uint8Array): Promise<void> {
      sink.bytes += piece.byteLength;
      await onWrite(sink.bytes);
    },
  };
  return sink;
}

async function sizeOf(request: IncomingMessage): Promise<number> {
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) size += piece.byteLength;
  return size;
}

const file =
  (pieces: number): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/zip', 'content-length': String(pieces * PIECE.byteLength) });
    const send = (left: number): void => {
      if (left === 0) response.end();
      else response.write(PIECE, () => send(left - 1));
    };
    send(pieces);
  };

describe('an answer in pieces', () => {
  it('goes to whoever takes it, as fast as it is taken, and leaves one line', async () => {
    const world = await worldBefore(file(400));
    const sink = collector();
    const result = await world.call({ method: 'GET', url: '/file' }, sink);
    const bytes = 400 * PIECE.byteLength;
    expect(result).toMatchObject({ state: 'done', output: { status: 200, streamedBytes: bytes } });
    expect([sink.status, sink.bytes]).toEqual([200, bytes]);
    expect((await world.records()).map(({ status, effect }) => [status, effect])).toEqual([['succeeded', 'read']]);
  });

  it('is read no faster than it is taken', async () => {
    let written = 0;
    const world = await worldBefore((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/zip' });
      const send = (): void => {
        written += PIECE.byteLength;
        if (written < 64 * 1024 * 1024) response.write(PIECE, send);
      };
      send();
    });
    const stop = new AbortController();
    const sink = collector((bytes) => (bytes < 1024 * 1024 ? undefined : new Promise<void>(() => {})));
    const calling = world.call({ method: 'GET', url: '/file' }, sink, stop.signal);
    await expect.poll(() => sink.bytes).toBeGreaterThan(1024 * 1024 - 1);
    stop.abort();
    expect(await calling).toMatchObject({ state: 'failed', error: { code: 'cancelled' } });
    // What sockets hold between the two, and no more.
    expect(written).toBeLessThan(32 * 1024 * 1024);
  });

  it('that breaks off is a failure, and is not asked for again', async () => {
    let asked = 0;
    const world = await worldBefore((_request, response) => {
      asked += 1;
      response.writeHead(200, { 'content-type': 'application/zip', 'content-length': '1000000' });
      response.write(PIECE, () => response.destroy());
    });
    const result = await world.call({ method: 'GET', url: '/file' }, collector());
    expect(result).toMatchObject({ state: 'failed', error: { code: 'provider_unavailable' } });
    expect(asked).toBe(1);
  });

  it('that has to be understood is collected: JSON, refusals, and what a write is answered with', async () => {
    const world = await worldBefore((request, response) => {
      const isZip = request.url?.endsWith('zip') === true;
      const status = request.url?.includes('refused') === true ? 422 : 200;
      response.writeHead(status, { 'content-type': isZip ? 'application/zip' : 'application/json' });
      response.end('{"a":1}');
    });
    const sink = collector();
    const json = await world.call({ method: 'GET', url: '/json' }, sink);
    const refused = await world.call({ method: 'GET', url: '/refused.zip' }, sink);
    const written = await world.call({ method: 'POST', url: '/zip' }, sink);
    expect(json.output).toMatchObject({ text: '{"a":1}' });
    expect(refused.answer).toMatchObject({ status: 422, text: '{"a":1}' });
    expect(written.output).toMatchObject({ text: '{"a":1}' });
    expect(sink.status).toBe(0);
  });
});

describe('a body in pieces', () => {
  async function* pieces(count: number, onPiece: (number: number) => void = () => {}): AsyncGenerator<Uint8Array> {
    for (let number = 1; number <= count; number++) {
      onPiece(number);
      yield PIECE;
    }
  }

  it.each([true, false])('arrives whole, its length known: %s', async (isKnown) => {
    const seen: (number | string | undefined)[] = [];
    const world = await worldBefore((request, response) => {
      void sizeOf(request).then((size) => {
        seen.push(size, request.headers['content-length'], request.headers['content-type']);
        response.end('{}');
      });
    });
    const bytes = 200 * PIECE.byteLength;
    const stream = { pieces: pieces(200), ...(isKnown && { bytes }) };
    const headers = { 'content-type': 'application/zip' };
    const result = await world.call({ method: 'PUT', url: '/file', headers, stream });
    expect(result.state).toBe('done');
    expect(seen).toEqual([bytes, isKnown ? String(bytes) : undefined, 'application/zip']);
    expect((await world.records()).map(({ status }) => status)).toEqual(['started', 'succeeded']);
  });

  it('is sent once, even after "slow down"', async () => {
    let asked = 0;
    const world = await worldBefore((request, response) => {
      asked += 1;
      void sizeOf(request).then(() => response.writeHead(429, { 'retry-after': '1' }).end('{}'));
    });
    const result = await world.call({ method: 'PUT', url: '/file', stream: { pieces: pieces(2) } });
    expect([result.state, result.error?.code, asked]).toEqual(['failed', 'rate_limited', 1]);
  });

  it('whose source fails in the middle is a write that may have taken place', async () => {
    const world = await worldBefore((request, response) => {
      void sizeOf(request).then(
        () => response.end('{}'),
        () => {},
      );
    });
    const broken = pieces(10, (number) => {
      if (number === 5) throw new TypeError('gone');
    });
    const result = await world.call({ method: 'PUT', url: '/file', stream: { pieces: broken } });
    expect([result.state, result.error?.code]).toEqual(['unknown', 'outcome_unknown']);
  });
});
