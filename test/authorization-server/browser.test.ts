/** The page of consent in a real browser: its policy lets the answer through to where it belongs, and nothing else runs. */
import { chromium, type Browser as Chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requirePart } from '../requirements.js';
import { BACK, CLIENT, openWorld, VERIFIER, type World } from './world.js';

const part = requirePart('chromium');
if (!part.available) console.warn(`skipped: ${part.reason}`);

const HERE = 'http://127.0.0.1:49152/back';
const APP = 'com.example.app:/back';
const NAME = '"><script>alert(1)</script><img src=x onerror=alert(1)>';

let chrome: Chromium;
let world: World;
beforeAll(async () => {
  if (!part.available) return;
  chrome = await chromium.launch({ executablePath: part.path!, args: ['--no-sandbox'] });
  world = await openWorld();
  const redirects = [BACK, 'http://127.0.0.1/back', APP];
  const document = { client_id: CLIENT, client_name: NAME, redirect_uris: redirects };
  world.net.on(`GET ${CLIENT}`, () => ({ body: document }));
}, 60_000);
afterAll(async () => {
  world?.close();
  await chrome?.close();
}, 30_000);

/** A tab of the person who has signed in; what it objects to, runs or shows is kept. */
async function open(redirectUri: string): Promise<{ page: Page; seen: string[] }> {
  const context = await chrome.newContext();
  const value = world.browser.cookies.get('fairlead-session')!;
  await context.addCookies([{ name: 'fairlead-session', value, url: world.origin, httpOnly: true, sameSite: 'Lax' }]);
  const page = await context.newPage();
  const seen: string[] = [];
  page.on('console', (message) => void seen.push(message.text()));
  page.on('dialog', (dialog) => void (seen.push(dialog.message()), void dialog.dismiss()));
  // Whoever is sent an answer shows an empty page.
  await page.route(
    (url) => url.origin !== world.origin,
    (route) => route.fulfill({ body: '' }),
  );
  await page.goto(world.authorizeUrl({ redirect_uri: redirectUri }));
  return { page, seen };
}

it.skipIf(!part.available).each([BACK, HERE])(
  'a yes is answered with a code that is good: %s',
  { timeout: 60_000 },
  async (redirectUri) => {
    const { page, seen } = await open(redirectUri);
    expect(await page.getByRole('heading').textContent()).toBe('app.example asks for access');
    await page.getByRole('button', { name: 'Allow app.example' }).click();
    await page.waitForURL((url) => url.href.startsWith(redirectUri));
    const back = new URL(page.url());
    expect([back.searchParams.get('iss'), back.searchParams.get('state')]).toEqual([world.origin, 's1']);
    const { status, json } = await world.redeem(back, { redirect_uri: redirectUri, code_verifier: VERIFIER });
    expect([status, json['token_type']]).toEqual([200, 'Bearer']);
    expect(seen.filter((line) => !line.includes('favicon'))).toEqual([]);
    await page.context().close();
  },
);

it.skipIf(!part.available)('a no is told, to an app on this machine, too', { timeout: 60_000 }, async () => {
  const { page } = await open(HERE);
  await page.getByRole('button', { name: 'Do not allow it' }).click();
  await page.waitForURL((url) => url.href.startsWith(HERE));
  expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied');
  await page.context().close();
  const app = await open(APP);
  await app.page.getByRole('button', { name: 'Do not allow it' }).click();
  // No page stands behind such an address: that it was answered shows in the audit log alone.
  const refused = async () => (await world.entries()).filter(({ action }) => action.includes('refuse')).length;
  await expect.poll(refused, { timeout: 15_000 }).toBe(2);
  expect(app.seen.filter((line) => /policy|directive|alert/i.test(line))).toEqual([]);
  await app.page.context().close();
});
