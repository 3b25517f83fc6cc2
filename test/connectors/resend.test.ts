/** Resend's actions through the real pipeline against the simulated Resend, and Resend's own description beside it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connector } from '../../src/connectors/resend/index.js';
import { samples } from '../../src/connectors/resend/samples.js';
import { suppressionsIn } from '../../src/connectors/resend/suppression.js';
import { webhooks } from '../../src/connectors/resend/webhooks.js';
import { verifyDelivery } from '../../src/core/signature/index.js';
import { suppressedBy } from '../../src/core/suppression.js';
import { ResendSandbox } from '../../src/sandbox/index.js';
import { coverageText, officialDescription, specs, type Checker } from '../sandbox/official-description.js';
import { answerTo, connected, restrictedTo, settled, type Connected } from './connected.js';

const API = 'https://api.resend.com';
const KEY = 'plan-change-7';
const MAIL = {
  from: 'Acme <billing@example.com>',
  to: ['Ada <ada@example.org>'],
  subject: 'Your new plan',
  html: '<p>It costs 20 EUR a month.</p>',
  text: 'It costs 20 EUR a month.',
  cc: ['bob@example.org'],
  replyTo: ['help@example.com'],
  tags: [{ name: 'category', value: 'billing' }],
  headers: { 'X-Entity-Ref-ID': '42' },
};

let checker: Checker | undefined;
beforeAll(async () => {
  if (specs.available) checker = await officialDescription({ file: 'resend/openapi.json' });
});
afterAll(() =>
  console.log(checker === undefined ? `resend: unchecked, ${specs.reason}` : coverageText('resend actions', checker)),
);

type SetUp = Connected & { resend: ResendSandbox };

async function setUp(
  sandbox: ConstructorParameters<typeof ResendSandbox>[0] = {},
  options: Parameters<typeof connected>[2] = {},
): Promise<SetUp> {
  const resend = new ResendSandbox({ ...(checker && { onExchange: checker.see }), ...sandbox });
  const env = { RESEND_API_KEY: resend.mainToken.value, ...options.env };
  const world = await connected(resend, [API], { startMs: Date.UTC(2026, 1, 2, 12), ...options, env });
  return { ...world, resend };
}

interface Write {
  action: string;
  input: object;
  effects: number;
  output: object;
  refusedIn: object;
  words: RegExp;
}

const BATCH = { emails: [1, 2, 3].map((number) => ({ ...MAIL, subject: `Number ${number}` })) };

const WRITES: readonly Write[] = [
  {
    action: 'sendEmail',
    input: { ...MAIL, attachments: [{ filename: 'plan.txt', content: 'SGVsbG8=', contentType: 'text/plain' }] },
    effects: 1,
    output: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    refusedIn: { ...MAIL, from: 'billing@unverified.example' },
    words: /Resend says: The unverified\.example domain is not verified/,
  },
  {
    action: 'sendBatch',
    input: BATCH,
    effects: 3,
    output: { ids: [1, 2, 3].map(() => expect.stringMatching(/^[0-9a-f-]{36}$/)) },
    refusedIn: { emails: [MAIL, { ...MAIL, from: 'billing@unverified.example' }] },
    words: /domain is not verified/,
  },
];

describe.each(WRITES)('resend.$action', ({ action, input, effects, output, refusedIn, words }) => {
  const name = `resend.${action}`;

  it('does it', async () => {
    const world = await setUp();
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    expect(world.resend.emails).toHaveLength(effects);
  });

  it('shows the exact request and sends none in a dry run', async () => {
    const world = await setUp();
    const { state, preview } = await world.call(name, input, { dryRun: true });
    expect(state).toBe('previewed');
    expect(preview?.url).toMatch(/^https:\/\/api\.resend\.com\/emails/);
    expect(JSON.stringify(preview)).not.toContain(world.resend.mainToken.value);
    expect([world.writes(), world.resend.emails.length]).toEqual([0, 0]);
  });

  it('says in words why not', async () => {
    const world = await setUp();
    const { state, error } = await world.call(name, refusedIn);
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(words);
    world.resend.faults.add({ kind: 'business', name: 'expired_key' });
    const refused = await world.call(name, input);
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'provider_auth' } });
    expect(refused.error?.detail).toMatch(/the API key is not valid/);
    expect(world.resend.emails).toEqual([]);
  });

  it('has one effect when answers are lost, because the key is recognised', async () => {
    const world = await setUp();
    world.resend.faults.add({ kind: 'lost_answer' }, 3);
    expect(await settled(world, name, input, KEY)).toMatchObject({ state: 'done', output });
    expect(await world.call(name, input, { idempotencyKey: KEY })).toMatchObject({ state: 'replayed', output });
    expect(world.writes()).toBeGreaterThan(1);
    expect(world.resend.emails).toHaveLength(effects);
  });

  it('waits for its turn, and for the end of a limit that somebody else used up', async () => {
    const world = await setUp();
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => world.call(name, input)));
    expect(results.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'done'));
    expect(world.resend.received.requests.filter(({ status }) => status === 429)).toEqual([]);
    world.resend.faults.add({ kind: 'rate_limited', retryAfterSeconds: 2 });
    expect((await world.call(name, input)).state).toBe('done');
  });
});

describe('resend.getEmail', () => {
  it('says what became of an e-mail, asks again after a lost answer, and has words for one that is not there', async () => {
    const world = await setUp();
    const { output } = await world.call('resend.sendEmail', { ...MAIL, to: ['bounced@resend.dev'] });
    const { id } = output as { id: string };
    world.resend.faults.add({ kind: 'lost_answer' }, 1, { method: 'GET' });
    expect(await world.call('resend.getEmail', { id })).toMatchObject({
      state: 'done',
      output: { id, status: 'bounced', subject: MAIL.subject, cc: MAIL.cc, bcc: [], replyTo: MAIL.replyTo },
    });
    expect((await world.call('resend.getEmail', { id }, { dryRun: true })).preview).toMatchObject({ method: 'GET' });
    const { error } = await world.call('resend.getEmail', { id: '0000' });
    expect(error).toMatchObject({ code: 'provider_rejected' });
    expect(error?.detail).toMatch(/Resend says: Email not found/);
  });
});

describe('what is refused before anything is sent', () => {
  const mistakes: readonly [string, object, RegExp][] = [
    ['no content', { text: undefined, html: undefined }, /html, text or a template/],
    ['a template beside text', { template: { id: 'x' } }, /template/],
    ['an address that is none', { to: ['ada at example.org'] }, /to\.0/],
    ['a header that ends the line', { headers: { 'X-A': 'b\r\nBcc: eve@evil.test' } }, /X-A/],
    ['a subject of two lines', { subject: 'a\nb' }, /subject/],
    ['an attachment that is no base64', { attachments: [{ filename: 'a', content: 'nope!' }] }, /attachments/],
    ['a field nobody knows', { colour: 'red' }, /colour/],
  ];
  it.each(mistakes)('%s', async (_what, change, words) => {
    const world = await setUp();
    const { state, error } = await world.call('resend.sendEmail', { ...MAIL, ...change }).catch((thrown: unknown) => ({
      state: 'failed',
      error: (thrown as { view(): { code: string; detail: string } }).view(),
    }));
    expect([state, JSON.stringify(error)]).toEqual(['failed', expect.stringMatching(words)]);
    expect(world.resend.received.count).toBe(0);
  });

  it('attachments that are together too large, in no time', () => {
    const content = 'A'.repeat(20_000_000);
    const attachments = [1, 2].map((number) => ({ filename: `${number}.bin`, content }));
    const read = connector.actions.sendEmail.input.safeParse({ ...MAIL, attachments });
    expect(JSON.stringify(read)).toMatch(/larger than Resend takes/);
  });

  it('a sender that the connection may not use', async () => {
    const world = await setUp({}, restrictedTo({ sender: ['news@example.com'] }));
    const ask = (from: string) =>
      world.call('resend.sendEmail', { ...MAIL, from }).then(
        ({ state }) => state,
        (error: { code: string }) => error.code,
      );
    expect(await ask('News <news@example.com>')).toBe('done');
    expect(await ask('billing@example.com')).not.toBe('done');
    expect(world.writes()).toBe(1);
  });
});

describe('Resend through the pipeline', () => {
  it('waits an hour with a quota that is used up, not the second of the header', async () => {
    const world = await setUp();
    world.resend.faults.add({ kind: 'business', name: 'daily_quota' });
    const result = await world.call('resend.sendEmail', MAIL);
    expect(result).toMatchObject({ state: 'failed', error: { code: 'rate_limited' } });
    expect(result.retryAfterMs).toBeGreaterThanOrEqual(3_600_000);
  });

  it('says whose account it is by its domains, and what a key that may only send says', async () => {
    const world = await setUp();
    const ask = (token: string) =>
      answerTo(world, connector, world.resend, { request: connector.identity.request(), token });
    expect(connector.identity.read(await ask(world.resend.mainToken.value))).toEqual({
      accountId: 'd91cd9bd-1176-453e-8fc1-35364d380206',
      account: 'example.com, unverified.example',
    });
    const refused = await ask('re_sandbox_keyThatOnlySends');
    expect(connector.classify(refused, 0)).toMatchObject({
      code: 'provider_auth',
      problem: 'this API key may only send e-mail',
    });
  });

  it('tells of bounces and complaints, signed, from which the list of suppressed addresses is made', async () => {
    const world = await setUp({ limits: { team: 'off' } });
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    world.resend.webhooks.subscribe({ id: 'wh', url: 'https://in.test/resend', secret });
    for (const to of ['Ada <bounced@resend.dev>', 'complained@resend.dev', 'delivered@resend.dev']) {
      await world.call('resend.sendEmail', { ...MAIL, to: [to] });
    }
    const nowMs = world.clock.nowMs();
    const bodies = world.resend.webhooks.take().map((delivery) => {
      const verdict = verifyDelivery(webhooks.schemes['svix-v1']!, { ...delivery, secrets: [secret], nowMs });
      expect(verdict).toMatchObject({ ok: true });
      expect(webhooks.identify(delivery)).toMatchObject({ key: delivery.id, type: delivery.type });
      return JSON.parse(Buffer.from(delivery.body).toString('utf8')) as unknown;
    });
    const list = bodies.flatMap(suppressionsIn);
    expect(list).toMatchObject([
      { address: 'bounced@resend.dev', reason: 'bounced', detail: 'The recipient has no mailbox.' },
      { address: 'complained@resend.dev', reason: 'complained' },
    ]);
    expect(suppressedBy(['x@example.org', 'Bounced <BOUNCED@resend.dev>'], list)?.reason).toBe('bounced');
    expect(suppressedBy('delivered@resend.dev', list)).toBeUndefined();
  });

  it('reads nothing out of what is no event, and nothing out of a bounce that passes', () => {
    const odd: unknown[] = [
      null,
      'x',
      [],
      {},
      { type: 'constructor' },
      { type: 'email.bounced', data: { to: [1, null] } },
    ];
    expect(odd.flatMap(suppressionsIn)).toEqual([]);
    const { body } = samples.sample('email.bounced', '1', 0);
    expect(suppressionsIn(JSON.parse(body))).toMatchObject([{ reason: 'bounced', atMs: 0 }]);
    expect(suppressionsIn(JSON.parse(body.replace('Permanent', 'Transient')))).toEqual([]);
  });

  it('keeps scheduled e-mails until they are due or cancelled, and pages by id', async () => {
    const world = await setUp();
    const { output } = await world.call('resend.sendEmail', { ...MAIL, scheduledAt: '2026-02-03T09:00:00Z' });
    const { id } = output as { id: string };
    const ask = (method: 'POST' | 'GET', url: string) =>
      answerTo(world, connector, world.resend, { request: { method, url }, token: world.resend.mainToken.value });
    expect((await ask('POST', `/emails/${id}/cancel`)).status).toBe(200);
    await world.clock.advance(1_000);
    expect((await ask('POST', `/emails/${id}/cancel`)).status).toBe(422);
    const list = JSON.parse(Buffer.from((await ask('GET', '/emails?limit=1')).body).toString('utf8')) as object;
    expect(list).toMatchObject({ has_more: false, data: [{ id, last_event: 'canceled' }] });
  });

  it.runIf(specs.available)('asks and answers as the official description says', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(20);
  });
});
