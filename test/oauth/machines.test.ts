/** Connecting without a person: client credentials, an installation of an app, a service account. */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { localPrincipal } from '../../src/core/local-identity.js';
import { createSandboxSetting } from './sandbox-setting.js';
import { createSetting, SANDBOX, type Setting } from './setting.js';

const HOUR_MS = 3_600_000;
const INSTALLATION = 'POST https://api.github.com/app/installations/77/access_tokens';
const GOOGLE = 'POST https://oauth2.googleapis.com/token';

let pem: string;
let stranger: string;
let setting: Setting;
/** How often a token was given, and the one that is good. */
let given: number;
let good: string;

beforeAll(() => {
  const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  [pem, stranger] = [pair(), pair()].map((key) => key.export({ type: 'pkcs8', format: 'pem' }) as string) as [
    string,
    string,
  ];
});

/** The claims of a JWT that the key of this test has signed; nothing for any other. */
function claimsIn(jwt: string): Record<string, unknown> | undefined {
  const [head = '', body = '', signature = ''] = jwt.split('.');
  const key = createPublicKey(pem);
  const isOurs = verify('RSA-SHA256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'));
  return isOurs ? (JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>) : undefined;
}

function isInTime({ iat, exp }: Record<string, unknown>, lifeMax: number): boolean {
  const nowS = setting.clock.nowMs() / 1000;
  return Number(iat) <= nowS && Number(exp) > nowS && Number(exp) - Number(iat) <= lifeMax;
}

beforeEach(async () => {
  setting = await createSetting();
  [given, good] = [0, ''];
  setting.net.on(INSTALLATION, ({ headers }) => {
    const claims = claimsIn((headers['authorization'] ?? '').replace('Bearer ', ''));
    if (claims?.['iss'] !== '1234' || !isInTime(claims, 600)) return { status: 401, body: { message: 'Bad key' } };
    good = `ghs_installation${(given += 1)}`;
    return { status: 201, body: { token: good, expires_at: '2026-01-31T13:00:00Z' } };
  });
  setting.net.on(GOOGLE, ({ body }) => {
    const form = new URLSearchParams(new TextDecoder().decode(body));
    const claims = claimsIn(form.get('assertion') ?? '');
    const isGrant = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    if (!isGrant || claims === undefined || claims['aud'] !== 'https://oauth2.googleapis.com/token') {
      return { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } };
    }
    if (!isInTime(claims, 3600)) return { status: 400, body: { error: 'invalid_grant' } };
    good = `ya29.service${(given += 1)}`;
    return { body: { access_token: good, expires_in: 3599, token_type: 'Bearer' } };
  });
});
afterEach(() => setting.close());

const machine = (input: object): Promise<{ id: string; accessEndsAt?: string }> =>
  setting.call('connections.machine', input);
const app = { provider: 'github', grant: 'app_installation', app: '1234', installation: '77' };
const service = { provider: 'google', grant: 'jwt_bearer', app: 'bot@project.iam.gserviceaccount.com' };

async function tokenOf(id: string): Promise<string | undefined> {
  const { stored } = await setting.gateway.connections();
  const row = await stored.row(SANDBOX, id, undefined);
  return await setting.clock.runUntil(Promise.resolve(stored.secret(stored.connectionOf(SANDBOX, row)!)));
}

/** All that is said: answers, the log, the audit log. */
async function said(): Promise<string> {
  const entries = await setting.call('audit.search', { limit: 100 });
  const list = await setting.call('connections.list', {});
  return JSON.stringify([entries, list, setting.lines]);
}

describe.each([
  ['an installation of an app', app, 'bad_key'],
  ['a service account', service, 'invalid_grant'],
])('%s', (_name, input, refusal) => {
  it('is connected with its key, renewed when its token has ended, and shows neither', async () => {
    const { id, accessEndsAt } = await machine({ ...input, key: pem });
    expect(accessEndsAt).toMatch(/^2026-01-31T1[23]:/);
    expect(await tokenOf(id)).toBe(good);
    await setting.clock.advance(HOUR_MS + 1_000);
    expect(await tokenOf(id)).toBe(good);
    expect(given).toBe(2);
    const text = await said();
    for (const secret of [good, pem.split('\n')[1]!]) expect(text).not.toContain(secret);
  });

  it('with the key of somebody else is not connected, in words, and the key is nowhere', async () => {
    const asked = machine({ ...input, key: stranger });
    await expect(asked).rejects.toMatchObject({ code: 'connect_failed', data: { reason: refusal } });
    await expect(machine({ ...input, key: 'no key at all' })).rejects.toThrow('it is no private key in PEM');
    await expect(machine(input)).rejects.toMatchObject({ data: { argument: 'key', problem: 'it is missing' } });
    expect(await setting.call('connections.list', {})).toMatchObject({ connections: [] });
    expect(await said()).not.toContain(stranger.split('\n')[1]!);
  });
});

it('an installation that was taken away has to be connected again', async () => {
  const { id } = await machine({ ...app, key: pem });
  setting.net.on(INSTALLATION, () => ({ status: 404, body: { message: 'Not Found' } }));
  await setting.clock.advance(HOUR_MS + 1_000);
  await expect(tokenOf(id)).rejects.toThrow('the app is not installed there any more');
  expect((await setting.store.connections.get(SANDBOX, id))?.state).toBe('needs_reconnect');
});

it('a grant that a provider does not have is refused with those it has', async () => {
  await expect(machine({ ...service, provider: 'slack', key: pem })).rejects.toThrow('Slack has no such grant');
  await expect(machine({ ...app, provider: 'google', key: pem })).rejects.toThrow('Google has jwt_bearer');
});

describe('client credentials', () => {
  it('are connected at the simulated Linear, used, renewed, and refused with a wrong secret', async () => {
    const world = await createSandboxSetting({ names: ['linear'] });
    const { oauth } = world.provider('linear');
    oauth.lifeMs = HOUR_MS;
    const input = { provider: 'linear', grant: 'client_credentials', scope: ['read'] };
    const { id } = (await world.call('connections.machine', input)) as { id: string };
    const principal = localPrincipal('person', 'local', 'cli');
    const ask = async (callId: string) => {
      const context = { scope: SANDBOX, principal, callId, dryRun: false };
      const call = { context, action: 'linear.identity', input: { within: [] }, connectionId: id };
      return await world.clock.runUntil(world.gateway.callAction(call));
    };
    expect(await ask('call_1')).toMatchObject({ state: 'done' });
    await world.clock.advance(HOUR_MS + 1_000);
    expect(await ask('call_2')).toMatchObject({ state: 'done' });
    expect(oauth.grants).toBe(2);
    Object.assign(oauth, { clientSecret: 'another one' });
    await expect(world.call('connections.machine', input)).rejects.toThrow('does not accept our client id and secret');
    world.close();
  });
});
