/** SendGrid's actions through the real pipeline against the simulated SendGrid, and its own description beside it. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connector } from '../../src/connectors/sendgrid/index.js';
import { samples } from '../../src/connectors/sendgrid/samples.js';
import { suppressionsIn } from '../../src/connectors/sendgrid/suppression.js';
import { webhooks } from '../../src/connectors/sendgrid/webhooks.js';
import { verifyDelivery } from '../../src/core/signature/index.js';
import { suppressedBy } from '../../src/core/suppression.js';
import { SendgridSandbox } from '../../src/sandbox/index.js';
import { coverageText, officialDescription, specs, type Checker } from '../sandbox/official-description.js';
import { answerTo, connected, restrictedTo, settled, type Connected } from './connected.js';

const API = 'https://api.sendgrid.com';
const KEY = 'plan-change-7';
const MAIL = {
  from: 'Acme <billing@example.com>',
  messages: [{ to: ['Ada <ada@example.org>'], cc: ['bob@example.org'], customArgs: { order: '7' } }],
  subject: 'Your new plan',
  text: 'It costs 20 EUR a month.',
  html: '<p>It costs 20 EUR a month.</p>',
  categories: ['billing'],
  attachments: [{ filename: 'plan.txt', content: 'SGVsbG8=', type: 'text/plain' }],
  replyTo: 'help@example.com',
};

/** Several categories repeat the name, as SendGrid's own clients do; the description has one text. */
const ALLOWED = ['query.categories/v must be string'];

let checker: Checker | undefined;
beforeAll(async () => {
  if (specs.available) checker = await officialDescription({ file: 'sendgrid/openapi.json', allowed: ALLOWED });
});
afterAll(() =>
  console.log(checker === undefined ? `sendgrid: unchecked, ${specs.reason}` : coverageText('sendgrid', checker)),
);

type SetUp = Connected & { sendgrid: SendgridSandbox };

async function setUp(
  sandbox: ConstructorParameters<typeof SendgridSandbox>[0] = {},
  options: Parameters<typeof connected>[2] = {},
): Promise<SetUp> {
  const sendgrid = new SendgridSandbox({ ...(checker && { onExchange: checker.see }), ...sandbox });
  const env = { SENDGRID_API_KEY: sendgrid.mainToken.value, ...options.env };
  const world = await connected(sendgrid, [API], { startMs: Date.UTC(2026, 1, 2, 12), ...options, env });
  return { ...world, sendgrid };
}

const contacts = (count: number) =>
  Array.from({ length: count }, (_, number) => ({ email: `person${number}@example.org`, firstName: `P${number}` }));

interface Write {
  action: string;
  input: object;
  effects: (sendgrid: SendgridSandbox) => number;
  output: object;
  refusedIn: object;
  words: RegExp;
}

const NO_LIST = '00000000-0000-4000-8000-000000000000';

const WRITES: readonly Write[] = [
  {
    action: 'sendMail',
    input: MAIL,
    effects: ({ messages }) => messages.length,
    output: { messageId: expect.stringMatching(/^\w{22}$/) },
    refusedIn: { ...MAIL, from: 'eve@evil.test' },
    words: /SendGrid says: The from address does not match a verified Sender Identity/,
  },
  {
    action: 'createList',
    input: { name: 'Newsletter' },
    effects: ({ data }) => data.lists.size,
    output: { name: 'Newsletter', contactCount: 0 },
    // The name is refused by SendGrid only when it is taken; a key that may only send is refused always.
    refusedIn: { name: 'Taken' },
    words: /SendGrid says: list with name "Taken" already exists/,
  },
  {
    action: 'addContacts',
    input: { contacts: contacts(3) },
    effects: ({ data }) =>
      new Set([...data.jobs.values()].flatMap((job) => job.contacts.map(({ email }) => email))).size / 3,
    output: { jobId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    refusedIn: { contacts: contacts(1), listIds: [NO_LIST] },
    words: /SendGrid says: list id not found \(field list_ids\)/,
  },
];

describe.each(WRITES)('sendgrid.$action', ({ action, input, effects, output, refusedIn, words }) => {
  const name = `sendgrid.${action}`;

  it('does it', async () => {
    const world = await setUp();
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    expect(effects(world.sendgrid)).toBe(1);
  });

  it('shows the exact request and sends none in a dry run', async () => {
    const world = await setUp();
    const { state, preview } = await world.call(name, input, { dryRun: true });
    expect(state).toBe('previewed');
    expect(preview?.url).toMatch(/^https:\/\/api\.sendgrid\.com\/v3\//);
    expect(JSON.stringify(preview)).not.toContain(world.sendgrid.mainToken.value);
    expect([world.writes(), effects(world.sendgrid)]).toEqual([0, 0]);
  });

  it('says in words why not', async () => {
    const world = await setUp({ seed: ({ lists }) => lists.set('l', { id: 'l', name: 'Taken' }) });
    const before = effects(world.sendgrid);
    const { state, error } = await world.call(name, refusedIn);
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(words);
    world.sendgrid.faults.add({ kind: 'business', name: 'missing_scope' });
    const refused = await world.call(name, input);
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'provider_auth' } });
    expect(refused.error?.detail).toMatch(/the API key lacks a permission/);
    expect(effects(world.sendgrid)).toBe(before);
  });

  it('has one effect when the answer is lost, and comes to know it', async () => {
    const world = await setUp();
    world.sendgrid.faults.add({ kind: 'lost_answer' });
    expect(await settled(world, name, input, KEY)).toMatchObject({ state: 'done', output });
    expect(effects(world.sendgrid)).toBe(1);
    // An upsert may go again; everything else is looked up.
    expect(world.writes()).toBe(action === 'addContacts' ? 2 : 1);
  });

  it('waits as long as a limit asks, and does it once', async () => {
    const world = await setUp();
    world.sendgrid.faults.add({ kind: 'rate_limited', retryAfterSeconds: 3 });
    expect((await world.call(name, input)).state).toBe('done');
    expect(effects(world.sendgrid)).toBe(1);
  });
});

describe('a mail whose answer is lost', () => {
  it('stays unknown where the account has no feed, and is never sent again', async () => {
    const world = await setUp({}, { env: { SENDGRID_API_KEY: 'SG.sandbox.keyWithoutTheFeed' } });
    world.sendgrid.faults.add({ kind: 'lost_answer' });
    expect((await settled(world, 'sendgrid.sendMail', MAIL, KEY)).state).toBe('unknown');
    expect([world.writes(), world.sendgrid.messages.length]).toEqual([1, 1]);
  });

  it('stays unknown when it never arrived: the feed may lag', async () => {
    const world = await setUp();
    world.sendgrid.faults.add({ kind: 'failure', status: 502 });
    expect((await settled(world, 'sendgrid.sendMail', MAIL, KEY)).state).toBe('unknown');
    expect([world.writes(), world.sendgrid.messages.length]).toEqual([1, 0]);
  });
});

const READS: readonly { action: string; input: object; output: object; refusedIn: object; words: RegExp }[] = [
  {
    action: 'getStatistics',
    input: { from: '2026-02-01', to: '2026-02-02' },
    output: { periods: [{ date: '2026-02-01' }, { date: '2026-02-02', metrics: { requests: 2, bounces: 1 } }] },
    refusedIn: { from: '2026-02-01', by: 'day' },
    words: /SendGrid says: Bad Request/,
  },
  {
    action: 'getStatistics',
    input: { from: '2026-02-02', to: '2026-02-02', categories: ['billing', 'nothing'] },
    output: {
      periods: [
        { date: '2026-02-02', category: 'billing', metrics: { requests: 2 } },
        { category: 'nothing', metrics: { requests: 0 } },
      ],
    },
    refusedIn: { from: '2026-02-01', categories: ['x'] },
    words: /SendGrid says: Bad Request/,
  },
  {
    action: 'listSuppressions',
    input: { kind: 'bounces', since: '2026-02-01T00:00:00Z' },
    output: { suppressions: [{ address: 'bounce@example.org', reason: 'bounced', detail: /550/ }] },
    refusedIn: { kind: 'unsubscribes' },
    words: /SendGrid says: Bad Request/,
  },
  {
    action: 'listSuppressions',
    input: { kind: 'spam_reports' },
    output: { suppressions: [] },
    refusedIn: { kind: 'spam_reports' },
    words: /SendGrid says: Bad Request/,
  },
];

describe.each(READS)('sendgrid.$action', ({ action, input, output, refusedIn, words }) => {
  const name = `sendgrid.${action}`;

  it('answers, asks again after a lost answer, and has words for a refusal', async () => {
    const world = await setUp();
    const to = (address: string) => world.call('sendgrid.sendMail', { ...MAIL, messages: [{ to: [address] }] });
    await to('bounce@example.org');
    await to('ada@example.org');
    world.sendgrid.faults.add({ kind: 'lost_answer' }, 1, { method: 'GET' });
    const wanted = JSON.parse(
      JSON.stringify(output, (_key, value: unknown) => (value instanceof RegExp ? undefined : value)),
    );
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output: wanted });
    expect((await world.call(name, input, { dryRun: true })).preview).toMatchObject({ method: 'GET' });
    const json = { errors: [{ message: 'Bad Request' }] };
    world.sendgrid.faults.add({ kind: 'failure', status: 400, json }, 1, { method: 'GET' });
    const { state, error } = await world.call(name, refusedIn);
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(words);
  });
});

describe('contacts', () => {
  it('go into a list as a job that is followed to its end', async () => {
    const world = await setUp();
    const { output } = await world.call('sendgrid.createList', { name: 'Newsletter' });
    const { id } = output as { id: string };
    const people = [...contacts(5), { email: 'ada@example.org', customFields: { w1: 'x' } }];
    const added = await world.call('sendgrid.addContacts', { contacts: people, listIds: [id] });
    const { jobId } = added.output as { jobId: string };
    const status = async () => (await world.call('sendgrid.getImportStatus', { jobId })).output;
    expect(await status()).toMatchObject({ status: 'pending', requested: 6 });
    await world.clock.advance(2_000);
    expect(await status()).toMatchObject({ status: 'completed', requested: 6, created: 6, updated: 0, errored: 0 });
    expect(world.sendgrid.data.contacts.get('ada@example.org')?.fields).toEqual({
      email: 'ada@example.org',
      custom_fields: { w1: 'x' },
    });
    const { error } = await world.call('sendgrid.getImportStatus', { jobId: 'nobody' });
    expect(error?.detail).toMatch(/SendGrid says: not found/);
  });

  it('begin at most five times in any second, without one refusal', async () => {
    const world = await setUp();
    const results = await Promise.all(
      contacts(24).map((contact) => world.call('sendgrid.addContacts', { contacts: [contact] })),
    );
    expect(results.filter(({ state }) => state !== 'done')).toEqual([]);
    const starts = world.sendgrid.data.importStartsAtMs;
    expect(starts.filter((at, index) => (starts[index + 5] ?? Infinity) - at <= 1_000)).toEqual([]);
    expect(world.sendgrid.received.requests.filter(({ status }) => status === 429)).toEqual([]);
  });

  it('are refused by ourselves when they are too many, too large or nobody', () => {
    const read = (input: unknown) => JSON.stringify(connector.actions.addContacts.input.safeParse(input));
    expect(read({ contacts: contacts(30_000) })).toMatch(/"success":true/);
    expect(read({ contacts: contacts(30_001) })).toMatch(/"success":false/);
    const large = contacts(7_000).map((one) => ({ ...one, customFields: { w1: 'x'.repeat(1_000) } }));
    expect(read({ contacts: large })).toMatch(/6 MB/);
    expect(read({ contacts: [{ firstName: 'Nobody' }] })).toMatch(/a contact needs email/);
  });
});

describe('what is refused before anything is sent', () => {
  const mistakes: readonly [string, object, RegExp][] = [
    ['no content', { text: undefined, html: undefined }, /text, html or a template/],
    ['no subject', { subject: undefined }, /subject/],
    ['an address that is none', { messages: [{ to: ['ada at example.org'] }] }, /address/],
    ['our own mark', { messages: [{ to: ['a@b.c'], customArgs: { fairlead_call: 'x' } }] }, /own/],
    ['a header that ends the line', { headers: { 'X-A': 'b\r\nBcc: eve@evil.test' } }, /line break/],
    ['an attachment that is no base64', { attachments: [{ filename: 'a', content: 'nope!' }] }, /base64/],
    ['a field nobody knows', { colour: 'red' }, /colour/],
    [
      '1,001 recipients',
      { messages: [{ to: contacts(999).map(({ email }) => email), bcc: ['a@b.c', 'd@b.c'] }] },
      /1000/,
    ],
  ];
  it.each(mistakes)('%s', (_what, change, words) => {
    const read = connector.actions.sendMail.input.safeParse({ ...MAIL, ...change });
    expect([read.success, JSON.stringify(read)]).toEqual([false, expect.stringMatching(words)]);
  });

  it('a sender that the connection may not use', async () => {
    const world = await setUp({}, restrictedTo({ sender: ['news@example.com'] }));
    const ask = (from: string) =>
      world.call('sendgrid.sendMail', { ...MAIL, from }).then(
        ({ state }) => state,
        (error: { code: string }) => error.code,
      );
    expect(await ask('News <news@example.com>')).toBe('done');
    expect(await ask('billing@example.com')).not.toBe('done');
    expect(world.writes()).toBe(1);
  });
});

describe('SendGrid through the pipeline', () => {
  it('takes templates with data for each recipient, and checks a mail without sending it', async () => {
    const world = await setUp();
    const messages = ['ada', 'bob'].map((name) => ({ to: [`${name}@example.org`], templateData: { name } }));
    const mail = {
      from: MAIL.from,
      messages,
      templateId: 'd-1234',
      sendAt: '2026-02-03T09:00:00Z',
      unsubscribeGroup: 7,
    };
    expect((await world.call('sendgrid.sendMail', mail)).state).toBe('done');
    expect(world.sendgrid.messages.map(({ to }) => to)).toEqual([['ada@example.org'], ['bob@example.org']]);
    expect(await world.call('sendgrid.sendMail', { ...mail, validateOnly: true })).toMatchObject({ output: {} });
    expect(world.sendgrid.messages).toHaveLength(2);
  });

  it('says whose account it is, and asks for its health with any key', async () => {
    const world = await setUp();
    const ask = (
      request: ReturnType<typeof connector.identity.request | typeof connector.health.request>,
      token: string,
    ) => answerTo(world, connector, world.sendgrid, { request, token });
    const who = await ask(connector.identity.request(), world.sendgrid.mainToken.value);
    expect(connector.identity.read(who)).toEqual({ accountId: '4650', account: 'fairlead-sandbox' });
    const sending = 'SG.sandbox.keyThatOnlySends';
    expect((await ask(connector.health.request(), sending)).status).toBe(200);
    const refused = connector.classify(await ask(connector.identity.request(), sending), 0);
    expect(refused).toMatchObject({ code: 'provider_auth', providerCode: 'missing_scope' });
  });

  it('tells of bounces and complaints, signed, from which the list of suppressed addresses is made', async () => {
    const world = await setUp();
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const verifyWith = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    world.sendgrid.webhooks.subscribe({ id: 'wh', url: 'https://in.test/sendgrid', secret });
    const to = ['bounce@example.org', 'spam@example.org', 'ada@example.org', 'bounce@example.org'];
    for (const address of to) await world.call('sendgrid.sendMail', { ...MAIL, messages: [{ to: [address] }] });
    const nowMs = world.clock.nowMs();
    const bodies = world.sendgrid.webhooks.take().flatMap((delivery) => {
      const verdict = verifyDelivery(webhooks.schemes['sendgrid-ecdsa-p256']!, {
        ...delivery,
        secrets: [verifyWith],
        nowMs,
      });
      expect(verdict).toMatchObject({ ok: true });
      const [event] = webhooks.split!(delivery);
      expect(webhooks.identify(event!)).toMatchObject({ type: delivery.type });
      return JSON.parse(Buffer.from(delivery.body).toString('utf8')) as Record<string, unknown>[];
    });
    expect(bodies[0]).toMatchObject({ event: 'processed', fairlead_call: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const list = bodies.flatMap(suppressionsIn);
    expect(list).toMatchObject([
      { address: 'bounce@example.org', reason: 'bounced' },
      { address: 'spam@example.org', reason: 'complained' },
      // The second mail to it was dropped.
      { address: 'bounce@example.org', reason: 'bounced', detail: 'Bounced Address' },
    ]);
    expect(suppressedBy(['x@example.org', 'Spam <SPAM@example.org>'], list)?.reason).toBe('complained');
    expect(suppressedBy('ada@example.org', list)).toBeUndefined();
  });

  it('reads nothing out of what is no event, and nothing out of a block that passes', () => {
    const odd: unknown[] = [null, 'x', [], {}, [null], { event: 'constructor' }, { event: 'bounce', email: 7 }];
    expect(odd.flatMap(suppressionsIn)).toEqual([]);
    const { body } = samples.sample('bounce', '1', 0);
    const [event] = JSON.parse(body) as [object];
    expect(suppressionsIn(event)).toMatchObject([{ reason: 'bounced', atMs: 0 }]);
    expect(suppressionsIn([{ ...event, type: 'blocked' }])).toEqual([]);
  });

  it.runIf(specs.available)('asks and answers as the official description says', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(50);
  });
});
