import { describe, expect, it } from 'vitest';
import type { Clock } from '../../core/ports.js';
import { brokenAnswer, Faults, parseFault, parseFaultRule } from './faults.js';
import { sandboxNet } from './memory-net.js';
import { multipartParts } from './multipart.js';
import { linkHeader, pageAroundId, pageAtCursor, pageByNumber } from './pages.js';
import { RateLimit } from './rate-limits.js';
import { jsonReply } from './reply.js';
import { formFields } from './request-fields.js';
import { RouteTable } from './route-table.js';
import { defineSandbox } from './definition.js';
import { Simulation } from './simulation.js';
import { mayDo, presentedToken, Tokens } from './tokens.js';

const clock: Clock = { nowMs: () => 5000, monotonicMs: () => 0, sleep: async () => {}, after: () => () => {} };

const shop = defineSandbox<{ orders: unknown[] }>({
  name: 'shop',
  address: 'https://shop.test',
  basePath: '',
  begin: () => ({ orders: [] }),
  tokens: [{ value: 'secret-of-the-shop', name: 'shop token', scopes: ['orders'] }],
  authorize: ({ tokenState }) => (tokenState === 'valid' ? undefined : jsonReply(401, { is: tokenState })),
  answers: {
    notFound: () => jsonReply(404, {}),
    malformed: (_call, problem) => jsonReply(400, { problem }),
    limited: (_call, verdict) => jsonReply(429, {}, { 'retry-after': String((verdict?.waitMs ?? 0) / 1000) }),
    missingScope: (_call, scopes) => jsonReply(403, { scopes }),
  },
  limits: { all: { kind: 'window', limit: 3, perMs: 1000, account: () => 'all' } },
  troubles: { sold_out: () => jsonReply(409, { error: 'sold out' }) },
  routes: {
    'GET /orders': ({ state }) => jsonReply(200, state.orders),
    'POST /orders': ({ state, fields, emit }) => {
      state.orders.push(fields);
      emit('order', fields);
      return jsonReply(201, fields);
    },
    'DELETE /orders': { scopes: ['admin'], run: () => jsonReply(200, {}) },
  },
  variables: (_address, { value }) => ({ SHOP_TOKEN: value }),
  shows: ({ orders }) => ({ orders }),
});

const ask = (
  simulation: Simulation<{ orders: unknown[] }>,
  method: string,
  body = '',
  nowMs = 0,
  token = 'secret-of-the-shop',
) =>
  simulation.handle({
    method,
    path: '/orders',
    query: new URLSearchParams(),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: Buffer.from(body),
    nowMs,
  });

describe('a simulation', () => {
  it('reads, routes, authorizes, limits and answers, and says what it was asked without the secret', () => {
    const simulation = new Simulation(shop);
    expect(ask(simulation, 'POST', '{"item":"hat","password":"hunter22"}').status).toBe(201);
    expect(ask(simulation, 'POST', '{').status).toBe(400);
    expect(ask(simulation, 'PUT').status).toBe(404);
    expect(ask(simulation, 'DELETE').status).toBe(403);
    expect(ask(simulation, 'GET', '', 0, 'made-up').status).toBe(401);
    expect(
      [ask(simulation, 'GET'), ask(simulation, 'GET'), ask(simulation, 'GET')].map(({ status }) => status),
    ).toEqual([200, 200, 429]);
    expect(ask(simulation, 'GET').headers['retry-after']).toBe('1');
    expect(ask(simulation, 'GET', '', 1000).status).toBe(200);
    const seen = JSON.stringify(simulation.received.requests);
    expect(simulation.received.requests[0]).toMatchObject({ token: 'shop token', status: 201, path: '/orders' });
    for (const secret of ['secret-of-the-shop', 'hunter22', 'made-up']) expect(seen).not.toContain(secret);
  });

  it('breaks in every way it is told to', () => {
    const simulation = new Simulation(shop, { limits: { all: 'off' } });
    const faults = [
      { kind: 'reset' },
      { kind: 'half_body' },
      { kind: 'business', name: 'sold_out' },
      { kind: 'failure', status: 503, headers: { 'x-a': 'b' }, json: { error: 'down' } },
      { kind: 'failure', status: 500, afterEffect: true },
    ] as const;
    for (const fault of faults) simulation.faults.add(fault);
    const replies = faults.map(() => ask(simulation, 'POST', '{}'));
    expect(replies.map(({ status, lost, cut }) => [status, lost, cut])).toEqual([
      [500, true, undefined],
      [201, undefined, true],
      [409, undefined, undefined],
      [503, undefined, undefined],
      [500, undefined, undefined],
    ]);
    expect(simulation.data.orders).toHaveLength(2);
    expect(replies[3]).toMatchObject({ headers: { 'x-a': 'b' }, body: '{"error":"down"}' });
  });

  it.each([
    [{ retryAfterSeconds: 3 }, '3'],
    [{ retryAfterSeconds: 3, form: 'milliseconds' }, '3000'],
    [{ retryAfterSeconds: 3, form: 'http_date' }, 'Thu, 01 Jan 1970 00:00:03 GMT'],
    [{ retryAfter: 'soon' }, 'soon'],
    [{}, undefined],
  ] as const)('writes the wait of a 429 as %j', (fault, expected) => {
    const simulation = new Simulation(shop);
    simulation.faults.add({ kind: 'rate_limited', ...fault });
    const reply = ask(simulation, 'POST', '{}');
    expect([reply.status, reply.headers['retry-after']]).toEqual([429, expected]);
    expect(simulation.data.orders).toEqual([]);
  });

  it('is a network without sockets, which carries its webhooks to another', async () => {
    const [sender, receiver] = [new Simulation(shop), new Simulation(shop)];
    const net = sandboxNet({ 'https://shop.test': sender, 'https://in.test/a': receiver }, clock);
    const send = (url: string, timeoutMs = 1000) =>
      net.send({
        method: 'POST',
        url,
        headers: { authorization: 'Bearer secret-of-the-shop', 'content-type': 'application/json' },
        body: Buffer.from('{"n":1}'),
        timeoutMs,
        maxAnswerBytes: 4,
      });
    expect(await send('https://shop.test/orders')).toMatchObject({
      ok: true,
      answer: { status: 201, truncated: true },
    });
    expect(await send('https://shop.test.evil/orders')).toMatchObject({ failure: { kind: 'refused', sent: 'no' } });
    sender.faults.add({ kind: 'lost_answer' });
    sender.faults.add({ kind: 'slow', delayMs: 2000 });
    expect(await send('https://shop.test/orders')).toMatchObject({ failure: { kind: 'reset', sent: 'maybe' } });
    expect(await send('https://shop.test/orders')).toMatchObject({ failure: { kind: 'timeout', sent: 'maybe' } });
    sender.webhooks.subscribe({ url: 'https://in.test/a/orders' });
    sender.webhooks.subscribe({ url: 'https://nobody.test/' });
    await send('https://shop.test/orders?x=1', 1000);
    sender.webhooks.publish('order', { n: 2 }, 5000);
    await sender.webhooks.send(net, 5000);
    expect(sender.webhooks.deliveries.map(({ tries }) => tries[0]?.status)).toEqual([401, 0]);
    expect(sender.webhooks.take()).toEqual([]);
  });
});

describe('the parts of the kit', () => {
  it('read forms with brackets, and nothing into a prototype', () => {
    expect(formFields('a=1&b[c]=2&d[]=3&d[]=4&e[0][f]=5&e[1][f]=6&g[h][i]=7')).toEqual({
      a: '1',
      b: { c: '2' },
      d: ['3', '4'],
      e: [{ f: '5' }, { f: '6' }],
      g: { h: { i: '7' } },
    });
    expect(formFields('__proto__[x]=1&a[__proto__][y]=2&constructor=3')).toEqual({});
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect(formFields(`a${'[b]'.repeat(50)}=1`)).toEqual({});
  });

  it('read bodies in parts, byte for byte', () => {
    const body = Buffer.concat([
      Buffer.from('--XX\r\nContent-Disposition: form-data; name="title"\r\n\r\nHäuser\r\n'),
      Buffer.from('--XX\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: x/y\r\n\r\n'),
      Buffer.from([0, 255, 13, 10, 45]),
      Buffer.from('\r\n--XX--\r\n'),
    ]);
    const parts = multipartParts('multipart/form-data; boundary=XX', body)!;
    expect(parts.map(({ name, filename }) => [name, filename])).toEqual([
      ['title', undefined],
      ['file', 'a.bin'],
    ]);
    expect(Buffer.from(parts[0]!.body).toString()).toBe('Häuser');
    expect([...parts[1]!.body]).toEqual([0, 255, 13, 10, 45]);
    for (const wrong of ['', '--XX', '--XX\r\nno end', 'x']) {
      expect(multipartParts('multipart/form-data; boundary=XX', Buffer.from(wrong))).toBeUndefined();
    }
  });

  it('slice lists', () => {
    const all = [1, 2, 3, 4, 5].map((n) => ({ id: `i${n}` }));
    expect(pageByNumber(all, 3, 2)).toEqual({ items: [{ id: 'i5' }], hasMore: false, last: 3 });
    expect(pageAroundId(all, { after: 'i2', size: 2 })).toEqual({ items: [{ id: 'i3' }, { id: 'i4' }], hasMore: true });
    expect(pageAroundId(all, { before: 'i4', size: 2 })).toEqual({
      items: [{ id: 'i2' }, { id: 'i3' }],
      hasMore: true,
    });
    expect(pageAroundId(all, { after: 'gone', size: 2 })).toBeUndefined();
    const first = pageAtCursor(all, undefined, 3)!;
    expect(pageAtCursor(all, first.next, 3)).toMatchObject({ items: [{ id: 'i4' }, { id: 'i5' }], next: undefined });
    expect(pageAtCursor(all, 'made up', 3)).toBeUndefined();
    expect(linkHeader(new URL('https://x.test/a?page=2'), 2, 2)['link']).toBe(
      '<https://x.test/a?page=1>; rel="prev", <https://x.test/a?page=1>; rel="first"',
    );
  });

  it('refill a bucket evenly, and let in who waited as told', () => {
    const limit = new RateLimit('post', { kind: 'bucket', limit: 3, perMs: 1000 });
    expect([0, 0, 0, 0].map((now) => limit.take('a', now).allowed)).toEqual([true, true, true, false]);
    const { waitMs } = limit.take('a', 0);
    expect(waitMs).toBe(334);
    expect(limit.take('a', waitMs - 1).allowed).toBe(false);
    expect(limit.take('a', waitMs).allowed).toBe(true);
    expect(limit.take('b', 0).allowed).toBe(true);
  });

  it('find the route that says most, and no path that cannot be decoded', () => {
    const run = () => jsonReply(200, {});
    const table = new RouteTable({ 'GET /a/:id': run, 'GET /a/latest': run, '* /files/*rest': run });
    expect(table.find('GET', '/a/latest')?.pattern).toBe('GET /a/latest');
    expect(table.find('GET', '/a/x%20y')?.params).toEqual({ id: 'x y' });
    expect(table.find('PUT', '/files/b/c')?.params).toEqual({ rest: 'b/c' });
    expect(table.find('GET', '/a/%')).toBeUndefined();
    expect(table.find('GET', '/a/b/c')).toBeUndefined();
  });

  it('know tokens by header, time and scope', () => {
    const tokens = new Tokens([{ value: 't', name: 'one', scopes: ['read'], expiresAtMs: 10 }]);
    expect(['t', 't', 'x', undefined].map((value, i) => tokens.judge(value, i === 1 ? 10 : 9))).toEqual([
      'valid',
      'expired',
      'unknown',
      'missing',
    ]);
    expect(mayDo(tokens.find('t'), ['write'])).toBe(false);
    expect(mayDo(tokens.find('t'), ['write', 'read'])).toBe(true);
    const basic = `Basic ${Buffer.from('user:pass:word').toString('base64')}`;
    expect(presentedToken({ authorization: basic })).toBe('pass:word');
    expect(presentedToken({ authorization: `Basic ${Buffer.from('key:').toString('base64')}` })).toBe('key');
    expect(presentedToken({ authorization: 'Digest x' })).toBeUndefined();
  });

  it('give each fault to the first request that fits its rule', () => {
    const faults = new Faults();
    faults.add({ kind: 'reset' }, 1, { method: 'GET', path: '/v1/*/items' });
    faults.add({ kind: 'lost_answer' });
    const next = (method: string, path: string) => faults.next({ method, path, hasEffect: method === 'POST' })?.kind;
    expect([next('GET', '/v1/a'), next('POST', '/v1/a/items'), next('GET', '/v1/a/items'), faults.waiting]).toEqual([
      undefined,
      'lost_answer',
      'reset',
      0,
    ]);
    expect(brokenAnswer(undefined, jsonReply(200, {})).lost).toBeUndefined();
    expect(parseFaultRule({ path: '/x', other: 1 })).toBe(false);
    expect(parseFault({ kind: 'failure', status: 500, headers: { a: 'b\r\nc: d' } })).toBeUndefined();
    expect(parseFault({ kind: 'rate_limited', form: 'fortnight' })).toBeUndefined();
  });
});
