import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Intake } from './intake.js';
import { IntakeDoor, type DoorLimits, type IncomingRequest } from './node-door.js';
import type { ReadySource, SourceTable } from './source-table.js';

const source = { row: {}, bodyLimitBytes: 10 } as unknown as ReadySource;

function door(limits: Partial<DoorLimits> = {}, accepting = true) {
  const received: string[] = [];
  const release: (() => void)[] = [];
  const intake = {
    receive: async (_: ReadySource, { body }: { body: Uint8Array }) => {
      received.push(Buffer.from(body).toString());
      await new Promise<void>((resolve) => release.push(resolve));
      return { status: 202, headers: {}, body: '{"ok":true}' };
    },
  } as unknown as Intake;
  const sources = {
    known: (path: string) => (path === '/in/a' ? source : undefined),
    has: (path: string) => path === '/in/a',
    find: async (path: string) => (path === '/in/a' ? source : undefined),
  } as unknown as SourceTable;
  const made = new IntakeDoor({
    intake,
    sources,
    limits: { inFlightBytesMax: 100, waitingMax: 2, ...limits },
    accepting: () => accepting,
  });
  return { door: made, received, answerAll: () => release.splice(0).forEach((answer) => answer()) };
}

class Request_ extends EventEmitter {
  method = 'POST';
  url = '/in/a?x=1';
  headers: Record<string, string> = {};
  isPaused = false;
  constructor(fields: Partial<IncomingRequest> = {}) {
    super();
    Object.assign(this, fields);
  }
  pause(): this {
    this.isPaused = true;
    return this;
  }
}

class Response_ {
  status = 0;
  headers: Record<string, unknown> = {};
  body = '';
  headersSent = false;
  writeHead(status: number, headers: Record<string, unknown>): void {
    Object.assign(this, { status, headers, headersSent: true });
  }
  end(body = ''): void {
    this.body = body;
  }
}

async function exchange(made: IntakeDoor, fields: Partial<IncomingRequest> = {}, chunks: string[] = ['{}']) {
  const request = new Request_(fields);
  const response = new Response_();
  made.node(request as never, response);
  for (const chunk of chunks) request.emit('data', Buffer.from(chunk));
  request.emit('end');
  await Promise.resolve();
  return { request, response };
}

describe('IntakeDoor.node', () => {
  it('hands the exact bytes on and answers when they are stored', async () => {
    const { door: made, received, answerAll } = door();
    const { response } = await exchange(made, {}, ['{"a"', ':1}']);
    expect([received, response.status]).toEqual([['{"a":1}'], 0]);
    answerAll();
    await new Promise((resolve) => setImmediate(resolve));
    expect([response.status, response.headers['content-length']]).toEqual([202, 11]);
  });

  it.each<[string, Partial<IncomingRequest>, string[], number]>([
    ['another method', { method: 'GET' }, [], 405],
    ['a path that is no source', { url: '/in/b' }, [], 404],
    ['a compressed body', { headers: { 'content-encoding': 'gzip' } }, [], 415],
    ['a body announced as too large', { headers: { 'content-length': '11' } }, [], 413],
    ['a body that turns out too large', {}, ['123456', '78901'], 413],
    ['a body that somebody parsed', { body: { a: 1 } }, [], 500],
    ['a body that somebody read', { readableEnded: true }, [], 500],
  ])('refuses %s', async (_, fields, chunks, status) => {
    const { door: made, received } = door();
    const { response } = await exchange(made, fields, chunks);
    expect([response.status, received]).toEqual([status, []]);
  });

  it('stops reading a body that is too large, and closes the connection', async () => {
    const { request, response } = await exchange(door().door, {}, ['12345678901']);
    expect([request.isPaused, response.headers['connection']]).toEqual([true, 'close']);
  });

  it('says which line to change when a body parser was first', async () => {
    const { response } = await exchange(door().door, { body: {} }, []);
    expect(response.body).toContain('before express.json()');
  });

  it('sheds load beyond its limits, and takes it again afterwards', async () => {
    const { door: made, received, answerAll } = door({ waitingMax: 1 });
    await exchange(made);
    const { response } = await exchange(made);
    expect([response.status, response.headers['retry-after']]).toEqual([503, '2']);
    answerAll();
    await new Promise((resolve) => setImmediate(resolve));
    await exchange(made);
    expect(received).toHaveLength(2);
  });

  it('bounds the bytes of all requests together', async () => {
    const { door: made } = door({ inFlightBytesMax: 3 });
    expect((await exchange(made, {}, ['ab'])).response.status).toBe(0);
    expect((await exchange(made, {}, ['cd'])).response.status).toBe(503);
  });

  it('sends deliveries away while it shuts down', async () => {
    expect((await exchange(door({}, false).door)).response.status).toBe(503);
  });

  it('passes on what is not for it', () => {
    let passed = 0;
    door().door.node(new Request_({ url: '/other' }) as never, new Response_(), () => (passed += 1));
    expect(passed).toBe(1);
  });

  it('forgets a request that ends in the middle', async () => {
    const { door: made, received } = door({ inFlightBytesMax: 10 });
    const request = new Request_();
    made.node(request as never, new Response_());
    request.emit('data', Buffer.from('12345678'));
    request.emit('close');
    await exchange(made, {}, ['12345678']);
    expect(received).toEqual(['12345678']);
  });
});

describe('IntakeDoor.fetch', () => {
  const post = (init: RequestInit = {}) => new Request('http://x/in/a', { method: 'POST', body: '{}', ...init });

  it('answers as a Response', async () => {
    const { door: made, answerAll } = door();
    const answer = made.fetch(post());
    await new Promise((resolve) => setImmediate(resolve));
    answerAll();
    expect(await (await answer).json()).toEqual({ ok: true });
  });

  it('refuses what was read before, and what is too large', async () => {
    const used = post();
    await used.text();
    expect((await door().door.fetch(used)).status).toBe(500);
    expect((await door().door.fetch(post({ body: '12345678901' }))).status).toBe(413);
  });
});
