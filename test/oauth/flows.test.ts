/** Connecting, with the authorization servers of all seven simulated providers. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Browser, beginAt } from './setting.js';
import { consent, createSandboxSetting, PROVIDERS, type SandboxSetting } from './sandbox-setting.js';

let setting: SandboxSetting;
beforeEach(async () => void (setting = await createSandboxSetting()));
afterEach(() => setting.close());

interface Shown {
  id: string;
  provider: string;
  state: string;
  account?: string;
}
const list = async (): Promise<Shown[]> =>
  ((await setting.call('connections.list', {})) as { connections: Shown[] }).connections;
const test = async (id: string): Promise<{ ok?: boolean; status?: string }> =>
  await setting.act('connections.test', { id });

/** The life of the access tokens that it gives by itself. */
const ENDS = ['slack', 'google', 'linear', 'figma'];
/** Refresh tokens are good for one use. */
const ROTATES = ['slack', 'github', 'linear', 'notion'];

describe.each(PROVIDERS)('%s', (name) => {
  it('is connected, works with the token it gave, and is disconnected there and here', async () => {
    const to = await setting.go(name);
    expect(`${to.pathname}${to.search}`).toBe(`/settings/connections?success=${name}`);
    const [shown] = await list();
    expect(shown).toMatchObject({ provider: name, state: 'connected' });
    expect(shown!.account).toBeDefined();
    const { oauth } = setting.provider(name);
    expect(oauth.grants).toBe(1);
    const { note } = (await setting.call('connections.disconnect', { id: shown!.id })) as { note?: string };
    if (name === 'figma') expect(oauth.grants).toBe(1);
    else expect([oauth.grants, note ?? '']).toEqual([0, expect.not.stringContaining('failed')]);
  });

  it('takes no for an answer', async () => {
    const to = await setting.go(name, {}, { decision: 'deny' });
    expect(to.searchParams.get('error')).toBe('access_denied');
    expect([await list(), setting.provider(name).oauth.grants]).toEqual([[], 0]);
  });

  it('refuses a code that comes twice, and ends what it was used for', async () => {
    const browser = new Browser();
    const begun = async () =>
      await beginAt(browser, ((await setting.call('connections.connect', { provider: name })) as { url: string }).url);
    const [first, second] = [await begun(), await begun()];
    const nowMs = setting.clock.nowMs();
    const good = new URL(consent(setting.provider(name), first, nowMs));
    const answer = await browser.follow(good.href);
    expect(answer.searchParams.get('success')).toBe(name);
    const stolen = new URL(consent(setting.provider(name), second, nowMs));
    stolen.searchParams.set('code', good.searchParams.get('code')!);
    expect((await browser.follow(stolen.href)).searchParams.get('error')).toBe('code_refused');
    expect(setting.provider(name).oauth.grants).toBe(0);
  });

  it('says a wrong secret, an error that looks like success, an outage and a lost answer', async () => {
    const { oauth, faults } = setting.provider(name);
    const path = `${oauth.form.tokenPath}`;
    const ends = async () => (await setting.go(name)).searchParams.get('error');
    faults.add({ kind: 'business', name: 'token_error_in_200' }, 1, { path });
    expect(await ends()).toBe('provider_unavailable');
    faults.add({ kind: 'failure', status: 503 }, 1, { path });
    expect(await ends()).toBe('provider_unavailable');
    faults.add({ kind: 'lost_answer' }, 1, { path });
    expect(await ends()).toBe('provider_unavailable');
    Object.assign(oauth, { clientSecret: 'another' });
    expect(await ends()).toBe('client_invalid');
    expect(await list()).toEqual([]);
  });

  // Stripe's access tokens do not end: there is nothing to renew.
  if (name === 'stripe') return;
  it('renews by its own rules, and says when the access was taken back', async () => {
    const { oauth, received, faults } = setting.provider(name);
    if (!ENDS.includes(name)) oauth.lifeMs = 3_600_000;
    await setting.go(name);
    const [{ id } = { id: '' }] = await list();
    for (let times = 0; times < 2; times++) {
      await setting.clock.advance((oauth.lifeMs ?? 0) + 1000);
      await test(id);
      expect(await list()).toMatchObject([{ state: 'connected' }]);
    }
    const path = oauth.form.refreshPath ?? oauth.form.tokenPath;
    const count = received.requests.filter((one) => one.path === path && one.status === 200).length;
    expect(count).toBe(oauth.form.refreshPath === undefined ? 3 : 2);
    expect(oauth.grants).toBe(1);
    if (ROTATES.includes(name)) {
      faults.add({ kind: 'lost_answer' }, 1, { path });
    } else {
      oauth.endAll();
    }
    await setting.clock.advance((oauth.lifeMs ?? 0) + 1000);
    for (let times = 0; times < 3; times++) {
      await test(id).catch(() => undefined);
      await setting.clock.advance(10 * 60_000);
    }
    expect(await list()).toMatchObject([{ state: 'needs_reconnect' }]);
  });
});

describe('what the authorization servers insist on', () => {
  it('gives no refresh token without access_type=offline, and leaves out what people leave out', async () => {
    const rows = 'https://www.googleapis.com/auth/spreadsheets.readonly';
    const files = 'https://www.googleapis.com/auth/drive.readonly';
    const to = await setting.go('google', { scope: [rows, files] }, { without: [files] });
    expect(to.searchParams.get('success')).toBe('google');
    const [{ id } = { id: '' }] = await list();
    const { granted, missing } = (await setting.call('connections.scopes', { id })) as {
      granted: string[];
      missing: string[];
    };
    expect([granted.includes(rows), missing]).toEqual([true, [files]]);
  });

  it('S-401: refuses a code whose verifier is not the one that was asked with', async () => {
    for (const name of ['google', 'github', 'linear', 'figma']) {
      const browser = new Browser();
      const { url } = (await setting.call('connections.connect', { provider: name })) as { url: string };
      const at = await beginAt(browser, url);
      at.searchParams.set('code_challenge', 'A'.repeat(43));
      const back = consent(setting.provider(name), at, setting.clock.nowMs());
      expect((await browser.follow(back)).searchParams.get('error'), name).toBe('code_refused');
    }
  });

  it('shows a page and sends nobody anywhere for an address that is not one of an application', async () => {
    const { url } = (await setting.call('connections.connect', { provider: 'google' })) as { url: string };
    const at = await beginAt(new Browser(), url);
    for (const bad of ['http://evil.example/', 'javascript:alert(1)', 'data:text/html,x', 'https://a.example/#x']) {
      at.searchParams.set('redirect_uri', bad);
      expect(consent(setting.provider('google'), at, 0)).toBe('about:blank?400');
    }
  });

  it('S-402: a link that is over, a state that was used and another browser lead to no connection', async () => {
    const { url } = (await setting.call('connections.connect', { provider: 'slack', minutes: 1 })) as { url: string };
    const browser = new Browser();
    const at = await beginAt(browser, url);
    const back = consent(setting.provider('slack'), at, setting.clock.nowMs());
    expect((await new Browser().get(back)).status).toBe(200);
    expect(await list()).toEqual([]);
    const cookies = [...browser.cookies];
    expect((await browser.follow(back)).searchParams.get('success')).toBe('slack');
    for (const [cookie, value] of cookies) browser.cookies.set(cookie, value);
    expect((await browser.follow(back)).searchParams.get('error')).toBe('state_invalid');
    await setting.clock.advance(60_000);
    expect((await browser.get(url)).status).toBe(403);
    expect(await list()).toHaveLength(1);
  });
});
