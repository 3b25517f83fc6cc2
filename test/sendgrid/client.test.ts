/** `fairlead/sendgrid` against a made-up fetch and against the simulated SendGrid, and SendGrid's own description. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SendgridSandbox } from '../../src/sandbox/index.js';
import { SendGrid, SendGridError, type DebugLine, type FetchLike, type Mail } from '../../src/sendgrid/index.js';
import { VirtualClock } from '../../src/testing/index.js';
import { coverageText, officialDescription, specs, type Checker } from '../sandbox/official-description.js';
import { sandboxFetch } from './sandbox-fetch.js';

const KEY = 'SG.a-key.of-this-test';
const MAIL: Mail = {
  personalizations: [
    {
      to: [{ email: 'ada@example.org', name: 'Ada' }],
      custom_args: { order: '7' },
      dynamic_template_data: { total: 20 },
    },
  ],
  from: { email: 'billing@example.com' },
  subject: 'Your new plan',
  content: [{ type: 'text/plain', value: 'It costs 20 EUR a month.' }],
  attachments: [{ content: 'SGVsbG8=', filename: 'plan.txt', type: 'text/plain', disposition: 'attachment' }],
  categories: ['billing'],
  asm: { group_id: 7 },
  tracking_settings: { click_tracking: { enable: false } },
};

let checker: Checker | undefined;
beforeAll(async () => {
  if (specs.available) checker = await officialDescription({ file: 'sendgrid/openapi.json' });
});
afterAll(() =>
  console.log(checker === undefined ? `sendgrid client: unchecked, ${specs.reason}` : coverageText('client', checker)),
);

type Init = Parameters<FetchLike>[1];

/** A client whose every request gets this answer; what it sent, and what it said to its log. */
function fake(
  status: number,
  body: unknown = '',
  headers: Record<string, string> = {},
  options: Partial<ConstructorParameters<typeof SendGrid>[0]> = {},
) {
  const sent: (Init & { url: string })[] = [];
  const lines: DebugLine[] = [];
  const fetch: FetchLike = async (url, init) => {
    sent.push({ url, ...init });
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { status, headers: { get: (name) => headers[name.toLowerCase()] ?? null }, text: async () => text };
  };
  const clock = new VirtualClock();
  const sendgrid = new SendGrid({
    apiKey: KEY,
    fetch,
    clock: { nowMs: () => clock.monotonicMs(), sleep: async (ms) => await clock.sleep(ms) },
    debug: (line) => lines.push(line),
    ...options,
  });
  return { sendgrid, sent, lines };
}

const failureOf = async (promise: Promise<unknown>): Promise<SendGridError> => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SendGridError);
  return error as SendGridError;
};

describe('a request', () => {
  it('goes to the right place with the key in its header and nowhere else', async () => {
    const { sendgrid, sent } = fake(202, '', { 'x-message-id': 'm1' }, { onBehalfOf: 'sub' });
    expect(await sendgrid.sendMail(MAIL)).toEqual({ message_id: 'm1' });
    expect(sent).toMatchObject([
      {
        url: 'https://api.sendgrid.com/v3/mail/send',
        method: 'POST',
        redirect: 'error',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', 'on-behalf-of': 'sub' },
      },
    ]);
    expect(JSON.parse(sent[0]!.body!)).toEqual(MAIL);
    expect(sent[0]!.url + sent[0]!.body).not.toContain(KEY);
  });

  it('asks for statistics by query, and leaves out what is not said', async () => {
    const { sendgrid, sent } = fake(200, []);
    await sendgrid.getStatistics({ start_date: '2026-02-01', aggregated_by: 'day', end_date: undefined as never });
    expect(sent[0]).toMatchObject({
      url: 'https://api.sendgrid.com/v3/stats?start_date=2026-02-01&aggregated_by=day',
      method: 'GET',
    });
    expect(sent[0]).not.toHaveProperty('body');
  });

  it('goes to another address where one is said, and an id cannot lead elsewhere', async () => {
    const { sendgrid, sent } = fake(200, { status: 'pending' }, {}, { baseUrl: 'https://api.eu.sendgrid.com/' });
    await sendgrid.getImport('../../mail/send?x=1#');
    expect(sent[0]!.url).toBe(
      'https://api.eu.sendgrid.com/v3/marketing/contacts/imports/..%2F..%2Fmail%2Fsend%3Fx%3D1%23',
    );
    expect((await failureOf(sendgrid.getImport('..'))).field).toBe('jobId');
  });

  it('is not made at all with what is no key or no address', () => {
    for (const apiKey of ['', 'SG.x\r\nx-other: y', 'SG. x']) {
      expect(() => new SendGrid({ apiKey })).toThrow(/no API key/);
    }
    expect(() => new SendGrid({ apiKey: KEY, baseUrl: 'file:///etc' })).toThrow(/no address/);
  });

  it('is sent once, whatever comes of it', async () => {
    for (const status of [429, 500, 503]) {
      const { sendgrid, sent } = fake(status);
      await failureOf(sendgrid.sendMail(MAIL));
      expect(sent).toHaveLength(1);
    }
  });
});

const REFUSALS: readonly [string, number, unknown, object][] = [
  [
    'message and field',
    400,
    { errors: [{ message: 'Invalid type. Expected: string.', field: 'from.email', help: null }] },
    { code: 'invalid_request', field: 'from.email', message: 'Invalid type. Expected: string. (field from.email)' },
  ],
  [
    'several',
    400,
    {
      errors: [
        { message: 'a is bad', field: 'a' },
        { message: 'Worse', parameter: 'size' },
      ],
    },
    { field: 'a', message: 'a is bad; Worse (field size)', problems: [{ field: 'a' }, { field: 'size' }] },
  ],
  ['a code of its own', 400, { errors: [{ message: 'No.', error_id: 'E17' }] }, { code: 'E17', field: undefined }],
  ['one in place of a list', 404, { errors: { message: 'not found' } }, { code: 'not_found', message: 'not found' }],
  ['a bad key', 401, { errors: [{ message: 'authorization required' }] }, { code: 'unauthorized', status: 401 }],
  ['a missing permission', 403, { errors: [{ message: 'access forbidden' }] }, { code: 'forbidden' }],
  ['too large', 413, '', { code: 'too_large', message: 'SendGrid gave no reason (too_large)' }],
  ['broken', 503, '<html>', { code: 'unavailable', safeToRetry: false }],
  ['hostile', 400, { errors: [null, 7, { message: 7 }, 'x', { field: 'f' }] }, { code: 'invalid_request' }],
];

describe('a refusal', () => {
  it.each(REFUSALS)('says %s', async (_what, status, body, wanted) => {
    const { sendgrid } = fake(status, body);
    expect(await failureOf(sendgrid.createList({ name: 'x' }))).toMatchObject({ name: 'SendGridError', ...wanted });
  });

  it('for being too fast says how long to wait, in each way SendGrid says it', async () => {
    const wait = async (headers: Record<string, string>) =>
      (await failureOf(fake(429, '', headers).sendgrid.sendMail(MAIL))).retryAfterMs;
    const date = new Date(1_770_000_000_000).toUTCString();
    expect(await wait({ 'x-ratelimit-reset': '1770000012', date })).toBe(12_000);
    expect(await wait({ 'retry-after': '3' })).toBe(3_000);
    for (const odd of [{}, { 'x-ratelimit-reset': '1' }, { 'retry-after': '-1' }, { 'retry-after': 'soon' }]) {
      expect(await wait(odd as Record<string, string>)).toBeUndefined();
    }
    expect(await wait({ 'retry-after': '999999999' })).toBe(86_400_000);
  });

  it('is also an answer that is none', async () => {
    for (const body of ['', '{', '[]', 'null', { name: 'x' }]) {
      expect(await failureOf(fake(201, body).sendgrid.createList({ name: 'x' }))).toMatchObject({
        code: 'unreadable_answer',
      });
    }
    const broken = fake(200, '', {}, { fetch: () => Promise.reject(new TypeError(`failed with ${KEY}`)) });
    const error = await failureOf(broken.sendgrid.sendMail(MAIL));
    expect(error).toMatchObject({
      status: 0,
      code: 'no_answer',
      message: 'SendGrid gave no answer: failed with [redacted]',
    });
  });
});

describe('the debug log', () => {
  it('tells each exchange and never the key, wherever it stands', async () => {
    const { sendgrid, lines } = fake(400, { errors: [{ message: `bad key ${KEY}` }] });
    await failureOf(sendgrid.createList({ name: `list ${KEY}` }));
    expect(lines).toMatchObject([
      {
        provider: 'sendgrid',
        method: 'POST',
        url: 'https://api.sendgrid.com/v3/marketing/lists',
        headers: { authorization: 'Bearer [redacted]' },
        requestBody: '{"name":"list [redacted]"}',
        status: 400,
        durationMs: 0,
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain(KEY);
  });

  it('cuts long bodies, and a log that fails fails nothing', async () => {
    const { sendgrid, lines } = fake(202);
    await sendgrid.sendMail({ ...MAIL, content: [{ type: 'text/plain', value: 'x'.repeat(1_000_000) }] });
    expect(lines[0]!.requestBody!.length).toBeLessThan(2_100);
    const debug = () => {
      throw new TypeError('no disk');
    };
    expect(await fake(202, '', {}, { debug }).sendgrid.sendMail(MAIL)).toEqual({});
  });
});

describe('against the simulated SendGrid', () => {
  function setUp(token?: string) {
    const sandbox = new SendgridSandbox({ ...(checker && { onExchange: checker.see }) });
    const clock = new VirtualClock(Date.UTC(2026, 1, 2, 12));
    const { fetch } = sandboxFetch(sandbox, clock);
    return { sandbox, clock, sendgrid: new SendGrid({ apiKey: token ?? sandbox.mainToken.value, fetch }) };
  }

  it('sends, makes a list, adds contacts, follows them, counts', async () => {
    const { sandbox, clock, sendgrid } = setUp();
    const { message_id } = await sendgrid.sendMail(MAIL);
    expect(sandbox.messages).toMatchObject([{ messageId: message_id, to: ['ada@example.org'] }]);
    expect(await sendgrid.sendMail({ ...MAIL, mail_settings: { sandbox_mode: { enable: true } } })).toEqual({});
    const list = await sendgrid.createList({ name: 'Newsletter' });
    expect(list).toMatchObject({ name: 'Newsletter', contact_count: 0 });
    const { job_id } = await sendgrid.addContacts({
      list_ids: [list.id],
      contacts: [{ email: 'ada@example.org', first_name: 'Ada', custom_fields: { w1: 'x' } }],
    });
    expect(await sendgrid.getImport(job_id)).toMatchObject({ status: 'pending' });
    await clock.advance(2_000);
    expect(await sendgrid.getImport(job_id)).toMatchObject({ status: 'completed', results: { created_count: 1 } });
    const [day] = await sendgrid.getStatistics({ start_date: '2026-02-02', end_date: '2026-02-02' });
    expect(day?.stats[0]?.metrics).toMatchObject({ requests: 1, delivered: 1, bounces: 0 });
  });

  it('has its words for what is refused', async () => {
    const { sendgrid } = setUp();
    await sendgrid.createList({ name: 'Newsletter' });
    expect(await failureOf(sendgrid.createList({ name: 'Newsletter' }))).toMatchObject({ field: 'name', status: 400 });
    expect(await failureOf(sendgrid.sendMail({ ...MAIL, from: { email: 'eve@evil.test' } }))).toMatchObject({
      code: 'forbidden',
      field: 'from',
    });
    expect(await failureOf(setUp('SG.unknown').sendgrid.sendMail(MAIL))).toMatchObject({ code: 'unauthorized' });
    const sending = setUp('SG.sandbox.keyThatOnlySends').sendgrid;
    expect(await failureOf(sending.createList({ name: 'x' }))).toMatchObject({ code: 'forbidden' });
  });

  it.runIf(specs.available)('asks and answers as the official description says', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(6);
  });
});
