import { describe, expect, it } from 'vitest';
import type { Principal, PrincipalType } from '../../src/core/principal.js';
import { API, outboundWorld, PERSON, TOKEN } from './world.js';

const X = { name: 'x' };
const MADE = { status: 201, body: { id: 't1' } };
const live = { settings: { environment: 'live' } } as const;

const by = (type: PrincipalType, scopes: Principal['scopes'] = ['read', 'write']): Principal => ({
  type,
  id: `${type}-1`,
  scopes,
  via: 'library',
});

describe('a call that may not be made', () => {
  it.each<[string, Principal, readonly string[] | undefined, string, string]>([
    ['an agent in live', by('agent'), undefined, 'pending_approval', 'approval_required'],
    ['a handler that did not declare it', by('handler', []), ['http.post'], 'denied', 'action_not_declared'],
    ['the system in live', by('system'), undefined, 'denied', 'policy_denied'],
    ['a key that only reads', by('api_key', ['read']), undefined, 'denied', 'insufficient_scope'],
  ])('by %s: %s', async (_, principal, uses, state, code) => {
    const world = await outboundWorld(live);
    world.net.on(`* ${API}`, () => MADE);
    const result = await world.call('acme.make', X, { principal, ...(uses && { uses }) });
    expect(result).toMatchObject({ state, error: { code } });
    expect(world.net.requests).toEqual([]);
    expect(await world.records()).toMatchObject([
      { status: state, actor: { type: principal.type }, action: 'acme.make', target: { id: 'x' }, error: { code } },
    ]);
    expect(await world.row(result.callId)).toBeUndefined();
  });

  it('by a handler that declared it goes out', async () => {
    const world = await outboundWorld(live);
    world.net.on(`* ${API}`, () => MADE);
    const result = await world.call('acme.make', X, { principal: by('handler', []), uses: ['acme.make'] });
    expect(result.state).toBe('done');
  });

  it.each<[string, string, unknown, string]>([
    ['an unknown action', 'acme.destroy', X, 'not_found'],
    ['an inherited name', 'acme.constructor', X, 'not_found'],
    ['no action at all', '', X, 'not_found'],
    ['an unknown field', 'acme.make', { name: 'x', nane: 'y' }, 'invalid_argument'],
    ['no input', 'acme.make', undefined, 'invalid_argument'],
    ['text that cannot be hashed', 'acme.make', { name: '\ud800' }, 'invalid_argument'],
    ['a request that leaves the hosts', 'acme.stray', X, 'egress_denied'],
    ['a connector that stumbles', 'acme.stumble', X, 'internal'],
    ['a payment without a key', 'acme.pay', X, 'idempotency_required'],
    ['no connection', 'google.nothing', X, 'not_found'],
  ])('because of %s fails before anything is written or sent', async (_, action, input, code) => {
    const world = await outboundWorld();
    const result = await world.call(action, input);
    expect(result).toMatchObject({ state: 'failed', error: { code } });
    expect(world.net.requests).toEqual([]);
    expect(await world.records()).toMatchObject([{ status: 'failed', error: { code } }]);
  });

  it.each(['', '  ', 'a\nb', '\u0000', 'x'.repeat(1_025), '\ud800'])('because of the key %j fails', async (key) => {
    const world = await outboundWorld();
    expect(await world.call('acme.make', X, { idempotencyKey: key })).toMatchObject({
      state: 'failed',
      error: { code: 'invalid_argument' },
    });
  });

  it('because nothing is connected names what to set', async () => {
    const world = await outboundWorld({ env: { ACME_TOKEN: '' } });
    const result = await world.call('acme.make', X);
    expect(result.error).toMatchObject({ code: 'not_connected', detail: expect.stringContaining('Set ACME_TOKEN.') });
  });
});

describe('a dry run', () => {
  it('shows the exact request without its secret, sends nothing, and leaves one line', async () => {
    const world = await outboundWorld();
    const dry = await world.call('acme.makeKeyed', X, { dryRun: true, idempotencyKey: 'k1' });
    expect(dry).toMatchObject({
      state: 'previewed',
      preview: { method: 'POST', url: `${API}/things`, body: '{"name":"x"}', headers: { 'idempotency-key': 'k1' } },
    });
    expect(JSON.stringify(dry)).not.toContain(TOKEN);
    expect(world.net.requests).toEqual([]);
    expect((await world.records()).map(({ status }) => status)).toEqual(['previewed']);

    world.net.on(`* ${API}`, () => MADE);
    await world.call('acme.makeKeyed', X, { idempotencyKey: 'k1' });
    const [sent] = world.net.requests;
    const { authorization, ...headers } = sent!.headers;
    expect(authorization).toBe(`Bearer ${TOKEN}`);
    expect({ method: sent!.method, url: sent!.url, headers, body: Buffer.from(sent!.body!).toString() }).toEqual(
      dry.preview,
    );
  });

  it('of what would need agreement is shown without it, and of what is denied is denied', async () => {
    const world = await outboundWorld(live);
    expect((await world.call('acme.make', X, { dryRun: true, principal: by('agent') })).state).toBe('previewed');
    expect((await world.call('acme.make', X, { dryRun: true, principal: by('system') })).state).toBe('denied');
  });
});

describe('the secret', () => {
  it('is in the request and nowhere else: result, ledger, audit log, debug log', async () => {
    for (const answer of [MADE, { status: 401, body: { error: `bad token ${TOKEN}` } }, { status: 200, body: TOKEN }]) {
      const world = await outboundWorld();
      world.net.on(`* ${API}`, () => answer);
      const result = await world.call('acme.make', X);
      expect(world.net.requests[0]!.headers['authorization']).toBe(`Bearer ${TOKEN}`);
      const traces = JSON.stringify([result, await world.records(), await world.row(result.callId), world.lines]);
      expect(traces).not.toContain(TOKEN);
    }
  });

  it('is fetched only once it is needed', async () => {
    const world = await outboundWorld({ env: { ACME_TOKEN: 'file:/run/secrets/acme' } });
    const result = await world.call('acme.make', X);
    expect(result).toMatchObject({ state: 'failed', error: { code: 'secret_unavailable' } });
    expect(world.net.requests).toEqual([]);
    expect(await world.row(result.callId)).toMatchObject({ state: 'failed' });
  });

  it('with a line end in it is not sent', async () => {
    const world = await outboundWorld({ env: { ACME_TOKEN: 'token\r\nx-evil: 1' } });
    expect(await world.call('acme.make', X)).toMatchObject({ state: 'failed', error: { code: 'config_invalid' } });
    expect(world.net.requests).toEqual([]);
  });

  it('that an answer brings is masked, in the result and in the ledger', async () => {
    const world = await outboundWorld();
    world.net.on(`* ${API}`, () => ({ body: { id: 'very-secret-thing' } }));
    const result = await world.call('acme.reveal', X);
    expect(result).toMatchObject({ state: 'done', output: { id: '[redacted]' } });
    expect(JSON.stringify(await world.row(result.callId))).not.toContain('very-secret-thing');
  });
});

describe('a key that is a secret elsewhere', () => {
  const KEY = 'whsec_5a7d42e0678b85cd7cca91761b4ec32271a8154355287bf0';

  it('makes calls one call, and no answer, error or log repeats it', async () => {
    const world = await outboundWorld();
    world.net.on(`* ${API}`, () => MADE);
    const said: unknown[] = [];
    const call = async (input: unknown, dryRun = false): Promise<string> => {
      const result = await world.call('acme.make', input, { idempotencyKey: KEY, dryRun });
      said.push(result);
      return result.error?.code ?? result.state;
    };
    const [, running] = await Promise.all([call(X), call(X)]);
    expect(running).toBe('call_in_flight');
    expect([await call(X), await call({ name: 'y' }), await call(X, true)]).toEqual([
      'replayed',
      'idempotency_mismatch',
      'previewed',
    ]);
    expect(world.net.requests).toHaveLength(1);
    expect(JSON.stringify([said, await world.records(), world.lines])).not.toContain(KEY);
  });
});

describe('the traces of a call', () => {
  it('say who did what, where, how often and with what end', async () => {
    const world = await outboundWorld({ latencyMs: 20 });
    world.net.on(`* ${API}`, () => MADE);
    const context = { principal: PERSON, idempotencyKey: 'k1', cause: 'evt_1' };
    const { callId } = await world.call('acme.make', X, context);
    const both = {
      actor: { type: 'person', id: 'prn_ada' },
      via: 'cli',
      provider: 'acme',
      connection: 'env:acme',
      action: 'acme.make',
      effect: 'create',
      target: { type: 'thing', id: 'x' },
      idempotencyKey: 'k1',
      callId,
      eventId: 'evt_1',
      cause: 'evt_1',
      request: { hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    };
    expect(await world.records()).toMatchObject([
      { ...both, phase: 'intent', status: 'started' },
      {
        ...both,
        phase: 'outcome',
        status: 'succeeded',
        attempts: 1,
        durationMs: 40,
        response: { hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      },
    ]);
  });

  it('have each attempt in the debug log, without query and secret', async () => {
    const world = await outboundWorld({ latencyMs: 20 });
    world.net.on(`* ${API}`, () => ({ status: 503 }));
    await world.call('acme.read', X);
    const attempts = world.lines.filter(({ message }) => message === 'call attempt');
    expect(attempts).toHaveLength(5);
    expect(attempts[0]).toEqual({
      level: 'debug',
      message: 'call attempt',
      fields: {
        provider: 'acme',
        action: 'acme.read',
        attempt: 1,
        method: 'GET',
        host: 'api.acme.test',
        path: '/v1/things/x',
        status: 503,
        code: 'provider_unavailable',
        providerCode: 'http_503',
        durationMs: 40,
      },
    });
  });
});

describe('a store that cannot take writes', () => {
  it('stops a write before its first byte', async () => {
    const world = await outboundWorld();
    world.net.on(`* ${API}`, () => MADE);
    await world.store.system.close();
    await expect(world.call('acme.make', X)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(world.net.requests).toEqual([]);
  });
});
