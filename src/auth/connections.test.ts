import { describe, expect, it } from 'vitest';
import { CONNECTORS } from '../connectors/index.js';
import type { Connection } from '../core/connection.js';
import type { CredentialKind } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { EnvironmentConnections, type ConnectionSettings } from './index.js';

const SANDBOX = { tenant: 'default', environment: 'sandbox' } as const;
const LIVE = { tenant: 'default', environment: 'live' } as const;
const HOOK = 'https://hooks.slack.com/services/T024BE7LD/B024BE7LH/abcdefghijklmnop';

const settings = (variables: Record<string, string>, more: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
  environment: 'sandbox',
  variables,
  connections: {},
  saasHosts: [],
  idempotentHosts: [],
  ...more,
});

/** Reads `env:` references from the variables, everything else from `others`. */
function connections(
  variables: Record<string, string>,
  more: Partial<ConnectionSettings> = {},
  others: Record<string, string> = {},
): EnvironmentConnections {
  const reader = {
    get: async (reference: string) => {
      const value = others[reference] ?? variables[reference.replace(/^env:/, '')];
      if (value !== undefined) return value;
      throw new AppError('secret_unavailable', { reference, problem: 'not there' });
    },
  };
  return new EnvironmentConnections(settings(variables, more), CONNECTORS, reader);
}

async function connected(
  source: EnvironmentConnections,
  provider: string,
  accepts?: readonly CredentialKind[],
): Promise<Connection> {
  const resolution = await source.resolve(SANDBOX, provider, accepts);
  if (resolution.kind === 'connection') return resolution.connection;
  expect.fail(resolution.hint);
}

async function hint(
  source: EnvironmentConnections,
  provider: string,
  accepts?: readonly CredentialKind[],
  scope: { tenant: string; environment: 'sandbox' | 'live' } = SANDBOX,
  id?: string,
): Promise<string> {
  const resolution = await source.resolve(scope, provider, accepts, id);
  return resolution.kind === 'not_connected' ? resolution.hint : expect.fail('it is connected');
}

describe('connections of the environment', () => {
  it.each([
    ['github', 'GITHUB_TOKEN', 'bearer', undefined],
    ['stripe', 'STRIPE_SECRET_KEY', 'bearer', undefined],
    ['sendgrid', 'SENDGRID_API_KEY', 'bearer', undefined],
    ['resend', 'RESEND_API_KEY', 'bearer', undefined],
    ['linear', 'LINEAR_API_KEY', 'header', 'authorization'],
    ['notion', 'NOTION_TOKEN', 'bearer', undefined],
    ['figma', 'FIGMA_TOKEN', 'header', 'x-figma-token'],
    ['slack', 'SLACK_BOT_TOKEN', 'bearer', undefined],
    ['slack', 'SLACK_WEBHOOK_URL', 'secret_url', undefined],
    ['http', 'SAAS_API_TOKEN', 'bearer', undefined],
  ])('%s by %s', async (provider, variable, credential, header) => {
    const secret = variable === 'SLACK_WEBHOOK_URL' ? HOOK : 'a-long-enough-secret';
    const source = connections({ [variable]: secret });
    const connection = await connected(source, provider);
    expect(connection).toMatchObject({ provider, reference: `env:${variable}` });
    expect(connection.view).toMatchObject({ id: `env:${provider}`, environment: 'sandbox', credential });
    expect(connection.header).toBe(header);
    expect(JSON.stringify(connection)).not.toContain(secret);
    expect(await source.secret(connection)).toBe(secret);
  });

  it('has both ways to Slack in one connection, and the call decides', async () => {
    const source = connections({ SLACK_BOT_TOKEN: 'xoxb-123-abc', SLACK_WEBHOOK_URL: HOOK });
    expect((await connected(source, 'slack', ['secret_url'])).reference).toBe('env:SLACK_WEBHOOK_URL');
    expect((await connected(source, 'slack', ['bearer'])).reference).toBe('env:SLACK_BOT_TOKEN');
    expect((await connected(source, 'slack', ['none', 'secret_url', 'bearer'])).view.credential).toBe('secret_url');
    expect(source.list()).toEqual([
      {
        id: 'env:slack',
        provider: 'slack',
        environment: 'sandbox',
        credentials: [
          { credential: 'bearer', variable: 'SLACK_BOT_TOKEN', reference: 'env:SLACK_BOT_TOKEN' },
          { credential: 'secret_url', variable: 'SLACK_WEBHOOK_URL', reference: 'env:SLACK_WEBHOOK_URL' },
        ],
      },
    ]);
  });

  it('says which variable to set', async () => {
    expect(await hint(connections({}), 'slack', ['bearer'])).toBe('Set SLACK_BOT_TOKEN.');
    expect(await hint(connections({}), 'slack')).toBe('Set SLACK_BOT_TOKEN or SLACK_WEBHOOK_URL.');
    expect(await hint(connections({ SLACK_WEBHOOK_URL: HOOK }), 'slack', ['bearer'])).toBe(
      'Set SLACK_BOT_TOKEN. SLACK_WEBHOOK_URL cannot carry this call as it is.',
    );
    expect(await hint(connections({}), 'google', ['basic'])).toBe(
      'No variable of the environment connects Google for this.',
    );
    expect(await hint(connections({}), 'nowhere')).toBe('There is no such connector.');
    expect(await hint(connections({ GITHUB_TOKEN: 'ghp_abcdef' }), 'github', undefined, SANDBOX, 'con_x')).toBe(
      'There is no connection "con_x".',
    );
  });

  it.each(['', 'xoxb-xxx', 'changeme', '<your token>', '${SLACK_BOT_TOKEN}', 'your-token-here'])(
    'counts %j as not set',
    async (value) => {
      expect(await hint(connections({ SLACK_BOT_TOKEN: value }), 'slack', ['bearer'])).toBe('Set SLACK_BOT_TOKEN.');
    },
  );

  it('keeps environments and tenants apart', async () => {
    const source = connections({ GITHUB_TOKEN: 'ghp_abcdef' });
    expect(await hint(source, 'github', undefined, LIVE)).toBe('GITHUB_TOKEN is set for sandbox (INTEGRATION_ENV).');
    expect(await hint(source, 'github', undefined, { tenant: 'acme', environment: 'sandbox' })).toBe(
      'GITHUB_TOKEN belongs to the tenant "default".',
    );
  });

  it.each([
    ['sk_test_51abc', 'live', 'it is a key for sandbox, and INTEGRATION_ENV is live'],
    ['rk_test_51abc', 'live', 'it is a key for sandbox, and INTEGRATION_ENV is live'],
    ['sk_live_51abc', 'sandbox', 'it is a key for live, and INTEGRATION_ENV is sandbox'],
  ] as const)('refuses %s in %s at the start', (STRIPE_SECRET_KEY, environment, problem) => {
    expect(() => connections({ STRIPE_SECRET_KEY }, { environment })).toThrow(
      new AppError('config_invalid', { where: 'STRIPE_SECRET_KEY', problem }),
    );
  });

  it('follows a reference, and checks on use what it leads to', async () => {
    const variables = { STRIPE_SECRET_KEY: 'file:/run/secrets/stripe' };
    const source = connections(variables, {}, { 'file:/run/secrets/stripe': 'sk_live_51abc' });
    const connection = await connected(source, 'stripe');
    expect(connection.reference).toBe('file:/run/secrets/stripe');
    await expect(source.secret(connection)).rejects.toMatchObject({ code: 'config_invalid' });

    const empty = connections(variables, {}, { 'file:/run/secrets/stripe': 'sk_test_xxx' });
    await expect(empty.secret(await connected(empty, 'stripe'))).rejects.toMatchObject({ code: 'secret_unavailable' });
    const missing = connections(variables);
    await expect(missing.secret(await connected(missing, 'stripe'))).rejects.toMatchObject({
      code: 'secret_unavailable',
    });
  });

  it('refuses a reference that names nothing', () => {
    expect(() => connections({ GITHUB_TOKEN: 'exec:' })).toThrow(/GITHUB_TOKEN: exec: names nothing/);
  });

  it('takes another base URL, in the environment it was written for', async () => {
    const baseUrl = 'http://127.0.0.1:5123/api/';
    const source = connections({ SLACK_BOT_TOKEN: 'xoxb-123-abc' }, { connections: { slack: { baseUrl } } });
    expect((await connected(source, 'slack')).view.baseUrl).toBe('http://127.0.0.1:5123/api');
    for (const wrong of ['ftp://x', 'slack', 'https://user@x/', 'https://x/?q']) {
      expect(() =>
        connections({ SLACK_BOT_TOKEN: 'xoxb-123-abc' }, { connections: { slack: { baseUrl: wrong } } }),
      ).toThrow(/connections\.slack\.baseUrl/);
    }
  });

  it('lets the generic connector go without a secret, and only it', async () => {
    const source = connections({}, { saasHosts: ['tools.test'], idempotentHosts: ['tools.test'] });
    const expected = {
      view: { id: 'env:http', credential: 'none' },
      hosts: ['tools.test'],
      idempotentHosts: ['tools.test'],
    };
    expect(await connected(source, 'http')).toMatchObject(expected);
    expect(await connected(source, 'http', ['none'])).toMatchObject(expected);
    expect((await source.resolve(LIVE, 'http', undefined)).kind).toBe('connection');
    expect(await hint(source, 'http', ['bearer'])).toBe('Set SAAS_API_TOKEN.');
    await expect(source.secret(await connected(source, 'http'))).rejects.toMatchObject({ code: 'secret_unavailable' });

    const withToken = connections({ SAAS_API_TOKEN: 'token-of-the-tool' });
    expect((await connected(withToken, 'http')).view.credential).toBe('bearer');
    expect((await connected(withToken, 'http', ['none'])).view.credential).toBe('none');
    expect(await hint(source, 'slack', ['none'])).toMatch(/No variable/);
  });

  it('refuses lists of hosts it cannot read', () => {
    expect(() => connections({}, { saasHosts: ['https://tools.test/path'] })).toThrow(/FAIRLEAD_SAAS_HOSTS/);
    expect(() => connections({}, { idempotentHosts: ['*'] })).toThrow(/FAIRLEAD_IDEMPOTENT_HOSTS/);
  });

  it('reads what the configuration names by reference', async () => {
    expect(await connections({ FORWARD_SECRET: 'whsec_abc' }).read('env:FORWARD_SECRET')).toBe('whsec_abc');
  });
});
