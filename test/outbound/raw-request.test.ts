/** Requests in a provider's own words: judged, limited, recorded and kept apart from secrets as actions are. */
import { describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import type { CallResult } from '../../src/core/call.js';
import type { Method } from '../../src/core/connector.js';
import { newId } from '../../src/core/ids.js';
import type { CallContext, Effect } from '../../src/core/operation.js';
import type { Principal } from '../../src/core/principal.js';
import type { RawAnswer, RawRequest } from '../../src/core/raw-request.js';
import { rawAction, rawEffect } from '../../src/outbound/index.js';
import type { VirtualAnswer } from '../../src/testing/index.js';
import { API, outboundWorld, PERSON, TOKEN, type World } from './world.js';

const AGENT: Principal = { ...PERSON, type: 'agent', id: 'agent-1' };
const LOST: VirtualAnswer = { ok: false, failure: { kind: 'reset', sent: 'maybe', detail: 'test' } };

async function raw(
  world: World,
  request: Partial<RawRequest> & { url: string },
  more: Partial<CallContext> = {},
  provider = 'acme',
  asked: { mayLackKey?: boolean } = {},
): Promise<CallResult> {
  const { clock, random } = world;
  const whole = { method: 'GET' as const, ...request };
  const context = {
    scope: { tenant: 'default', environment: 'sandbox' as const },
    principal: PERSON,
    callId: newId('call', clock, random),
    dryRun: false,
    ...more,
  };
  const call = {
    action: `${provider}.request`,
    input: { method: whole.method, url: whole.url },
    raw: whole,
    context,
    ...asked,
  };
  return await clock.runUntil(world.newProcess().call(call));
}

const answerOf = (result: CallResult): RawAnswer => (result.output ?? result.answer) as RawAnswer;

describe('a raw request', () => {
  it('carries the secret of the connection, and answers with the words of the provider', async () => {
    const world = await outboundWorld();
    world.net.on(`GET ${API}/things`, (request) => ({
      headers: { 'content-type': 'application/json', 'set-cookie': 'a=b', link: `<${API}/things?page=2>; rel="next"` },
      body: { big: 1, echo: request.headers['authorization'] },
    }));
    const result = await raw(world, { url: '/things?limit=1' });
    expect(result.state).toBe('done');
    expect(world.net.requests[0]!.headers['authorization']).toBe(`Bearer ${TOKEN}`);
    const { status, headers, text, base } = answerOf(result);
    expect([status, base, Object.keys(headers).sort()]).toEqual([200, API, ['content-type', 'link']]);
    expect(text).not.toContain(TOKEN);
    expect(JSON.parse(text!)).toMatchObject({ big: 1 });
  });

  it('leaves one line for a read, and an intent and an outcome for a write', async () => {
    const world = await outboundWorld();
    world.net.on(`* ${API}`, () => ({ body: {} }));
    await raw(world, { url: '/things' });
    await raw(world, { method: 'POST', url: '/things', body: Buffer.from('{}') });
    const lines = (await world.records()).map(({ phase, status, effect, details }) => [
      phase,
      status,
      effect,
      details?.['endpoint'],
    ]);
    expect(lines).toEqual([
      ['outcome', 'succeeded', 'read', 'GET /v1/things'],
      ['intent', 'started', 'create', 'POST /v1/things'],
      ['outcome', 'succeeded', 'create', 'POST /v1/things'],
    ]);
  });

  it('sends a write without a key once, and says that it does not know', async () => {
    const world = await outboundWorld();
    world.net.on(`POST ${API}`, () => LOST);
    const result = await raw(world, { method: 'POST', url: '/things' });
    expect([result.state, result.error?.code, world.net.requests.length]).toEqual(['unknown', 'outcome_unknown', 1]);
    expect(world.net.requests[0]!.headers['idempotency-key']).toBeUndefined();
  });

  it('repeats a write under a key that the provider recognises, and answers a repeat from the ledger', async () => {
    const world = await outboundWorld();
    let times = 0;
    world.net.on(`POST ${API}`, () => (times++ === 0 ? LOST : { status: 201, body: { id: 't1' } }));
    const made = { method: 'POST' as const, url: '/things', body: Buffer.from('{"a":1}') };
    const first = await raw(world, made, { idempotencyKey: 'k1' });
    const again = await raw(world, made, { idempotencyKey: 'k1' });
    expect([first.state, again.state, times]).toEqual(['done', 'replayed', 2]);
    expect(answerOf(again)).toEqual(answerOf(first));
    expect(world.net.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['k1', 'k1']);
  });

  it('asks for a key where it pays, unless an SDK asks, and is then sent once', async () => {
    const world = await outboundWorld({ env: { STRIPE_SECRET_KEY: 'sk_test_of_nobody_0123456789' } });
    world.net.on('POST https://api.stripe.com', () => LOST);
    const pay = { method: 'POST' as const, url: '/v1/payment_intents', body: Buffer.from('amount=100&currency=eur') };
    const refused = await raw(world, pay, {}, 'stripe');
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'idempotency_required' } });
    expect(world.net.requests).toHaveLength(0);
    const sent = await raw(world, pay, {}, 'stripe', { mayLackKey: true });
    expect([sent.state, world.net.requests.length]).toEqual(['unknown', 1]);
    const [, , last] = (await world.records()).toReversed();
    expect(last).toMatchObject({ action: 'stripe.request', status: 'failed', error: { code: 'idempotency_required' } });
  });

  it('reads by HEAD as it does by GET: judged the same, repeated, and told the length', async () => {
    const world = await outboundWorld();
    let times = 0;
    const head = { 'content-type': 'application/pdf', 'content-length': '1234', etag: '"1"' };
    world.net.on(`HEAD ${API}`, () => (times++ === 0 ? LOST : { headers: head }));
    const result = await raw(world, { method: 'HEAD', url: '/things/1' });
    expect([result.state, times]).toEqual(['done', 2]);
    expect(answerOf(result)).toMatchObject({ status: 200, headers: head });
    expect(await world.records()).toMatchObject([
      { effect: 'read', status: 'succeeded', details: { endpoint: 'HEAD /v1/things/1' } },
    ]);
    for (const connector of CONNECTORS.filter(({ anyTarget }) => anyTarget !== true)) {
      for (const path of ['/x', '/chat.postMessage', '/graphql', '/v1/payment_intents']) {
        const effect = (method: RawRequest['method']): Effect => rawEffect(connector, { method, url: path });
        expect([connector.provider, path, effect('HEAD')]).toEqual([connector.provider, path, effect('GET')]);
      }
    }
  });

  it('tells a refusal in the words of the provider', async () => {
    const world = await outboundWorld();
    world.net.on(`* ${API}`, () => ({ status: 422, body: { why: 'no' } }));
    const result = await raw(world, { method: 'POST', url: '/things' });
    expect([result.state, result.error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(answerOf(result)).toMatchObject({ status: 422, text: '{"why":"no"}' });
  });

  it('shows everything on a dry run and sends nothing', async () => {
    const world = await outboundWorld();
    const result = await raw(world, { method: 'DELETE', url: '/things/1' }, { dryRun: true });
    expect(result).toMatchObject({ state: 'previewed', preview: { method: 'DELETE', url: `${API}/things/1` } });
    expect(JSON.stringify(result)).not.toContain(TOKEN);
    expect(world.net.requests).toEqual([]);
  });

  it.each<[string, Partial<RawRequest> & { url: string }, string]>([
    ['out of the base', { url: '/../other' }, 'invalid_argument'],
    ['out of it, encoded', { url: '/a/%2e%2e/other' }, 'invalid_argument'],
    ['out of it, encoded twice over', { url: '/a/x%2f..%2f../other' }, 'invalid_argument'],
    ['to another host', { url: 'https://evil.test/v1' }, 'egress_denied'],
    ['to another host by two slashes', { url: '//evil.test/v1' }, 'invalid_argument'],
    ['with a user in the address', { url: 'https://a:b@api.acme.test/v1' }, 'egress_denied'],
    [
      'with another method in a header',
      { url: '/x', headers: { 'x-http-method-override': 'DELETE' } },
      'invalid_argument',
    ],
    ['with another method in the query', { url: '/x?_method=DELETE' }, 'invalid_argument'],
    ['with a credential in the query', { url: '/x?access_token=1' }, 'invalid_argument'],
    ['with a credential in a header', { url: '/x', headers: { authorization: 'x' } }, 'invalid_argument'],
    ['by a file', { url: 'file:///etc/passwd' }, 'invalid_argument'],
  ])('does not leave %s', async (_, request, code) => {
    const world = await outboundWorld();
    const result = await raw(world, request);
    expect([result.state, result.error?.code, world.net.requests.length]).toEqual(['failed', code, 0]);
  });

  it('is masked for an agent, by name and by shape', async () => {
    const world = await outboundWorld();
    world.net.on(`* ${API}`, () => ({
      headers: { 'content-type': 'application/json' },
      body: { id: 1, client_secret: 'pi_1_secret_2', list: [{ token: 'abcdefgh' }] },
    }));
    expect(answerOf(await raw(world, { url: '/x' })).text).toContain('pi_1_secret_2');
    const { text } = answerOf(await raw(world, { url: '/x' }, { principal: AGENT }));
    expect(JSON.parse(text!)).toMatchObject({ id: 1 });
    expect(text).not.toMatch(/pi_1_secret_2|abcdefgh/);
  });

  it('is asked about for an agent in live', async () => {
    const world = await outboundWorld({ settings: { environment: 'live' } });
    const scope = { tenant: 'default', environment: 'live' as const };
    const result = await raw(world, { method: 'POST', url: '/things' }, { scope, principal: AGENT });
    expect(result.state).toBe('pending_approval');
    expect(world.net.requests).toEqual([]);
  });
});

describe('what a raw request does', () => {
  it('is under the rules for the actions that do the same', () => {
    const twins = (provider: string, url: string, body: unknown = {}) =>
      rawAction(
        CONNECTORS,
        `${provider}.request`,
        {
          method: 'POST',
          url,
          headers: { 'content-type': 'application/json' },
          body: Buffer.from(JSON.stringify(body)),
        },
        false,
      ).raw!.twins;
    expect(twins('github', '/repos/a/b/issues')).toEqual(['createIssue']);
    expect(twins('slack', '/chat.postMessage')).toContain('sendMessage');
    expect(twins('linear', '/graphql', { query: 'mutation A { issueCreate { success } }' })).toEqual(['createIssue']);
    expect(twins('stripe', '/v1/refunds').length).toBeGreaterThan(0);
  });

  const effect = (provider: string, method: Method, url: string, body?: unknown): Effect =>
    rawEffect(
      CONNECTORS.find((one) => one.provider === provider)!,
      {
        method,
        url,
        headers: { 'content-type': 'application/json' },
        ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)) }),
      },
    );

  it.each<[string, Method, string, unknown, Effect]>([
    ['slack', 'POST', '/conversations.list', undefined, 'read'],
    ['slack', 'GET', '/chat.postMessage?channel=C1&text=x', undefined, 'send'],
    ['slack', 'GET', '/api/chat.post%4dessage', undefined, 'send'],
    ['slack', 'POST', '/api//chat.delete', undefined, 'delete'],
    ['slack', 'GET', '/something.new', undefined, 'update'],
    ['stripe', 'GET', '/v1/customers', undefined, 'read'],
    ['stripe', 'POST', '/v1/customers', undefined, 'create'],
    ['stripe', 'POST', '/v1/customers/cus_1', undefined, 'update'],
    ['stripe', 'POST', '/v1/refunds', undefined, 'pay'],
    ['stripe', 'POST', '/v1/ref%75nds/', undefined, 'pay'],
    ['notion', 'POST', '/v1/search', undefined, 'read'],
    ['notion', 'POST', '/v1/data_sources/x/query', undefined, 'read'],
    ['notion', 'PATCH', '/v1/pages/x', undefined, 'update'],
    ['linear', 'POST', '/graphql', { query: 'query A { viewer { id } }' }, 'read'],
    ['linear', 'POST', '/graphql', { query: '{ viewer { id } }' }, 'read'],
    ['linear', 'POST', '/graphql', { query: 'query A { a(text: "mutation") { id } } # mutation' }, 'read'],
    ['linear', 'POST', '/graphql', { query: 'mutation { issueCreate(input: {}) { success } }' }, 'update'],
    ['linear', 'POST', '/graphql', { query: 'query A { a } mutation B { b }', operationName: 'B' }, 'update'],
    ['linear', 'POST', '/graphql', [{ query: '{ a }' }], 'update'],
    ['google', 'POST', '/calendar/v3/freeBusy', undefined, 'read'],
    ['google', 'POST', '/upload/drive/v3/files?uploadType=media', undefined, 'create'],
    ['google', 'POST', '/gmail/v1/users/me/messages/send', undefined, 'send'],
    ['sendgrid', 'POST', '/v3/mail/send', undefined, 'send'],
    ['resend', 'POST', '/emails', undefined, 'send'],
    ['github', 'GET', '/user', undefined, 'read'],
    ['github', 'DELETE', '/repos/a/b', undefined, 'delete'],
  ])('%s %s %s', (provider, method, url, body, expected) => {
    expect(effect(provider, method, url, body)).toBe(expected);
  });

  it.each([
    ['github', 'POST', '/app/installations/1/access_tokens'],
    ['sendgrid', 'POST', '/v3/api_keys'],
    ['resend', 'POST', '/api-keys'],
    ['stripe', 'POST', '/v1/ephemeral_keys'],
    ['slack', 'POST', '/oauth.v2.access'],
    ['slack', 'GET', '/o%61uth.v2.access'],
    ['google', 'POST', '/batch/drive/v3'],
    ['linear', 'POST', '/other'],
  ] as const)('%s %s %s hands out credentials or cannot be judged, and is denied', async (provider, method, url) => {
    const world = await outboundWorld();
    const result = await raw(world, { method, url }, {}, provider);
    expect([result.state, result.error?.code]).toEqual(['denied', 'policy_denied']);
    expect((await world.records()).at(-1)?.status).toBe('denied');
  });
});
