/** The client against the REST door itself, with a network in between that loses what it is told to. */
import type { Hono } from 'hono';
import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { createClient, FairleadProblem, type ClientOptions, type FairleadClient } from '../../src/client.js';
import { eventsIn } from '../../src/client/events.js';
import { knownCredentials } from '../../src/doors/http/credentials.js';
import { restApp } from '../../src/doors/http/rest.js';
import { CONNECTORS } from '../../src/connectors/index.js';
import { operationTable } from '../../src/operations/index.js';
import { createSetting, type Setting } from './setting.js';

const TOKEN = 'fll_of_this_test_and_of_nothing_else_0123456789';
const TABLE = operationTable(CONNECTORS);

interface Asked {
  url: string;
  headers: Headers;
  method: string;
}

let setting: Setting;
let app: Hono;
let asked: Asked[];
let slept: number[];
/** What happens to the next answers, in order; `through` when none is left. */
let weather: ('through' | 'lost request' | 'lost answer' | 'cut off' | Response)[];

const clientWith = (more: Partial<ClientOptions> = {}): FairleadClient =>
  createClient({
    url: 'http://localhost',
    key: TOKEN,
    fetch: network,
    sleep: async (ms) => void slept.push(ms),
    ...more,
  });
let client: FairleadClient;

beforeEach(async () => {
  setting = await createSetting();
  const identify = knownCredentials({ local: TOKEN });
  app = restApp({ gateway: setting.gateway, identify, environment: 'sandbox', via: 'rest' }, TABLE);
  [asked, slept, weather] = [[], [], []];
  client = clientWith();
});

async function network(url: string, init: RequestInit): Promise<Response> {
  asked.push({ url, headers: new Headers(init.headers), method: init.method! });
  const now = weather.shift() ?? 'through';
  if (now instanceof Response) return now;
  if (init.signal?.aborted === true) throw init.signal.reason;
  if (now === 'lost request') throw new TypeError('fetch failed');
  const response = await setting.clock.runUntil(Promise.resolve(app.request(url, init)));
  if (now === 'lost answer') throw new TypeError('terminated');
  return now === 'cut off' ? new Response(cutOff(new Uint8Array(await response.arrayBuffer())), response) : response;
}

/** The first half, and then nobody is there. */
const cutOff = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => controller.enqueue(bytes.slice(0, bytes.length >> 1)),
    pull: (controller) => controller.error(new TypeError('terminated')),
  });

const keys = (): (string | null)[] => asked.map(({ headers }) => headers.get('idempotency-key'));
const sources = async (): Promise<number> => (await clientWith().call('sources.list')).sources.length;
const problemOf = async (promise: Promise<unknown>): Promise<FairleadProblem> => {
  const thrown: unknown = await promise.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(FairleadProblem);
  return thrown as FairleadProblem;
};

describe('an operation', () => {
  it('has its fields in path, query and body, and a type for what comes back', async () => {
    const { source } = await client.call('sources.create', { provider: 'github', path: '/in/a' });
    expectTypeOf(source.id).toEqualTypeOf<string>();
    await client.call('sources.rotateSecret', { id: source.id, overlapHours: 1 });
    const { events } = await client.call('events.list', { provider: 'github', limit: 3 });
    expect(events).toEqual([]);
    expectTypeOf<(typeof events)[number]['state']>().toEqualTypeOf<
      'received' | 'processing' | 'completed' | 'failed' | 'dead' | 'unhandled'
    >();
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST http://localhost/v1/sources',
      `POST http://localhost/v1/sources/${source.id}/rotate-secret`,
      'GET http://localhost/v1/events?provider=github&limit=3',
    ]);
  });

  it('of a wrong name or input does not compile', () => {
    // @ts-expect-error there is no such operation
    void (() => client.call('sources.creat', {}));
    // @ts-expect-error an operation that needs something is given something
    void (() => client.call('sources.delete'));
    // @ts-expect-error a provider is a text
    void (() => client.call('sources.create', { provider: 7 }));
    // @ts-expect-error what does not list in pages has no rows
    void (() => client.rows('sources.list'));
    // @ts-expect-error what is no stream is not followed
    void (() => client.follow('events.list'));
    // @ts-expect-error an action has its own input
    void (() => client.actions.slack.sendMessage({ chanel: '#general' }));
  });

  it.each(['', '.', '..'])('cannot be led elsewhere by the id %j', async (id) => {
    expect(await problemOf(client.call('sources.delete', { id }))).toMatchObject({ code: 'invalid_argument' });
    expect(await problemOf(client.call('sources.nothing' as 'sources.list'))).toMatchObject({
      code: 'invalid_argument',
    });
    expect(asked).toEqual([]);
  });

  it('is about the environment that was said, under the path of a proxy', async () => {
    weather = [Response.json({ sources: [] })];
    await clientWith({ environment: 'live', url: 'https://tools.example/fairlead/' }).call('sources.list');
    expect(asked[0]!.url).toBe('https://tools.example/fairlead/v1/sources');
    expect(asked[0]!.headers.get('fairlead-environment')).toBe('live');
  });

  it('is answered with text where it exports', async () => {
    await client.call('audit.write', { action: 'crm.deleteContact' });
    await setting.gateway.sequenceAudit();
    expect(await client.call('audit.export')).toContain('crm.deleteContact');
  });
});

describe('what is lost', () => {
  it.each(['lost request', 'lost answer', 'cut off'] as const)('%s: a write takes place once', async (what) => {
    weather = [what, what];
    const { source } = await client.call('sources.create', { provider: 'github' });
    expect(source.provider).toBe('github');
    expect(new Set(keys()).size).toBe(1);
    expect(keys()).toHaveLength(3);
    expect(slept).toEqual([250, 500]);
    expect(await sources()).toBe(1);
  });

  it('again and again is told in the end, and the same key goes on with it', async () => {
    weather = ['lost answer', 'lost answer', 'lost answer'];
    const options = { idempotencyKey: 'mine "1"' };
    await expect(client.call('sources.create', { provider: 'github' }, options)).rejects.toThrow('terminated');
    await client.call('sources.create', { provider: 'github' }, options);
    expect(keys().at(-1)).toBe('"mine \\"1\\""');
    expect(await sources()).toBe(1);
  });

  it('while the first is still at work is waited for', async () => {
    const busy = { code: 'call_in_flight', status: 409, detail: 'still', retry: 'later' };
    const headers = { 'content-type': 'application/problem+json', 'retry-after': '3' };
    weather = ['lost answer', new Response(JSON.stringify(busy), { status: 409, headers })];
    await client.call('sources.create', { provider: 'github' });
    expect(slept).toEqual([250, 3_000]);
    expect(await sources()).toBe(1);
  });

  it('of an action without a key is not sent again, and with one it is', async () => {
    const message = { channel: '#general', text: 'Hello' };
    weather = ['lost answer'];
    await expect(client.actions.slack.sendMessage(message)).rejects.toThrow('terminated');
    expect(asked).toHaveLength(1);
    weather = ['lost request'];
    await problemOf(client.actions.slack.sendMessage(message, { idempotencyKey: 'k', connection: 'env:slack' }));
    expect(asked.slice(1).map(({ headers }) => headers.get('fairlead-connection'))).toEqual(['env:slack', 'env:slack']);
    expect(keys()).toEqual([null, '"k"', '"k"']);
  });

  it('is not asked for again by who has gone', async () => {
    const gone = new AbortController();
    weather = ['lost answer'];
    const calling = clientWith({ sleep: async () => gone.abort() }).call('sources.list', {}, { signal: gone.signal });
    await expect(calling).rejects.toThrow('terminated');
    expect(asked).toHaveLength(1);
  });
});

describe('a refusal', () => {
  it('is a problem, and nothing is sent again', async () => {
    const problem = await problemOf(client.call('events.get', { id: 'evt_nobody' }));
    expect(problem).toMatchObject({ status: 404, code: 'not_found', side: 'you', retry: 'never' });
    expect(problem.message).toContain('evt_nobody');
    expect(problem.requestId).toMatch(/^req_/);
    expect(asked).toHaveLength(1);
  });

  it('of a call has the call', async () => {
    const problem = await problemOf(client.action('slack.sendMessage', { channel: '#a', text: 'x' }));
    expect(problem.call?.callId).toMatch(/^call_/);
  });

  it.each([
    [502, 'later', { 'content-type': 'text/html', 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }],
    [302, 'never', { location: 'https://elsewhere.example' }],
  ])('by something else than Fairlead with %i: %s', async (status, retry, headers) => {
    weather = [new Response('<p>', { status, headers })];
    const problem = await problemOf(client.call('sources.list'));
    expect(problem).toMatchObject({ status, code: 'unreadable_answer', retry, retryAfterMs: undefined });
  });
});

describe('a list', () => {
  it('gives the rows of all pages, and asks for a page when it is needed', async () => {
    for (let index = 0; index < 5; index++) await client.call('keys.create', { name: `key ${index}` });
    asked.length = 0;
    const names: string[] = [];
    for await (const row of client.rows('keys.list', { limit: 2 })) {
      expectTypeOf(row.name).toEqualTypeOf<string>();
      names.push(row.name);
      expect(asked).toHaveLength(Math.ceil(names.length / 2));
    }
    expect(names).toEqual(['key 4', 'key 3', 'key 2', 'key 1', 'key 0']);
  });
});

describe('a stream that is followed', () => {
  const stream = (text: string, isCut = false): Response =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
        pull: (controller) => (isCut ? controller.error(new TypeError('terminated')) : controller.close()),
      }),
      { headers: { 'content-type': 'text/event-stream' } },
    );
  const event = (id: string): string => `id: ${id}\ndata: {"n":"${id}"}\n\n`;
  const places = (): (string | null)[] => asked.map(({ headers }) => headers.get('last-event-id'));

  it('has each row once, and comes back behind the last whole one, whatever is lost', async () => {
    weather = [
      stream('retry: 2000\nid: 9\n\n'),
      'lost request',
      stream(`${event('a')}: still here\n\n${event('b')}id: c\ndata: {"n`, true),
      new Response('', { status: 503, headers: { 'retry-after': '7' } }),
      stream(event('c')),
    ];
    const rows: unknown[] = [];
    for await (const { id, row } of client.follow('audit.tail', { last: 0 })) {
      rows.push([id, row['n']]);
      if (id === 'c') break;
    }
    expect(rows).toEqual(['a', 'b', 'c'].map((id) => [id, id]));
    expect(places()).toEqual([null, '9', '9', 'b', 'b']);
    expect(slept).toEqual([2_000, 2_000, 2_000, 7_000]);
  });

  it('ends with its signal and with a refusal that stays one', async () => {
    const over = new AbortController();
    weather = [stream(event('a'))];
    const seen: string[] = [];
    for await (const { id } of client.follow('events.tail', {}, { signal: over.signal, after: 'z' })) {
      seen.push(id);
      over.abort();
    }
    expect([seen, places()]).toEqual([['a'], ['z']]);
    const refused = clientWith({ key: 'nobody' }).follow('events.tail').next();
    expect(await problemOf(refused)).toMatchObject({ code: 'unauthenticated' });
  });

  it('is that of the server', async () => {
    await client.call('audit.write', { action: 'crm.deleteContact' });
    await setting.gateway.sequenceAudit();
    const following = client.follow('audit.tail', { query: 'phase=external' });
    const { value } = await setting.clock.runUntil(following.next());
    expect(value).toMatchObject({ id: expect.any(String), row: { action: 'crm.deleteContact' } });
    await following.return(undefined);
  });

  it('is read as it comes, however it is cut', async () => {
    const bytes = new TextEncoder().encode('id: 1\ndata: {"a":"\u00e9"}\n\n');
    const pieces = [...bytes].map((one) => Uint8Array.of(one));
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const piece = pieces.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    });
    const events: unknown[] = [];
    for await (const one of eventsIn(body)) events.push(one);
    expect(events).toEqual([{ id: '1', data: '{"a":"\u00e9"}' }]);
  });
});
