import { describe, expect, it } from 'vitest';
import type { Connection, ConnectionSource } from '../core/connection.js';
import type { ConnectorDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import type { HttpResult, Net } from '../core/ports.js';
import { failureByStatus } from '../core/provider-failure.js';
import { virtualHost } from '../testing/index.js';
import { attempt, type AttemptOutcome, type Exchange } from './attempt.js';
import { settingsWith } from './settings.js';
import { Traffic } from './traffic.js';

const URL_OF_THINGS = 'https://api.acme.test/v1/things?page=secret-page';

const connector = {
  provider: 'acme',
  title: 'Acme',
  hosts: ['api.acme.test'],
  classify: failureByStatus,
} as unknown as ConnectorDefinition;

const connection: Connection = {
  provider: 'acme',
  view: { id: 'env:acme', environment: 'sandbox', credential: 'bearer', baseUrl: 'https://api.acme.test/v1' },
  reference: 'env:ACME_TOKEN',
  hosts: [],
  idempotentHosts: [],
};

const exchange: Exchange = {
  action: 'acme.make',
  connector,
  connection,
  rendered: { method: 'POST', url: new URL(URL_OF_THINGS), headers: {}, body: Buffer.from('{}') },
  tenant: 'default',
  uses: [],
};

function once(
  net: Net['send'],
  more: Partial<Exchange> = {},
  secret: () => Promise<string> = async () => 's3cret-token',
): Promise<AttemptOutcome> & { lines: () => readonly { fields: Record<string, unknown> }[] } {
  const host = virtualHost();
  const connections: ConnectionSource = {
    resolve: async () => ({ kind: 'connection', connection }),
    secret,
    read: async () => 'whsec_a2V5IGZvciBzaWduaW5nIHRoaW5ncw==',
  };
  const settings = settingsWith({ timeoutMs: 7_000 });
  const traffic = new Traffic({ clock: host.clock, concurrency: settings.concurrency });
  const parts = { ...host, net: { send: net }, connections, settings, traffic };
  const outcome = attempt(parts, { ...exchange, ...more }, 3);
  return Object.assign(outcome, { lines: () => host.lines });
}

const answered = (status: number): HttpResult => ({
  ok: true,
  answer: { status, headers: {}, body: new Uint8Array(), truncated: false },
});

describe('one attempt', () => {
  it('sends exactly what was rendered, with the secret and the limits', async () => {
    let sent: unknown;
    await once(async (request) => ((sent = request), answered(200)));
    expect(sent).toEqual({
      method: 'POST',
      url: URL_OF_THINGS,
      headers: { authorization: 'Bearer s3cret-token' },
      body: Buffer.from('{}'),
      timeoutMs: 7_000,
      maxAnswerBytes: 8 * 1024 * 1024,
    });
  });

  it('says what came of it', async () => {
    expect(await once(async () => answered(200))).toMatchObject({ kind: 'answered' });
    expect(await once(async () => answered(503))).toMatchObject({ kind: 'refused', status: 503 });
    const failure = { kind: 'dns', sent: 'no', detail: 'x' } as const;
    expect(await once(async () => ({ ok: false, failure }))).toEqual({ kind: 'no_answer', failure });
  });

  it('takes a network that throws for a broken connection: nobody knows how far it got', async () => {
    const outcome = await once(() => Promise.reject(new TypeError('s3cret-token')));
    expect(outcome).toEqual({ kind: 'no_answer', failure: { kind: 'reset', sent: 'maybe', detail: 'TypeError' } });
  });

  it('takes a connector that throws for an answer nobody understood', async () => {
    const throwing = { ...connector, classify: () => JSON.parse('{') as never };
    expect(await once(async () => answered(200), { connector: throwing })).toMatchObject({
      kind: 'refused',
      failure: { code: 'provider_unavailable', providerCode: 'unreadable', safeToRetry: false },
    });
  });

  it('does not change what the connector said for the next attempt', async () => {
    const frozen = Object.freeze(failureByStatus({ ...answeredAnswer(401) }, 0)!);
    const open = { ...connector, hosts: [], anyTarget: true, classify: () => frozen } as unknown as ConnectorDefinition;
    const hinted = { ...connection, hostsHint: 'FAIRLEAD_SAAS_HOSTS', view: { ...connection.view, baseUrl: '' } };
    const outcome = await once(async () => answered(401), { connector: open, connection: hinted });
    expect(outcome).toMatchObject({ failure: { problem: expect.stringContaining('is not in FAIRLEAD_SAAS_HOSTS') } });
  });

  it('sends nothing without its secret, or when it was called off', async () => {
    const never: Net['send'] = () => expect.fail('it was sent');
    const error = new AppError('secret_unavailable', { reference: 'env:ACME_TOKEN', problem: 'x' });
    expect(await once(never, {}, () => Promise.reject(error))).toEqual({ kind: 'not_sent', error });
    expect(await once(never, { signal: AbortSignal.abort() })).toMatchObject({
      kind: 'not_sent',
      error: { code: 'cancelled' },
    });
  });

  it('signs what asks to be signed, with the time of the attempt', async () => {
    let headers: Record<string, string> = {};
    const sign = {
      row: {
        algorithm: 'hmac-sha256',
        key: 'base64',
        signature: { header: 'x-signature', encoding: 'hex' },
        timestamp: { header: 'x-time', unit: 's' },
        signs: '{timestamp}.{body}',
      },
      reference: 'env:SIGNING',
      id: 'evt_1',
    } as const;
    await once(async (request) => ((headers = request.headers), answered(200)), {
      rendered: { ...exchange.rendered, sign },
    });
    expect(headers).toMatchObject({ 'x-time': '1767225600', 'x-signature': expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('leaves a line in the debug log, without query and secret', async () => {
    const trying = once(async () => answered(429));
    await trying;
    expect(trying.lines()).toMatchObject([
      { level: 'debug', fields: { attempt: 3, host: 'api.acme.test', path: '/v1/things', status: 429 } },
    ]);
    expect(JSON.stringify(trying.lines())).not.toMatch(/secret-page|s3cret/);
  });
});

function answeredAnswer(status: number) {
  return { status, headers: {}, body: new Uint8Array(), truncated: false };
}
