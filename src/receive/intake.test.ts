import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AppError } from '../core/errors.js';
import type { Acceptance, NewEvent } from '../core/event.js';
import { SeededRandom } from '../core/seeded-random.js';
import { verifyDelivery, type SchemeRow } from '../core/signature/index.js';
import type { SourceRow } from '../core/source.js';
import type { Store } from '../core/store.js';
import type { HandshakeContext, WebhookDefinition } from '../core/webhook.js';
import { VirtualClock } from '../testing/index.js';
import { Intake, type IntakeParts } from './intake.js';
import { Refusals } from './refusals.js';
import type { ReadySource } from './source-table.js';

const SECRET = 'a secret of this test';
const SCHEME: SchemeRow = {
  algorithm: 'hmac-sha256',
  key: 'text',
  signature: { header: 'x-signature', encoding: 'hex' },
  signs: '{body}',
};
const DEFINITION: WebhookDefinition = {
  schemes: { plain: SCHEME },
  identify: ({ headers, body }) =>
    body.byteLength === 0 ? undefined : { key: headers['x-id'] ?? 'none', keyIsSigned: false, type: 'thing.happened' },
  storedHeaders: ['x-id'],
};
const sign = (body: string, secret = SECRET): string => createHmac('sha256', secret).update(body).digest('hex');

interface Setting {
  definition?: Partial<WebhookDefinition>;
  row?: Partial<SourceRow>;
  accept?: (event: NewEvent) => Promise<Acceptance>;
}

function setting({ definition = {}, row = {}, accept = async () => ({ kind: 'stored' }) }: Setting = {}) {
  const webhooks = { ...DEFINITION, ...definition };
  const accepted: NewEvent[] = [];
  const duplicates: string[] = [];
  const kept: string[] = [];
  const clock = new VirtualClock(1_000);
  const refusals = new Refusals(clock, async () => {});
  let woken = 0;
  const parts: IntakeParts = {
    store: {
      events: { accept: async (_: unknown, event: NewEvent) => (accepted.push(event), accept(event)) },
    } as unknown as Store,
    clock,
    random: new SeededRandom(1),
    log: () => {},
    route: () => [{ queue: 'h', maxAttempts: 3 }],
    sealBody: (_, __, body) => Buffer.from(body).reverse(),
    receiptLeaf: () => new Uint8Array(32),
    keepSecret: async (_, secret) => void kept.push(secret),
    noteDuplicate: async (_, __, eventId) => void duplicates.push(eventId),
    refusals,
    onJobs: () => (woken += 1),
  };
  const source: ReadySource = {
    row: { id: 'src_1', provider: 'p', secrets: [], ...row } as SourceRow,
    scope: { tenant: 't', environment: 'sandbox' },
    webhooks,
    verify: (request) => verifyDelivery(SCHEME, request),
    secrets: ['another secret', SECRET],
    secretIds: ['sec_new', 'sec_old'],
    bodyLimitBytes: 1_000,
    refusalStatus: 401,
    freshUntilMs: Infinity,
  };
  const intake = new Intake(parts);
  const receive = (body: string, headers: Record<string, string> = {}) =>
    intake.receive(source, {
      headers: { 'x-signature': sign(body), 'x-id': 'd1', ...headers },
      body: Buffer.from(body),
    });
  return { receive, accepted, duplicates, kept, refusals, woken: () => woken };
}

describe('Intake', () => {
  it('stores what verifies, with its keys, its jobs and the secret that fitted, and only then answers', async () => {
    const { receive, accepted, woken } = setting();
    expect(await receive('{"a":1}')).toMatchObject({ status: 202, body: '{"ok":true}' });
    expect(accepted[0]).toMatchObject({
      sourceId: 'src_1',
      key: 'd1',
      type: 'thing.happened',
      headers: '{"x-id":"d1"}',
      secretId: 'sec_old',
      sealed: false,
      jobs: [{ queue: 'h', maxAttempts: 3, id: expect.stringMatching(/^job_/) }],
    });
    expect(accepted[0]!.dedupeKey).toHaveLength(16);
    expect(accepted[0]!.bodyKey).toHaveLength(16);
    expect(woken()).toBe(1);
  });

  it('refuses a forgery, counts it and stores nothing', async () => {
    const { receive, accepted, refusals } = setting();
    expect(await receive('{"a":1}', { 'x-signature': sign('{"a":1}', 'not it') })).toMatchObject({
      status: 401,
      body: '{"ok":false,"error":"webhook_refused","reason":"bad_signature"}',
    });
    expect(accepted).toEqual([]);
    expect(refusals.total).toBe(1);
  });

  it('answers a duplicate like the first, says so, and leaves a trace', async () => {
    const { receive, duplicates } = setting({
      accept: async () => ({ kind: 'duplicate', eventId: 'evt_1', by: 'key' }),
    });
    expect(await receive('x')).toMatchObject({ status: 202, body: '{"ok":true,"duplicate":true}' });
    expect(duplicates).toEqual(['evt_1']);
  });

  it('gives two different long ids two dedupe keys, though they begin alike', async () => {
    const { receive, accepted } = setting();
    await receive('x', { 'x-id': `${'a'.repeat(300)}1` });
    await receive('x', { 'x-id': `${'a'.repeat(300)}2` });
    expect(accepted[0]!.dedupeKey).not.toEqual(accepted[1]!.dedupeKey);
    expect(accepted[0]!.key).toHaveLength(256);
  });

  it('bounds what a sender can make us show and index', async () => {
    const long = 'x'.repeat(10_000);
    const identify = () => ({ key: 'k', keyIsSigned: true, type: long, subject: long, account: long });
    const { receive, accepted } = setting({ definition: { identify } });
    await receive('x');
    const [event] = accepted;
    expect([event!.type.length, event!.subject?.length, event!.account?.length]).toEqual([256, 256, 256]);
  });

  it('never answers 2xx when the store did not take it', async () => {
    const { receive } = setting({
      accept: async () => {
        throw new AppError('store_unavailable', { problem: 'the disk is full' });
      },
    });
    expect(await receive('x')).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  });

  it('keeps a verified body that the connector does not know', async () => {
    const { receive, accepted } = setting();
    expect((await receive('')).status).toBe(202);
    expect(accepted[0]).toMatchObject({ type: 'unrecognised', key: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('seals a body with secrets in it, and hashes what arrived', async () => {
    const { receive, accepted } = setting({ definition: { secretFields: ['token'] } });
    await receive('{"token":"t"}');
    expect(accepted[0]).toMatchObject({ sealed: true, body: Buffer.from('{"token":"t"}').reverse() });
  });

  it('stores each event of a delivery that carries several', async () => {
    const { receive, accepted } = setting({
      definition: {
        split: ({ headers, body }) =>
          (JSON.parse(Buffer.from(body).toString()) as string[]).map((id) => ({
            headers: { ...headers, 'x-id': id },
            body: Buffer.from(id),
          })),
      },
    });
    expect((await receive('["a","b"]')).status).toBe(202);
    expect(accepted.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('answers a handshake in its own words, unless it must be verified and is not', async () => {
    const handshake = ({ verified }: HandshakeContext) =>
      verified ? { status: 200, headers: {}, body: 'challenge', keep: false } : undefined;
    const { receive, accepted } = setting({ definition: { handshake } });
    expect(await receive('x')).toMatchObject({ status: 200, body: 'challenge' });
    expect(await receive('x', { 'x-signature': sign('y') })).toMatchObject({ status: 401 });
    expect(accepted).toEqual([]);
  });

  it('keeps the secret that a handshake hands over', async () => {
    const handshake = () => ({ status: 200, headers: {}, body: '', keep: false, newSecret: 'handed over' });
    const { receive, kept } = setting({ definition: { handshake } });
    await receive('x', { 'x-signature': '' });
    expect(kept).toEqual(['handed over']);
  });

  it('takes anything where the operator wrote down why', async () => {
    const { receive, accepted } = setting({ row: { unsignedReason: 'an old device' } });
    expect((await receive('x', { 'x-signature': '' })).status).toBe(202);
    expect(accepted[0]!.secretId).toBeUndefined();
  });

  it('acknowledges with the status that the provider takes for one', async () => {
    const { receive } = setting({ definition: { ackStatus: 204 } });
    expect(await receive('x')).toMatchObject({ status: 204, body: '' });
  });
});
