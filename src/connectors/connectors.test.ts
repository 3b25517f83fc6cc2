import { describe, expect, expectTypeOf, it } from 'vitest';
import type { ConnectorDefinition } from '../core/connector.js';
import { connectorProblems } from '../testing/connector-suite.js';
import type { Actions } from './actions.generated.js';
import { CONNECTORS } from './index.js';

describe.each(CONNECTORS.map((connector) => [connector.provider, connector] as const))(
  'connector %s',
  (_, connector) => {
    it('keeps to what every connector must keep to', () => {
      expect(connectorProblems(connector)).toEqual([]);
    });
  },
);

describe('the list of connectors', () => {
  it('has no provider twice, and no variable', () => {
    const providers = CONNECTORS.map(({ provider }) => provider);
    const variables = CONNECTORS.flatMap(({ envAliases }) => envAliases.map(({ variable }) => variable));
    expect(new Set(providers).size).toBe(providers.length);
    expect(new Set(variables).size).toBe(variables.length);
  });

  it('honours the variables that teams already set', () => {
    const variables = CONNECTORS.flatMap(({ envAliases }) => envAliases.map(({ variable }) => variable)).sort();
    expect(variables).toEqual([
      'FIGMA_TOKEN',
      'GITHUB_TOKEN',
      'GOOGLE_OAUTH_ACCESS_TOKEN',
      'LINEAR_API_KEY',
      'NOTION_TOKEN',
      'RESEND_API_KEY',
      'SAAS_API_TOKEN',
      'SENDGRID_API_KEY',
      'SLACK_BOT_TOKEN',
      'SLACK_SIGNING_SECRET',
      'SLACK_WEBHOOK_URL',
      'STRIPE_SECRET_KEY',
    ]);
  });

  it('gives handlers typed actions', () => {
    expectTypeOf<Parameters<Actions['slack']['sendMessage']>[0]>().toHaveProperty('text');
    expectTypeOf<Awaited<ReturnType<Actions['slack']['sendMessage']>>['via']>().toEqualTypeOf<'webhook' | 'web_api'>();
    expectTypeOf<Parameters<Actions['http']['post']>[0]['url']>().toEqualTypeOf<string>();
  });
});

describe('the connector suite', () => {
  const slack = CONNECTORS.find(({ provider }) => provider === 'slack')!;
  const { sendMessage } = slack.actions;
  const withAction = (change: object): ConnectorDefinition => ({
    ...slack,
    actions: { sendMessage: { ...sendMessage, ...change } as never },
  });

  it.each<[string, ConnectorDefinition, RegExp]>([
    ['a base URL elsewhere', { ...slack, baseUrl: 'https://evil.test' }, /baseUrl is not on one of the hosts/],
    ['a base URL in the clear', { ...slack, baseUrl: 'http://slack.com/api' }, /baseUrl is not https/],
    ['no examples', { ...slack, examples: { answers: [], calls: {} } }, /there is no answer/],
    ['an action without an example', { ...slack, examples: { ...slack.examples!, calls: {} } }, /has no call/],
    ['a classifier that throws', { ...slack, classify: () => JSON.parse('{') as never }, /classify throws/],
    [
      'a classifier that finds everything fine',
      { ...slack, classify: () => undefined },
      /"token revoked" counts as a success/,
    ],
    [
      'a request that leaves',
      withAction({ request: () => ({ method: 'POST', url: 'https://evil.test/' }) }),
      /not one of the hosts/,
    ],
    [
      'a loose input',
      withAction({ input: { safeParse: (data: unknown) => ({ success: true, data }) } }),
      /unknown field/,
    ],
    [
      'a parser that throws',
      withAction({ parse: ({ body }: { body: Uint8Array }) => JSON.parse(String(body)) }),
      /parse throws/,
    ],
    ['a bucket nobody declared', withAction({ limits: () => [{ bucket: 'nowhere' }] }), /its bucket is not in limits/],
  ])('finds %s', (_, connector, problem) => {
    expect(connectorProblems(connector).join('\n')).toMatch(problem);
  });
});
