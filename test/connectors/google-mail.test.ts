/** Sending mail through the real pipeline against the simulated Google, Gmail's discovery document beside it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markAsUuid } from '../../src/core/mark.js';
import { coverageText, specs, type Checker } from '../sandbox/official-description.js';
import { settled } from './connected.js';
import { googleChecker, googleWorld } from './google-world.js';

const NAME = 'google.sendEmail';
const KEY = 'order-7';
const MAIL = { to: ['Ada <ada@example.com>'], subject: 'Grüße', text: 'Hello', html: '<p>Hello</p>' };

let checker: Checker | undefined;
beforeAll(async () => {
  checker = await googleChecker();
});
afterAll(() =>
  console.log(checker === undefined ? `google: unchecked, ${specs.reason}` : coverageText('google mail', checker)),
);

const setUp = (...options: Parameters<typeof googleWorld> extends [unknown, ...infer Rest] ? Rest : never) =>
  googleWorld(checker, ...options);

describe('google.sendEmail', () => {
  it('sends a message with files, as an answer to another', async () => {
    const world = await setUp();
    const file = { filename: 'bill.pdf', contentType: 'application/pdf', base64: 'JVBERg==' };
    const reply = { threadId: '18d0', messageId: '<abc@mail.example.com>' };
    const result = await world.call(NAME, { ...MAIL, bcc: ['eve@example.com'], attachments: [file], reply });
    expect(result).toMatchObject({ state: 'done', output: { threadId: '18d0' } });
    const [mail, ...more] = world.google.data.mails;
    expect(more).toEqual([]);
    expect(mail?.headers).toContainEqual({ name: 'Subject', value: '=?utf-8?B?R3LDvMOfZQ==?=' });
    expect(mail?.headers).toContainEqual({ name: 'In-Reply-To', value: reply.messageId });
    expect(mail?.raw).toMatch(/filename="bill\.pdf"\r\n\r\nJVBERg==\r\n--/);
  });

  it('sends a large one as it is, whole', async () => {
    const world = await setUp();
    const content = Buffer.alloc(6_000_000, 'fairlead');
    const file = { filename: 'a.bin', contentType: 'application/octet-stream', base64: content.toString('base64') };
    expect((await world.call(NAME, { ...MAIL, attachments: [file] })).state).toBe('done');
    expect(world.google.received.requests.at(-1)?.path).toMatch(/^\/upload\/gmail/);
    const { raw } = world.google.data.mails[0]!;
    const sent = raw.slice(raw.indexOf('filename="a.bin"') + 20, raw.lastIndexOf('--', raw.length - 10));
    expect(Buffer.from(sent, 'base64').equals(content)).toBe(true);
  });

  it('shows the exact request and sends none in a dry run', async () => {
    const world = await setUp();
    const { state, preview } = await world.call(NAME, MAIL, { dryRun: true });
    expect([state, preview?.url]).toEqual([
      'previewed',
      'https://gmail.googleapis.com/gmail/v1/users/me/messages/send',
    ]);
    expect([world.writes(), world.google.data.mails.length]).toEqual([0, 0]);
  });

  it.each<[string, object, RegExp]>([
    ['a line end in the subject', { subject: 'x\r\nBcc: eve@evil.test' }, /one line/],
    ['a line end in a name', { to: ['A\r\nBcc: e <ada@example.com>'] }, /no e-mail address/],
    ['a line end in an address', { cc: ['ada@example.com\r\nBcc: e'] }, /no e-mail address/],
    ['two addresses in one', { to: ['a@x.test, b@x.test'] }, /no e-mail address/],
    ['an address outside of ASCII', { from: 'zoë@example.com' }, /no e-mail address/],
    ['a line end in a Message-ID', { reply: { threadId: '1', messageId: '<a>\r\nBcc: <b>' } }, /no Message-ID/],
    [
      'a file that is a message',
      { attachments: [{ filename: 'a', contentType: 'message/rfc822', base64: '' }] },
      /no media type/,
    ],
    ['a path as a name', { attachments: [{ filename: '../a', contentType: 'a/b', base64: '' }] }, /no name of a file/],
    ['a file that is no base64', { attachments: [{ filename: 'a', contentType: 'a/b', base64: '%' }] }, /no base64/],
    ['nobody', { to: [] }, /at least 1/],
    ['nothing', { text: undefined, html: undefined }, /needs text or html/],
  ])('refuses %s', async (_, change, words) => {
    const world = await setUp();
    const { state, error } = await world.call(NAME, { ...MAIL, ...change });
    expect([state, error?.code]).toEqual(['failed', 'invalid_argument']);
    expect(error?.detail).toMatch(words);
    expect(world.google.received.count).toBe(0);
  });

  it('refuses more than a message may hold', async () => {
    const file = { filename: 'a', contentType: 'a/b', base64: 'A'.repeat(16 * 1024 * 1024) };
    const { error } = await (await setUp()).call(NAME, { ...MAIL, attachments: [file, file] });
    expect(error?.detail).toMatch(/together they may have/);
  });

  it.each<[string, string, RegExp]>([
    ['missing_scope', 'provider_auth', /lacks a permission/],
    ['expired_session', 'provider_auth', /invalid authentication|has ended/],
    ['api_not_enabled', 'provider_rejected', /not enabled/],
  ])('says what %s means', async (trouble, code, words) => {
    const world = await setUp();
    world.google.faults.add({ kind: 'business', name: trouble });
    const { error } = await world.call(NAME, MAIL);
    expect([error?.code, error?.detail]).toEqual([code, expect.stringMatching(words)]);
    expect(world.google.data.mails).toEqual([]);
  });

  it('is sent once when the answer is lost, and found among others by its mark', async () => {
    const world = await setUp();
    world.google.faults.add({ kind: 'lost_answer' });
    expect((await world.call(NAME, MAIL, { idempotencyKey: KEY })).state).toBe('unknown');
    for (let i = 0; i < 3; i++) await world.call(NAME, { ...MAIL, subject: `another ${i}` });
    const result = await settled(world, NAME, MAIL, KEY);
    const ours = world.google.data.mails.at(-1)!;
    expect(result).toMatchObject({ state: 'done', output: { id: ours.id } });
    expect(ours.headers).toContainEqual({ name: 'X-Fairlead-Call', value: markAsUuid(KEY) });
    expect(world.google.data.mails).toHaveLength(4);
    expect(world.google.received.requests.some(({ path }) => path.includes('q='))).toBe(false);
  });

  it('stays unknown when it never arrived, and where the list may not be read', async () => {
    const world = await setUp();
    world.google.faults.add({ kind: 'failure', status: 502 });
    expect((await settled(world, NAME, MAIL, KEY)).state).toBe('unknown');
    expect([world.writes(), world.google.data.mails.length]).toEqual([1, 0]);
    const scopes = ['https://www.googleapis.com/auth/gmail.send'];
    const sender = await setUp({ tokens: [{ value: 'ya29.sandboxTokenThatOnlySends00000', name: 'sender', scopes }] });
    expect((await sender.call(NAME, MAIL)).state).toBe('done');
    sender.google.faults.add({ kind: 'lost_answer' });
    expect((await settled(sender, NAME, MAIL, KEY)).state).toBe('unknown');
    expect(sender.google.data.mails).toHaveLength(2);
  });

  it('waits as long as Gmail says in its words', async () => {
    const world = await setUp({ limits: { send: { limit: 1, perMs: 3_000 } } });
    const begun = world.clock.nowMs();
    expect([(await world.call(NAME, MAIL)).state, (await world.call(NAME, MAIL)).state]).toEqual(['done', 'done']);
    expect(world.clock.nowMs() - begun).toBeGreaterThanOrEqual(3_000);
    expect(world.google.received.requests.map(({ status }) => status)).toEqual([200, 429, 200]);
  });

  it.runIf(specs.available)('asks and answers as the discovery document says', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(15);
  });
});
