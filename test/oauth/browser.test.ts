/** Connecting in a real browser, to simulated providers on ports of this machine. */
import { chromium, type Browser as Chromium, type Page, type Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localPrincipal } from '../../src/core/local-identity.js';
import type { Simulation } from '../../src/sandbox/index.js';
import { requirePart } from '../requirements.js';
import { SANDBOX } from './setting.js';
import { createSandboxSetting, PROVIDERS, type SandboxSetting } from './sandbox-setting.js';

const part = requirePart('chromium');
if (!part.available) console.warn(`skipped: ${part.reason}`);

/** The proofs go to all of them. */
const CONNECTED = process.env['FAIRLEAD_BROWSER_PROVIDERS'] === 'all' ? PROVIDERS : (['slack', 'notion'] as const);
const AT = 'https://www.googleapis.com/auth/';
const HOUR_MS = 3_600_000;
const CSV = '1SandboxFileOrdersCsv00000000000000';

describe.skipIf(!part.available)('in a browser', { timeout: 60_000 }, () => {
  let chrome: Chromium;
  let setting: SandboxSetting;
  let requests: Request[] = [];
  beforeAll(async () => {
    chrome = await chromium.launch({ executablePath: part.path!, args: ['--no-sandbox'] });
    setting = await createSandboxSetting({ isServed: true });
  }, 60_000);
  afterAll(async () => {
    setting?.close();
    await chrome?.close();
  }, 30_000);

  async function open(url: string): Promise<Page> {
    const page = await (await chrome.newContext()).newPage();
    page.on('request', (request) => requests.push(request));
    await page.goto(url);
    return page;
  }

  const link = async (provider: string, input: object = {}): Promise<string> =>
    ((await setting.call('connections.connect', { provider, ...input })) as { url: string }).url;
  const pressed = async (page: Page, button: string): Promise<void> => {
    await page.getByRole('button', { name: button }).click();
    await page.waitForLoadState();
  };
  const ids = async (provider: string): Promise<string[]> => {
    const listed = await setting.call('connections.list', { provider });
    const { connections } = listed as { connections: { id: string; state: string }[] };
    return connections.filter(({ state }) => state === 'connected').map(({ id }) => id);
  };

  it.each(CONNECTED)('%s is connected, and no code goes on with a referer', async (name) => {
    requests = [];
    const page = await open(await link(name));
    await pressed(page, 'Connect');
    await page.getByRole('button', { name: 'Allow' }).waitFor();
    await pressed(page, 'Allow');
    await page.waitForURL(/\/settings\/connections/);
    expect(page.url()).toBe(`${setting.origin}/settings/connections?success=${name}`);
    expect(await page.getByRole('heading').textContent()).toContain('is connected');
    expect(await ids(name)).toHaveLength(1);
    const sent = await Promise.all(
      requests.map(async (request) => ({
        origin: new URL(request.url()).origin,
        referer: (await request.allHeaders())['referer'] ?? '',
      })),
    );
    expect(sent.filter(({ referer }) => /[?&](code|state|access_token)=/.test(referer))).toEqual([]);
    // The link itself stays between the browser and us.
    expect(sent.filter(({ origin, referer }) => origin !== setting.origin && referer.includes('link='))).toEqual([]);
    await page.context().close();
  });

  it('says no, a state that was used, another browser and a link that is over', async () => {
    const denied = await open(await link('slack'));
    await pressed(denied, 'Connect');
    await pressed(denied, 'Deny');
    await denied.waitForURL(/error=access_denied/);
    expect(await denied.getByRole('main').textContent()).toMatch(/Id: req_/);

    requests = [];
    const short = await link('slack', { minutes: 1 });
    const page = await open(short);
    await pressed(page, 'Connect');
    await pressed(page, 'Allow');
    await page.waitForURL(/success=slack/);
    const callback = requests.map((request) => request.url()).find((url) => url.includes('/auth/slack/callback'))!;
    // The cookie of the flow is gone with its state.
    await page.goto(callback);
    expect(await page.getByRole('main').textContent()).toContain('begun in another browser');
    const other = await open(callback);
    expect(await other.getByRole('main').textContent()).toContain('begun in another browser');
    expect(await ids('slack')).toHaveLength(1);

    await setting.clock.advance(60_000);
    const late = await open(short);
    expect(await late.getByRole('heading').textContent()).toBe('This link is over');
  });

  it('read-only-google: two scopes read the CSV through an expiry, and a write is refused by the name of its scope', async () => {
    const page = await open(await link('google', { scope: [`${AT}drive.readonly`, `${AT}spreadsheets.readonly`] }));
    await pressed(page, 'Connect');
    await pressed(page, 'Allow');
    await page.waitForURL(/success=google/);
    const [connectionId] = await ids('google');
    let calls = 0;
    const run = async (action: string, input: object) => {
      const principal = localPrincipal('person', 'local', 'cli');
      const context = { scope: SANDBOX, principal, callId: `call_${(calls += 1)}`, dryRun: false };
      return await setting.gateway.callAction({ context, action, input, connectionId: connectionId! });
    };
    const google = setting.provider('google');
    const asked = () => google.received.requests.filter(({ path }) => path === '/token').length;
    const asForThis = asked();
    expect(await run('google.readCsv', { file: CSV })).toMatchObject({ state: 'done' });
    expect(asked()).toBe(asForThis);
    await setting.clock.advance(HOUR_MS - 30 * 60_000);
    // It asks for the file's facts first, and for its content then: in between, the token ends.
    const simulation = google as unknown as Simulation<unknown>;
    const ends: [end: (token: string) => void, answers: object[]][] = [
      // By the clock: the machine slept past its hour.
      [() => setting.clock.jumpWall(31 * 60_000), [{ facts: 200 }, { token: 200 }, { content: 200 }]],
      // By the provider, before its hour is over.
      [
        (token) => simulation.tokens.revoke(token),
        [{ facts: 200 }, { content: 401 }, { token: 200 }, { content: 200 }],
      ],
    ];
    for (const [end, expected] of ends) {
      const answers: object[] = [];
      // A token of less than a minute is not renewed again.
      await setting.clock.advance(60_000);
      simulation.onExchange = ({ path, query, headers }, { status }) => {
        const what = path === '/token' ? 'token' : query.get('alt') === 'media' ? 'content' : 'facts';
        if (answers.push({ [what]: status }) === 1) end(headers['authorization']!.slice('Bearer '.length));
      };
      const done = await run('google.readCsv', { file: CSV });
      const rows = [
        ['1', 'Zürich, CH', '12.50'],
        ['2', 'say "hi"', '7'],
      ];
      expect(done).toMatchObject({ state: 'done', output: { rows } });
      expect(answers).toEqual(expected);
    }
    simulation.onExchange = undefined;
    expect(asked()).toBe(asForThis + 2);

    const before = google.received.count;
    const event = {
      title: 'Review',
      start: { dateTime: '2026-02-03T09:00:00Z' },
      end: { dateTime: '2026-02-03T10:00:00Z' },
    };
    const refused = await run('google.createEvent', event).catch((error: unknown) => error);
    expect(JSON.stringify(refused) + String(refused)).toContain(`${AT}calendar.events`);
    expect(google.received.count).toBe(before);
  });
});
