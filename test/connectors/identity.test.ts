/** Whose account it is, from answers in the shape and with the surroundings that the nine providers give them. */
import { describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import type { ConnectionView, ConnectorDefinition, Identity } from '../../src/core/connector.js';
import type { HttpAnswer } from '../../src/core/ports.js';

interface Case {
  provider: string;
  /** As it is asked: method and path, below the base URL. */
  asks: string;
  answer: object;
  is: Identity;
}

const UUID = '9c1ff1a5-7ad3-4b64-8a5f-3d5c7b1f0a11';
const CASES: readonly Case[] = [
  {
    provider: 'slack',
    asks: 'POST /auth.test',
    answer: {
      ok: true,
      url: 'https://acme.slack.com/',
      team: 'Acme',
      user: 'releases',
      team_id: 'T024BE7LD',
      user_id: 'U024BE7LH',
      bot_id: 'B024BE7LJ',
      is_enterprise_install: false,
    },
    is: { accountId: 'T024BE7LD', account: 'Acme', actor: '@releases', url: 'https://acme.slack.com/' },
  },
  {
    provider: 'github',
    asks: 'GET /user',
    answer: {
      login: 'octo-robot',
      id: 583231,
      node_id: 'MDQ6VXNlcjU4MzIzMQ==',
      html_url: 'https://github.com/octo-robot',
      type: 'User',
      site_admin: false,
      name: null,
      company: null,
      email: null,
      plan: { name: 'free', space: 976562499 },
    },
    is: { accountId: '583231', account: 'octo-robot', actor: '@octo-robot', url: 'https://github.com/octo-robot' },
  },
  {
    provider: 'stripe',
    asks: 'GET /account',
    answer: {
      id: 'acct_1032D82eZvKYlo2C',
      object: 'account',
      business_profile: { mcc: null, name: 'Acme GmbH', support_email: null },
      country: 'DE',
      default_currency: 'eur',
      email: 'finance@acme.example',
      settings: { dashboard: { display_name: 'Acme', timezone: 'Europe/Berlin' } },
      type: 'standard',
    },
    is: { accountId: 'acct_1032D82eZvKYlo2C', account: 'Acme' },
  },
  {
    provider: 'google',
    asks: 'GET /v1/userinfo',
    answer: {
      sub: '110169484474386276334',
      name: 'Ada Lovelace',
      picture: 'https://lh3.googleusercontent.com/a/x=s96-c',
      email: 'ada@acme.example',
      email_verified: true,
      hd: 'acme.example',
    },
    is: { accountId: '110169484474386276334', account: 'acme.example', actor: 'ada@acme.example' },
  },
  {
    provider: 'sendgrid',
    asks: 'GET /v3/user/username',
    answer: { username: 'acme-mail', user_id: 1234567 },
    is: { accountId: '1234567', account: 'acme-mail' },
  },
  {
    provider: 'resend',
    asks: 'GET /domains',
    answer: {
      object: 'list',
      has_more: false,
      data: [
        {
          id: UUID.replace('9', 'a'),
          name: 'news.acme.example',
          status: 'not_started',
          created_at: '2025-03-02 10:00',
        },
        { id: UUID, name: 'acme.example', status: 'verified', created_at: '2024-01-15 09:30', region: 'eu-west-1' },
      ],
    },
    is: { accountId: UUID, account: 'acme.example, news.acme.example' },
  },
  {
    provider: 'linear',
    asks: 'POST /graphql',
    answer: {
      data: {
        viewer: { id: UUID, displayName: 'ada' },
        organization: { id: UUID.replace('9', 'b'), name: 'Acme', urlKey: 'acme' },
      },
    },
    is: { accountId: UUID.replace('9', 'b'), account: 'Acme', actor: '@ada', url: 'https://linear.app/acme' },
  },
  {
    provider: 'notion',
    asks: 'GET /users/me',
    answer: {
      object: 'user',
      id: UUID,
      name: 'Release notes',
      avatar_url: null,
      type: 'bot',
      bot: {
        owner: { type: 'workspace', workspace: true },
        workspace_id: UUID.replace('9', 'c'),
        workspace_name: 'Acme',
      },
      request_id: UUID.replace('9', 'd'),
    },
    is: { accountId: UUID.replace('9', 'c'), account: 'Acme', actor: 'Release notes' },
  },
  {
    provider: 'figma',
    asks: 'GET /v1/me',
    answer: {
      id: '1041324561093456781',
      email: 'ada@acme.example',
      handle: 'Ada Lovelace',
      img_url: 'https://s3-alpha.figma.com/profile/x',
    },
    is: { accountId: '1041324561093456781', account: 'ada@acme.example', actor: '@Ada Lovelace' },
  },
];

const connectorOf = (provider: string): ConnectorDefinition =>
  CONNECTORS.find((connector) => connector.provider === provider)!;
const answerOf = (text: string): HttpAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: Buffer.from(text),
  truncated: false,
});

describe.each(CASES)('whose account it is: $provider', ({ provider, asks, answer, is }) => {
  const connector = connectorOf(provider);
  const identity = connector.identity!;

  it('is asked by a read', () => {
    const { method, url } = identity.request({ id: 'con_1', environment: 'sandbox' } as ConnectionView);
    expect(`${method} ${url}`).toBe(asks);
  });

  it('is read from its answer', () => {
    expect(connector.classify(answerOf(JSON.stringify(answer)), 0)).toBeUndefined();
    expect(identity.read(answerOf(JSON.stringify(answer)))).toEqual(is);
  });

  it.each(['', 'null', '[]', '{}', '"Acme"', '{"id":7,"login":7,"data":[null,7],"bot":7}', '<html>Sign in</html>'])(
    'is not known from %s',
    (text) => expect(identity.read(answerOf(text))).toBeUndefined(),
  );
});

it('is known of all nine', () => {
  expect(new Set(CASES.map(({ provider }) => provider)).size).toBe(9);
});
