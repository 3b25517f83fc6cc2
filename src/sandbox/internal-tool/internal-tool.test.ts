import { describe, expect, it } from 'vitest';
import { replyText, type SandboxRequest } from '../kit/index.js';
import { InternalToolSandbox } from './index.js';

const post = (body: unknown, key?: string, more: Partial<SandboxRequest> = {}): SandboxRequest => ({
  method: 'POST',
  path: '/customers',
  query: new URLSearchParams(),
  headers: key === undefined ? {} : { 'idempotency-key': key },
  body: Buffer.from(JSON.stringify(body)),
  nowMs: 1_000,
  ...more,
});

describe('the simulated internal tool', () => {
  it('takes effect once per key, and answers a repeat as it answered then', () => {
    const tool = new InternalToolSandbox();
    const first = tool.handle(post({ name: 'Ada' }, 'k1'));
    const again = tool.handle(post({ name: 'Ada' }, 'k1'));
    expect(first).toMatchObject({ status: 201, body: '{"id":"rec_1","recorded":true}' });
    expect(again.body).toBe(first.body);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(tool.effectsOf('k1')).toBe(1);
    expect(tool.effects).toEqual([
      { id: 'rec_1', path: '/customers', key: 'k1', body: { name: 'Ada' }, atMs: 1_000, repeats: 1 },
    ]);
  });

  it('refuses a key that belongs to another request', () => {
    const tool = new InternalToolSandbox();
    tool.handle(post({ name: 'Ada' }, 'k1'));
    expect(tool.handle(post({ name: 'Grace' }, 'k1')).status).toBe(422);
    expect(tool.handle(post({ name: 'Ada' }, 'k1', { path: '/others' })).status).toBe(422);
    expect(tool.effects).toHaveLength(1);
  });

  it('takes effect each time when there is no key', () => {
    const tool = new InternalToolSandbox();
    tool.handle(post({ n: 1 }));
    tool.handle(post({ n: 1 }));
    expect(tool.effects.map(({ id }) => id)).toEqual(['rec_1', 'rec_2']);
  });

  it('keeps an answer that was lost on the way', () => {
    const tool = new InternalToolSandbox();
    tool.faults.add({ kind: 'lost_answer' });
    expect(tool.handle(post({}, 'k1')).lost).toBe(true);
    expect(tool.handle(post({}, 'k1'))).toMatchObject({ status: 201 });
    expect(tool.effectsOf('k1')).toBe(1);
  });

  it('has no effect when it is too busy or broken', () => {
    const tool = new InternalToolSandbox();
    tool.faults.add({ kind: 'rate_limited', retryAfterSeconds: 1 });
    tool.faults.add({ kind: 'failure', status: 500 });
    expect(tool.handle(post({}, 'k1')).status).toBe(429);
    expect(tool.handle(post({}, 'k1')).status).toBe(500);
    expect(tool.effects).toEqual([]);
  });

  it('wants its token when it has one', () => {
    const tool = new InternalToolSandbox({ token: 't' });
    expect(tool.handle(post({})).status).toBe(401);
    expect(tool.handle(post({}, undefined, { headers: { authorization: 'Bearer t' } })).status).toBe(201);
  });

  it('shows what it has, keeps text as text, and takes nothing else', () => {
    const tool = new InternalToolSandbox();
    tool.handle(post({}, undefined, { body: Buffer.from('plain words') }));
    expect(JSON.parse(replyText(tool.handle(post({}, undefined, { method: 'GET' }))))).toMatchObject({
      effects: [{ body: 'plain words' }],
    });
    expect(tool.handle(post({}, undefined, { method: 'PUT' })).status).toBe(405);
  });
});
