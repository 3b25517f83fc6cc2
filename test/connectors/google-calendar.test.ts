/** Calendar's actions through the real pipeline against the simulated Google, and its discovery document beside it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connector } from '../../src/connectors/google/index.js';
import { markAsBase32Hex } from '../../src/core/mark.js';
import { everyItem } from '../../src/core/pages.js';
import { coverageText, specs, type Checker } from '../sandbox/official-description.js';
import { answerTo, restrictedTo, settled } from './connected.js';
import { googleChecker, googleWorld, type GoogleWorld } from './google-world.js';

const KEY = 'order-7';
const EVENT = {
  title: 'Planning',
  start: { dateTime: '2026-03-02T09:00:00+01:00' },
  end: { dateTime: '2026-03-02T10:00:00+01:00' },
};

let checker: Checker | undefined;
beforeAll(async () => {
  checker = await googleChecker();
});
afterAll(() =>
  console.log(checker === undefined ? `google: unchecked, ${specs.reason}` : coverageText('google calendar', checker)),
);

const setUp = (...options: Parameters<typeof googleWorld> extends [unknown, ...infer Rest] ? Rest : never) =>
  googleWorld(checker, ...options);
const planned = ({ google }: GoogleWorld) => google.events.filter(({ fields }) => fields['summary'] === 'Planning');

describe('google.createEvent', () => {
  const name = 'google.createEvent';

  it('does it, with an id of our own', async () => {
    const world = await setUp();
    const input = { ...EVENT, attendees: [{ email: 'ada@example.com', name: 'Ada' }], invite: 'all', isFree: true };
    const result = await world.call(name, input, { idempotencyKey: KEY });
    expect(result).toMatchObject({
      state: 'done',
      output: { id: markAsBase32Hex(KEY), title: 'Planning', attendees: [{ name: 'Ada' }] },
    });
    expect(planned(world)).toHaveLength(1);
  });

  it('shows the exact request and sends none in a dry run', async () => {
    const world = await setUp();
    const { state, preview } = await world.call(name, EVENT, { dryRun: true });
    expect([state, preview?.url]).toEqual([
      'previewed',
      'https://www.googleapis.com/calendar/v3/calendars/primary/events',
    ]);
    expect(JSON.stringify(preview)).not.toContain(world.google.mainToken.value);
    expect([world.writes(), planned(world).length]).toEqual([0, 0]);
  });

  it.each<[string, object, string, RegExp]>([
    ['a calendar nobody has', { calendar: 'nobody@example.com' }, 'provider_rejected', /Google says: Not Found/],
    [
      'one that may only be read',
      { calendar: 'en.german#holiday@group.v.calendar.google.com' },
      'provider_rejected',
      /may only read this calendar/,
    ],
    [
      'an end before the start',
      { end: { dateTime: '2026-03-02T08:00:00+01:00' } },
      'invalid_argument',
      /after the start/,
    ],
    ['a day and a time', { end: { date: '2026-03-03' } }, 'invalid_argument', /both be days or both be times/],
    ['no offset', { start: { dateTime: '2026-03-02T09:00:00' } }, 'invalid_argument', /needs its offset/],
    ['no time', { start: {} }, 'invalid_argument', /one of them/],
    ['a series without a zone', { recurrence: ['RRULE:FREQ=DAILY;COUNT=2'] }, 'invalid_argument', /series needs/],
    ['a rule with a line end', { recurrence: ['RRULE:X\r\nATTACH:y'] }, 'invalid_argument', /no rule/],
    ['a guest without address', { attendees: [{ email: 'ada' }] }, 'invalid_argument', /no e-mail address/],
  ])('says in words why not: %s', async (_, change, code, words) => {
    const world = await setUp();
    const { state, error } = await world.call(name, { ...EVENT, ...change });
    expect([state, error?.code]).toEqual(['failed', code]);
    expect(error?.detail).toMatch(words);
    expect(planned(world)).toHaveLength(0);
  });

  it.each<[string, string, RegExp]>([
    ['missing_scope', 'provider_auth', /lacks a permission/],
    ['expired_session', 'provider_auth', /has ended or was revoked/],
    ['api_not_enabled', 'provider_rejected', /not enabled in the Google Cloud project/],
    ['daily_limit', 'rate_limited', /more calls in 3600 s/],
  ])('says what %s means', async (trouble, code, words) => {
    const world = await setUp();
    world.google.faults.add({ kind: 'business', name: trouble });
    const { state, error } = await world.call(name, EVENT);
    expect([state, error?.code]).toEqual(['failed', code]);
    expect(error?.detail).toMatch(words);
    expect(planned(world)).toHaveLength(0);
  });

  it.each(['lost_answer', 'half_body'] as const)(
    'has one effect after %s: the repeat is known by its id',
    async (kind) => {
      const world = await setUp();
      world.google.faults.add({ kind });
      expect(await settled(world, name, EVENT, KEY)).toMatchObject({ state: 'done', output: { title: 'Planning' } });
      expect(planned(world)).toHaveLength(1);
      expect(world.google.received.requests.map(({ method, status }) => `${method} ${status}`)).toEqual([
        'POST 200',
        'POST 409',
        'GET 200',
      ]);
    },
  );

  it('is sent again where it never arrived, and after a failure of Google', async () => {
    const world = await setUp();
    world.google.faults.add({ kind: 'reset' });
    world.google.faults.add({ kind: 'failure', status: 503 });
    world.google.faults.add({ kind: 'rate_limited' });
    expect(await settled(world, name, EVENT, KEY)).toMatchObject({ state: 'done' });
    expect(planned(world)).toHaveLength(1);
  });

  it('has one effect however often it is repeated', async () => {
    const world = await setUp();
    for (let i = 0; i < 5; i++) {
      if (i < 3) world.google.faults.add({ kind: 'lost_answer' });
      expect((await settled(world, name, EVENT, KEY)).state).toMatch(/^(?:done|replayed)$/);
    }
    expect(planned(world)).toHaveLength(1);
  });
});

describe('google.listEvents', () => {
  const name = 'google.listEvents';
  const IN_JANUARY = { timeMin: '2026-01-05T00:00:00Z', timeMax: '2026-01-10T00:00:00Z' };
  const titles = (output: unknown) => (output as { events: { title?: string }[] }).events.map(({ title }) => title);

  it('lists what lies in a span of time, a series as one or one by one', async () => {
    const world = await setUp();
    const { output } = await world.call(name, IN_JANUARY);
    expect(titles(output)).toEqual(['Kick-off', 'Standup']);
    const single = await world.call(name, { ...IN_JANUARY, singleEvents: true, orderBy: 'startTime' });
    expect(titles(single.output)).toEqual(['Kick-off', 'Standup', 'Standup', 'Standup']);
    expect(single.output).toMatchObject({
      timeZone: 'Europe/Berlin',
      events: [{ location: 'Room 1' }, { seriesId: 'seed1', start: { dateTime: '2026-01-06T09:00:00.000Z' } }, {}, {}],
    });
    const all = await world.call(name, { words: 'offsite' });
    expect(all.output).toMatchObject({ events: [{ start: { date: '2026-01-12' }, end: { date: '2026-01-14' } }] });
  });

  it('goes to the end page by page, and later asks for what has changed', async () => {
    const world = await setUp({
      seed: ({ calendars: [own] }) => {
        for (let i = 0; i < 600; i++) own!.events.push({ ...own!.events[0]!, id: `more${i}`, change: ++own!.changes });
      },
    });
    type Page = { events: { id: string }[]; nextCursor?: string; nextSyncToken?: string };
    const pages: Page[] = [];
    const call = async (input: object): Promise<Page> => {
      const { output } = await world.call(name, input);
      pages.push(output as Page);
      return output as Page;
    };
    const ids = new Set<string>();
    for await (const { id } of everyItem(call, {}, 'events')) ids.add(id);
    expect([pages.length, ids.size]).toEqual([3, 604]);
    expect(pages.map(({ nextSyncToken }) => nextSyncToken !== undefined)).toEqual([false, false, true]);
    const { nextSyncToken: syncToken } = pages.at(-1)!;
    expect(await world.call(name, { syncToken })).toMatchObject({ output: { events: [] } });
    await world.call('google.createEvent', EVENT);
    world.google.events[0]!.status = 'cancelled';
    Object.assign(world.google.events[0]!, { change: ++world.google.data.calendars[0]!.changes });
    expect(await world.call(name, { syncToken })).toMatchObject({
      output: { events: [{ id: 'seed0', status: 'cancelled' }, { title: 'Planning' }] },
    });
  });

  it('says that everything has to be listed anew', async () => {
    const world = await setUp();
    for (const syncToken of ['long-gone', 'Y2hhbmdlOjk5OTk']) {
      const { state, error } = await world.call(name, { syncToken });
      expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
      expect(error?.detail).toMatch(/too old: list everything once without it/);
    }
  });

  it.each<[object, RegExp]>([
    [{ orderBy: 'startTime' }, /set singleEvents/],
    [{ timeMin: '2026-01-10T00:00:00Z', timeMax: '2026-01-09T00:00:00Z' }, /after timeMin/],
    [{ timeMin: '2026-01-10' }, /timeMin/],
    [{ syncToken: 'x', orderBy: 'updated' }, /with it there is no timeMin/],
    [{ syncToken: 'x', showDeleted: false }, /includes what was cancelled/],
    [{ calendar: '../../users/me' }, /no id of a calendar/],
    [{ calender: 'primary' }, /calender/],
  ])('does not take %j', async (input, words) => {
    const world = await setUp();
    const { state, error } = await world.call(name, input);
    expect([state, error?.code]).toEqual(['failed', 'invalid_argument']);
    expect(error?.detail).toMatch(words);
    expect(world.google.received.count).toBe(0);
  });

  it('asks again after a lost answer and when told to slow down', async () => {
    const world = await setUp();
    for (const kind of ['lost_answer', 'rate_limited'] as const) {
      world.google.faults.add({ kind }, 1, { method: 'GET' });
      expect((await world.call(name, IN_JANUARY)).state).toBe('done');
    }
  });
});

describe('Calendar through the pipeline', () => {
  it('lists calendars', async () => {
    const world = await setUp();
    const { output } = await world.call('google.listCalendars', {});
    expect(output).toEqual({
      calendars: [
        {
          id: 'robot@acme.example',
          title: 'Acme Robot',
          timeZone: 'Europe/Berlin',
          accessRole: 'owner',
          isPrimary: true,
        },
        expect.objectContaining({ title: 'Team', isPrimary: false }),
        expect.objectContaining({ accessRole: 'reader' }),
      ],
    });
    expect((await world.call('google.listCalendars', { minAccessRole: 'owner' })).output).toMatchObject({
      calendars: [{}, {}],
    });
    const { preview } = await world.call('google.listCalendars', {}, { dryRun: true });
    expect(preview?.url).toBe('https://www.googleapis.com/calendar/v3/users/me/calendarList?maxResults=250');
    world.google.faults.add({ kind: 'lost_answer' }, 1, { method: 'GET' });
    expect((await world.call('google.listCalendars', {})).state).toBe('done');
  });

  it('keeps a restricted connection in its calendar', async () => {
    const world = await setUp({}, restrictedTo({ calendar: ['c_team@group.calendar.google.com'] }));
    const calendar = 'c_team@group.calendar.google.com';
    expect((await world.call('google.createEvent', { ...EVENT, calendar })).state).toBe('done');
    for (const [action, input] of [
      ['createEvent', EVENT],
      ['listEvents', { calendar: 'robot@acme.example' }],
      ['listCalendars', {}],
    ] as const) {
      const refused = await world.call(`google.${action}`, input);
      expect(refused).toMatchObject({ state: 'failed', error: { code: 'target_not_allowed' } });
    }
    expect(world.google.events).toHaveLength(4);
  });

  it('keeps below what a user may ask in a minute', async () => {
    const world = await setUp();
    for (let i = 0; i < 700; i++) await world.call('google.listEvents', {});
    expect(world.google.received.requests.filter(({ status }) => status >= 400)).toEqual([]);
  });

  it('says what a token without permission lacks', async () => {
    const token = 'ya29.sandboxTokenThatOnlyTells00000000';
    const world = await setUp({}, { env: { GOOGLE_OAUTH_ACCESS_TOKEN: token } });
    const { error } = await world.call('google.listEvents', {});
    expect([error?.code, error?.detail]).toEqual(['provider_auth', expect.stringMatching(/lacks a permission/)]);
    const answer = await answerTo(world, connector, world.google, {
      request: connector.identity.request(world as never),
      token,
    });
    expect(connector.identity.read(answer)).toEqual({
      accountId: '108204268033311374519',
      account: 'acme.example',
      actor: 'robot@acme.example',
    });
  });

  it.runIf(specs.available)('asks and answers as the discovery document says', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(50);
    expect(checker!.checkedAnswers).toBeGreaterThan(50);
  });
});
