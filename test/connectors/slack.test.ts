/** Slack's actions through the real pipeline against the simulated Slack, and Slack's own description beside it. */
import type { webApi } from '@slack/bolt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connector } from '../../src/connectors/slack/index.js';
import { markedBy, messageAt } from '../../src/connectors/slack/listing.js';
import type { ConnectorDefinition } from '../../src/core/connector.js';
import { everyItem } from '../../src/core/pages.js';
import { SlackSandbox } from '../../src/sandbox/index.js';
import { coverageText, officialDescription, specs, type Checker } from '../sandbox/official-description.js';
import { answerTo, connected, restrictedTo, settled, type Connected } from './connected.js';

const SLACK = 'https://slack.com';
const HOOKS = 'https://hooks.slack.com';
const KEY = 'order-7';

/** What the description of 2021 does not know or says otherwise, and why it is no mistake of ours. */
const ALLOWED = [
  // Message metadata came in 2022.
  'metadata',
  // It calls the timestamp a number here and text everywhere else; as a number it would lose digits.
  '/ts must be number',
  // Where nothing was posted, nothing is listed.
  'answer/messages must NOT have fewer than 1 items',
  // Refusals have more words than it lists ("ratelimited", "missing_scope"), and say which permission is needed.
  'answer/error must be equal to one of the allowed values',
  'additional properties (needed)',
  'additional properties (provided)',
  'answer.needed is unknown',
  'answer.provided is unknown',
];

let checker: Checker | undefined;
beforeAll(async () => {
  if (specs.available) checker = await officialDescription({ file: 'slack/openapi.json', allowed: ALLOWED });
});
afterAll(() =>
  console.log(checker === undefined ? `slack: unchecked, ${specs.reason}` : coverageText('slack actions', checker)),
);

type SetUp = Connected & { slack: SlackSandbox };

async function setUp(
  sandbox: ConstructorParameters<typeof SlackSandbox>[0] = {},
  options: Parameters<typeof connected>[2] = {},
): Promise<SetUp> {
  const slack = new SlackSandbox({ ...(checker && { onExchange: checker.see }), ...sandbox });
  const env = { SLACK_BOT_TOKEN: slack.token, SLACK_WEBHOOK_URL: HOOKS + slack.webhookPath, ...options.env };
  const world = await connected(slack, [SLACK, HOOKS], { startMs: Date.UTC(2026, 1, 2, 12), ...options, env });
  return { ...world, slack };
}

/** A message of ours, and a reply to it. */
async function posted(world: SetUp, channel = 'C00RELEASES') {
  const first = (await world.call('slack.sendMessage', { channel, text: 'Hello' })).output as { ts: string };
  const reply = { channel, text: 'A reply', threadTs: first.ts };
  const second = (await world.call('slack.sendMessage', reply)).output as { ts: string };
  await world.clock.advance(60_000);
  return { place: { channel, ts: first.ts }, reply: { channel, ts: second.ts, threadTs: first.ts } };
}

const countOf = (slack: SlackSandbox, text: string): number => slack.posts.filter((post) => post.text === text).length;

interface Write {
  what: string;
  action: string;
  input: (world: SetUp) => Promise<object>;
  effects: (slack: SlackSandbox) => number;
  output: object;
}

const WRITES: readonly Write[] = [
  {
    what: 'to a channel by name',
    action: 'sendMessage',
    input: async () => ({ channel: '#releases', text: 'News', blocks: [{ type: 'divider' }] }),
    effects: (slack) => countOf(slack, 'News'),
    output: { via: 'web_api', channel: 'C00RELEASES' },
  },
  {
    what: 'into a thread',
    action: 'sendMessage',
    input: async (world) => {
      const { place } = await posted(world);
      return { channel: place.channel, threadTs: place.ts, text: 'News', broadcast: true };
    },
    effects: (slack) => countOf(slack, 'News'),
    output: { via: 'web_api', channel: 'C00RELEASES' },
  },
  {
    what: 'of a message',
    action: 'updateMessage',
    input: async (world) => ({ ...(await posted(world)).place, channel: 'releases', text: 'News' }),
    effects: (slack) => countOf(slack, 'News'),
    output: { channel: 'C00RELEASES' },
  },
  {
    what: 'of a reply',
    action: 'updateMessage',
    input: async (world) => ({ ...(await posted(world)).reply, text: 'News' }),
    effects: (slack) => countOf(slack, 'News'),
    output: { channel: 'C00RELEASES' },
  },
  {
    what: 'of a message',
    action: 'deleteMessage',
    input: async (world) => (await posted(world)).place,
    effects: (slack) => 1 - countOf(slack, 'Hello'),
    output: { channel: 'C00RELEASES' },
  },
  {
    what: 'of a reply',
    action: 'deleteMessage',
    input: async (world) => (await posted(world)).reply,
    effects: (slack) => 1 - countOf(slack, 'A reply'),
    output: { channel: 'C00RELEASES' },
  },
];

describe.each(WRITES)('slack.$action $what', ({ action, input, effects, output }) => {
  const name = `slack.${action}`;
  const ready = async () => {
    const world = await setUp();
    const given = await input(world);
    const before = world.writes();
    return { world, given, sent: () => world.writes() - before };
  };
  /** As many as there are when nothing was done. */
  const none = async () => {
    const { world } = await ready();
    return effects(world.slack);
  };

  it('does it once, whether or not the answer arrives', async () => {
    const { world, given, sent } = await ready();
    expect(await world.call(name, given)).toMatchObject({ state: 'done', output });
    expect(effects(world.slack)).toBe(1);
    expect(sent()).toBe(1);
  });

  it('finds it again when the answer is lost', async () => {
    const { world, given, sent } = await ready();
    world.slack.faults.add({ kind: 'lost_answer' });
    expect((await world.call(name, given, { idempotencyKey: KEY })).state).toBe('unknown');
    expect(await settled(world, name, given, KEY)).toMatchObject({ state: 'done', output });
    expect([sent(), effects(world.slack)]).toEqual([1, 1]);
  });

  it('stays unknown when it never arrived: nobody sends it again on a guess', async () => {
    const { world, given, sent } = await ready();
    world.slack.faults.add({ kind: 'failure', status: 503 });
    expect((await settled(world, name, given, KEY)).state).toBe('unknown');
    expect(sent()).toBe(1);
    expect(effects(world.slack)).toBe(await none());
  });

  it('shows the exact request and sends none in a dry run', async () => {
    const { world, given, sent } = await ready();
    const { state, preview } = await world.call(name, given, { dryRun: true });
    expect([state, preview?.method, sent()]).toEqual(['previewed', 'POST', 0]);
    expect(preview?.url).toMatch(/^https:\/\/slack\.com\/api\/chat\.\w+$/);
    expect(preview?.body).toContain('"channel":"C00RELEASES"');
  });

  it('says in words why not', async () => {
    const { world, given } = await ready();
    const cases = [
      ['missing_scope', 'provider_auth', /the token lacks a permission \(chat:write\)/],
      ['expired_session', 'provider_auth', /the token has expired/],
      ['channel_not_found', 'provider_rejected', /there is no such channel, or the app cannot see it/],
    ] as const;
    for (const [trouble, code, words] of cases) {
      world.slack.faults.add({ kind: 'business', name: trouble });
      const { state, error } = await world.call(name, given);
      expect([state, error?.code]).toEqual(['failed', code]);
      expect(error?.detail).toMatch(words);
    }
  });

  it('waits as long as Slack asks, inside a success too', async () => {
    const { world, given } = await ready();
    world.slack.faults.add({ kind: 'business', name: 'ratelimited_in_200' });
    world.slack.faults.add({ kind: 'rate_limited', retryAfterSeconds: 2 });
    expect((await world.call(name, given)).state).toBe('done');
    expect(effects(world.slack)).toBe(1);
  });
});

describe('reading from Slack', () => {
  it('lists channels page by page to the end', async () => {
    const world = await setUp();
    const call = async (input: object) =>
      (await world.call('slack.listChannels', input)).output as {
        channels: { name: string; isMember: boolean }[];
        nextCursor?: string;
      };
    const names = [];
    for await (const { name } of everyItem(call, { withArchived: true }, 'channels')) names.push(name);
    expect(names).toEqual(['general', 'releases', 'billing', 'archived', 'board']);
    expect((await call({})).channels.map(({ name }) => name)).not.toContain('archived');
  });

  it.each<[string, object, object]>([
    ['getChannel', { channel: '#billing' }, { id: 'C00BILLING', name: 'billing', isMember: true }],
    ['getChannel', { channel: 'C00BOARD0' }, { id: 'C00BOARD0', isMember: false }],
    ['getUser', { user: '@ada' }, { id: 'U00ADA0000', realName: 'Ada Example', isBot: false }],
    ['getUser', { user: 'ada@example.com' }, { id: 'U00ADA0000', email: 'ada@example.com' }],
    ['getUser', { user: 'U00BOB0000' }, { name: 'bob', isDeactivated: true }],
  ])('%s %j', async (action, input, output) => {
    const world = await setUp();
    world.slack.faults.add({ kind: 'lost_answer' }, 1, { method: 'GET' });
    expect(await world.call(`slack.${action}`, input)).toMatchObject({ state: 'done', output });
    const { preview, state } = await world.call(`slack.${action}`, input, { dryRun: true });
    expect([state, preview?.method]).toEqual(['previewed', 'GET']);
  });

  it.each<[string, object, string, RegExp]>([
    ['listChannels', { cursor: 'made up' }, 'provider_rejected', /the cursor is not one that Slack gave/],
    ['getChannel', { channel: 'C00NOWHERE' }, 'provider_rejected', /there is no such channel/],
    ['getUser', { user: 'U00NOBODY' }, 'provider_rejected', /there is no such person/],
    ['getUser', { user: '@nobody' }, 'not_found', /person/],
    ['getUser', { user: 'nobody@example.com' }, 'provider_rejected', /there is no such person/],
    ['updateMessage', { channel: 'C00RELEASES', ts: '1.1', text: 'x' }, 'provider_rejected', /no such message/],
    ['deleteMessage', { channel: 'C00RELEASES', ts: '1.1' }, 'provider_rejected', /no such message/],
    ['sendMessage', { channel: '#board', text: 'x' }, 'provider_rejected', /the app is not in this channel; invite it/],
    ['updateMessage', { channel: 'C00RELEASES', ts: '1.1' }, 'invalid_argument', /a message needs text/],
    ['sendMessage', { channel: 'C1', text: 'x', broadcast: true }, 'invalid_argument', /only a reply/],
  ])('%s %j fails with %s', async (action, input, code, words) => {
    const world = await setUp();
    const { state, error } = await world.call(`slack.${action}`, input);
    expect([state, error?.code]).toEqual(['failed', code]);
    expect(error?.detail).toMatch(words);
  });

  it('says whose workspace it is', async () => {
    const world = await setUp();
    const { identity }: ConnectorDefinition = connector;
    const view = { id: 'x', environment: 'sandbox', credential: 'bearer', baseUrl: connector.baseUrl } as const;
    const request = identity!.request(view);
    const answer = await answerTo(world, connector, world.slack, { request, token: world.slack.token });
    expect(identity!.read(answer)).toMatchObject({ accountId: 'T00SANDBOX', account: 'Sandbox', actor: '@fairlead' });
  });
});

describe('Slack through the pipeline', () => {
  it('writes to a person by name or e-mail address', async () => {
    const world = await setUp();
    for (const channel of ['@ada', 'ada@example.com', 'U00ADA0000']) {
      const sent = await world.call('slack.sendMessage', { channel, text: 'Hello' });
      expect(sent).toMatchObject({ state: 'done', output: { channel: 'D00ADA0000' } });
    }
    const wrong = await world.call('slack.sendMessage', { channel: '@bob', text: 'Hello' });
    expect(wrong).toMatchObject({ state: 'failed', error: { code: 'not_found' } });
    expect(world.slack.posts).toHaveLength(3);
  });

  it('sends a name as it is when it may not list channels', async () => {
    const value = 'xoxb-only-writes-0123456789';
    const world = await setUp({ tokens: [{ value, name: 'writer', scopes: ['chat:write'] }] });
    const sent = await world.call('slack.sendMessage', { channel: 'billing', text: 'Paid' });
    expect(sent).toMatchObject({ state: 'done', output: { channel: 'C00BILLING' } });
  });

  it('keeps a restricted connection in its channels, however they are named', async () => {
    const world = await setUp({}, restrictedTo({ channel: ['C00RELEASES', '#billing'] }));
    const send = async (channel: string | undefined) => {
      const { state, error } = await world.call('slack.sendMessage', { ...(channel && { channel }), text: 'x' });
      return error?.code ?? state;
    };
    expect([await send('releases'), await send('C00RELEASES'), await send('#billing')]).toEqual([
      'done',
      'done',
      'done',
    ]);
    const refused = [await send('general'), await send('C00GENERAL'), await send('@ada'), await send(undefined)];
    expect(refused).toEqual(Array.from(refused, () => 'target_not_allowed'));
    expect(world.slack.posts).toHaveLength(3);
  });

  it('posts once a second to a channel, whether it is named or numbered, and meets no limit', async () => {
    const world = await setUp({ limits: { post: { limit: 1, perMs: 1_000 } } });
    const begun = world.clock.nowMs();
    for (const channel of ['releases', 'C00RELEASES', '#releases', 'C00RELEASES']) {
      expect((await world.call('slack.sendMessage', { channel, text: channel })).state).toBe('done');
    }
    expect(world.clock.nowMs() - begun).toBeGreaterThanOrEqual(3_000);
    expect(world.slack.received.requests.filter(({ status }) => status === 429)).toEqual([]);
  });

  it('finds its message behind many others', async () => {
    const world = await setUp({ limits: { post: 'off' } });
    const call = { channel: 'C00BILLING', text: 'Ours' };
    world.slack.faults.add({ kind: 'lost_answer' });
    expect((await world.call('slack.sendMessage', call, { idempotencyKey: KEY })).state).toBe('unknown');
    for (let i = 0; i < 450; i++) {
      world.slack.data.messages.add({ channel: 'C00BILLING', via: 'web_api', text: `${i}` }, world.clock.nowMs());
    }
    expect(await settled(world, 'slack.sendMessage', call, KEY)).toMatchObject({ state: 'done' });
    expect(countOf(world.slack, 'Ours')).toBe(1);
  });

  it('has one effect however often a caller repeats a write whose answers are lost', async () => {
    const world = await setUp();
    for (let i = 0; i < 5; i++) {
      if (i < 3) world.slack.faults.add({ kind: 'lost_answer' });
      await settled(world, 'slack.sendMessage', { channel: 'releases', text: 'Once' }, KEY);
    }
    expect(countOf(world.slack, 'Once')).toBe(1);
  });

  it('has the fields that the official SDK has, where the description has none', () => {
    // The compiler compares; what is sent is compared with it here.
    const replies: webApi.ConversationsRepliesArguments = {
      channel: 'C00RELEASES',
      ts: '1.1',
      include_all_metadata: true,
      oldest: '1.2',
      latest: '1.2',
      inclusive: true,
      limit: 2,
    };
    expect(messageAt({ channel: 'C00RELEASES', threadTs: '1.1' }, '1.2').query).toEqual(replies);
    const posted: webApi.ChatPostMessageArguments = { channel: 'C1', text: 'x', metadata: markedBy('k') };
    const changed: webApi.ChatUpdateArguments = { channel: 'C1', ts: '1.1', text: 'x', metadata: markedBy('k') };
    expect([posted.metadata, changed.metadata]).toEqual([markedBy('k'), markedBy('k')]);
  });

  it.runIf(specs.available)('asks and answers as the official description says', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(100);
  });
});
