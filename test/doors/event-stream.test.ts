/** Streams as server-sent events, in virtual time: rows in order, gone on with, quiet, slow, and over. */
import type { Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import { knownCredentials, withKeys } from '../../src/doors/http/credentials.js';
import { restApp } from '../../src/doors/http/rest.js';
import { EventStreams } from '../../src/doors/http/server-sent-events.js';
import { OPERATIONS } from '../../src/operations/index.js';
import { createSetting, type Setting } from './setting.js';

const TOKEN = 'fll_of_this_test_and_of_nothing_else_0123456789';
let setting: Setting;
let app: Hono;

beforeEach(async () => {
  setting = await createSetting();
  const identify = withKeys(knownCredentials({ local: TOKEN }), setting.gateway.apiKeys);
  app = restApp({ gateway: setting.gateway, identify, environment: 'sandbox', via: 'rest' }, OPERATIONS);
});

const AUTHORIZED = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

async function post(path: string, body: unknown): Promise<Record<string, unknown>> {
  const init = { method: 'POST', headers: AUTHORIZED, body: JSON.stringify(body) };
  return (await (await app.request(`http://localhost${path}`, init)).json()) as Record<string, unknown>;
}

const written = async (action: string): Promise<void> => {
  await post('/v1/audit', { action });
  await setting.gateway.sequenceAudit();
};

/** An open stream, read piece by piece. */
async function open(path: string, headers: Record<string, string> = {}) {
  const response = await app.request(`http://localhost${path}`, {
    headers: { ...AUTHORIZED, accept: 'text/event-stream', ...headers },
  });
  const reader = response.body!.getReader();
  const next = async (): Promise<string> => {
    const { done, value } = await setting.clock.runUntil(reader.read());
    return done ? '' : new TextDecoder().decode(value);
  };
  const rows = async (count: number): Promise<{ id: string; row: Record<string, unknown> }[]> => {
    const found: { id: string; row: Record<string, unknown> }[] = [];
    while (found.length < count) {
      for (const [, id = '', data = ''] of (await next()).matchAll(/id: (.*)\ndata: (.*)\n\n/g))
        found.push({ id, row: JSON.parse(data) as Record<string, unknown> });
    }
    return found;
  };
  return { response, reader, next, rows };
}

const AUDIT = '/v1/audit/tail?last=0&query=phase%3Dexternal';

describe('a stream of events', () => {
  it('has each row once, in order, with its place, and goes on behind the last one that was seen', async () => {
    const first = await open(AUDIT);
    expect(first.response.headers.get('content-type')).toBe('text/event-stream');
    expect(await first.next()).toMatch(/^retry: 2000\n(id: \w+\n)?\n$/);
    for (const action of ['a.one', 'a.two']) await written(action);
    const seen = await first.rows(2);
    expect(seen.map(({ row }) => row['action'])).toEqual(['a.one', 'a.two']);
    await first.reader.cancel();
    for (const action of ['a.three', 'a.four']) await written(action);
    const second = await open(AUDIT, { 'last-event-id': seen[0]!.id });
    expect((await second.rows(3)).map(({ row }) => row['action'])).toEqual(['a.two', 'a.three', 'a.four']);
    await second.reader.cancel();
  });

  it('tells of webhooks as they are committed', async () => {
    await post('/v1/sources', { provider: 'github' });
    const stream = await open('/v1/events/stream?provider=github');
    await stream.next();
    const { id } = (await post('/v1/webhooks/trigger', { provider: 'github' })) as { id?: string };
    await setting.gateway.sequenceAudit();
    const [event] = await stream.rows(1);
    expect(event!.row).toMatchObject({ provider: 'github', cursor: event!.id });
    if (id !== undefined) expect(event!.row['id']).toBe(id);
    await stream.reader.cancel();
    const again = await app.request('http://localhost/v1/events/stream?cursor=0', { headers: AUTHORIZED });
    expect(JSON.parse(await again.text())).toMatchObject({ id: event!.row['id'] });
  });

  it('says that it is still there when nothing happens, and ends after a quarter of an hour', async () => {
    const { next } = await open(AUDIT);
    await next();
    const beganAtMs = setting.clock.monotonicMs();
    expect(await next()).toBe(': still here\n\n');
    expect(setting.clock.monotonicMs() - beganAtMs).toBe(15_000);
    for (let piece = 'more'; piece !== ''; piece = await next());
    expect(setting.clock.monotonicMs() - beganAtMs).toBe(15 * 60_000);
  });

  it('is cut off when nobody takes what is there', async () => {
    const { reader, next } = await open(AUDIT);
    await next();
    await setting.clock.advance(31_000);
    await expect(reader.read()).rejects.toThrow('stream did not end within');
  });

  it.each([
    ['without a credential', AUDIT, { authorization: 'Bearer nobody' }, 401],
    ['from a place that is none', `${AUDIT}&cursor=..`, {}, 400],
    ['from a place where the log has not come to', `${AUDIT}&cursor=zzzzz`, {}, 400],
    ['of events from such a place', '/v1/events/stream', { 'last-event-id': 'zzzzz' }, 400],
    ['with a query that is none', '/v1/audit/tail?query=x%3D%3D', {}, 400],
  ])('%s is refused', async (_what, path, headers, status) => {
    expect((await open(path, headers)).response.status).toBe(status);
  });

  it('is one of at most 32 of a key', async () => {
    const streams = await Promise.all(Array.from({ length: 32 }, () => open(AUDIT)));
    expect((await open(AUDIT)).response.status).toBe(503);
    await streams[0]!.reader.cancel();
    const { response, reader } = await open(AUDIT);
    expect(response.status).toBe(200);
    await Promise.all([reader, ...streams.slice(1).map((one) => one.reader)].map((one) => one.cancel()));
  });

  it('ends when its key is revoked', async () => {
    const { id, key } = (await post('/v1/keys', { name: 'one', scopes: ['read'] })) as { id: string; key: string };
    const { response, next } = await open(AUDIT, { authorization: `Bearer ${key}` });
    expect(response.status).toBe(200);
    await next();
    expect(await next()).toBe(': still here\n\n');
    const revoked = await app.request(`http://localhost/v1/keys/${id}`, { method: 'DELETE', headers: AUTHORIZED });
    expect(revoked.status).toBe(200);
    await written('a.secret');
    // What comes within the quarter of a minute may still be told; nothing after it.
    let rest = '';
    for (let piece = await next(); piece !== ''; piece = await next()) rest += piece;
    expect(rest).not.toContain('still here');
  });

  it('that was cut off before its first row goes on where it began', async () => {
    await written('a.before');
    const first = await open(AUDIT);
    const begun = /id: (\w+)/.exec(await first.next())![1]!;
    await first.reader.cancel();
    await written('a.between');
    const second = await open(AUDIT, { 'last-event-id': begun });
    expect((await second.rows(1)).map(({ row }) => row['action'])).toEqual(['a.between']);
    await second.reader.cancel();
  });
});

describe('the places for streams', () => {
  it('are 256 for all keys together, and each is given back once', () => {
    const streams = new EventStreams(setting.clock);
    const releases = Array.from({ length: 256 }, (_, index) => streams.admit(`key ${index >> 5}`));
    expect(() => streams.admit('another')).toThrow('256 open streams');
    releases[0]!();
    releases[0]!();
    streams.admit('another');
    expect(() => streams.admit('another')).toThrow('256 open streams');
  });
});
