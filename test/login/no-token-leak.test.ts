/** What the tokens, codes and cookies of people who sign in, and those of the providers, must not be found in. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Browser } from '../oauth/setting.js';
import { consent, createSandboxSetting, leaks, watchSecrets, type SandboxSetting } from '../oauth/sandbox-setting.js';

const APP = 'com.example.app:/signed-in';
const FRAGMENT_APP = 'com.example.fragment:/signed-in';
const SESSION_APP = 'https://app.example.com/signed-in';
const VERIFIER = 'Vq4'.repeat(15);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const LIVE = { tenant: 'default', environment: 'live' } as const;

let setting: SandboxSetting;
const said: [place: string, text: string][] = [];
const secrets = new Map<string, string>([[VERIFIER, 'verifier of an application']]);
beforeEach(async () => {
  const apps = [
    { redirectUri: APP },
    { redirectUri: FRAGMENT_APP, fragment: true },
    { redirectUri: SESSION_APP, fragment: 'session' as const },
  ];
  setting = await createSandboxSetting({ names: ['google', 'github'], file: { login: { apps } } });
});
afterEach(() => setting.close());

/** The page and the headers of an answer, without the line that sets a cookie: that is where its value belongs. */
async function keep(place: string, answer: Response, location = answer.headers.get('location') ?? ''): Promise<void> {
  const headers = [...answer.headers].filter(([name]) => name !== 'set-cookie' && name !== 'location');
  said.push([place, JSON.stringify([headers, location, await answer.text()])]);
}

/** From the button to the callback. */
async function signIn(provider: string, query = '', decision: 'allow' | 'deny' = 'allow', browser = new Browser()) {
  const sent = await browser.get(`${setting.origin}/login/${provider}${query}`);
  const at = new URL(sent.headers.get('location')!);
  said.push(['the address at the provider', at.href]);
  const back = consent(setting.provider(provider), at, setting.clock.nowMs(), decision);
  return { browser, back, answer: await browser.get(back) };
}

/** An answer of the door for applications: the tokens in it are where they belong. */
async function exchange(fields: Record<string, string>): Promise<Record<string, string>> {
  const init = { method: 'POST', body: new URLSearchParams(fields) };
  const answer = await fetch(`${setting.origin}/login/token`, init);
  const json = (await answer.json()) as Record<string, string>;
  for (const kind of ['access_token', 'refresh_token']) if (json[kind]) secrets.set(json[kind], `our ${kind}`);
  if (!answer.ok) said.push(['a refusal', JSON.stringify(json)]);
  return json;
}

async function byCode(provider: string): Promise<void> {
  const query = `?redirect_uri=${APP}&code_challenge=${CHALLENGE}&code_challenge_method=S256&state=s1`;
  const { answer } = await signIn(provider, query);
  const to = new URL(answer.headers.get('location')!);
  const code = to.searchParams.get('code')!;
  secrets.set(code, 'our code');
  to.searchParams.delete('code');
  await keep('what leads to an application', answer, to.href);
  const given = { grant_type: 'authorization_code', code, code_verifier: VERIFIER };
  const { refresh_token = '' } = await exchange(given);
  await exchange({ grant_type: 'refresh_token', refresh_token });
  await exchange({ grant_type: 'refresh_token', refresh_token });
  await exchange(given);
}

async function byFragment(provider: string, redirectUri: string): Promise<void> {
  const { answer } = await signIn(provider, `?redirect_uri=${redirectUri}&response_mode=fragment`);
  const [before = '', fragment = ''] = answer.headers.get('location')!.split('#');
  const token = new URLSearchParams(fragment).get('token')!;
  secrets.set(token, 'token of a fragment');
  await keep('what stands before a fragment', answer, before);
  await exchange({ grant_type: 'exchange_token', token });
}

it.each(['google', 'github'])('finds nothing where it does not belong: %s', async (provider) => {
  watchSecrets(setting.provider(provider), secrets);
  const { browser, back, answer } = await signIn(provider);
  await keep('the callback', answer);
  secrets.set(browser.cookies.get('fairlead-session')!, 'cookie');
  await keep('the page of who is signed in', await browser.get(`${setting.origin}/login`));
  await keep('the callback again', await browser.get(back));
  await keep('the callback in another browser', await new Browser().get(back));
  await keep('a denial', (await signIn(provider, '', 'deny')).answer);
  const { oauth, faults } = setting.provider(provider);
  const json = { error: 'invalid_request', error_description: `bad ${oauth.clientSecret}` };
  faults.add({ kind: 'failure', status: 400, json }, 1, { path: oauth.form.tokenPath });
  await keep('a failure', (await signIn(provider)).answer);
  await byCode(provider);
  await byFragment(provider, FRAGMENT_APP);
  await byFragment(provider, SESSION_APP);
  said.push(['the log', JSON.stringify(setting.lines)]);
  said.push(['the audit log', JSON.stringify(await setting.store.audit.search(LIVE, {}, { limit: 500 }))]);

  const kinds = new Set(secrets.values());
  for (const kind of ['code', 'cookie', 'our code', 'our access_token', 'our refresh_token', 'token of a fragment']) {
    expect([...kinds]).toContain(kind);
  }
  expect(said.find(([place]) => place === 'the audit log')?.[1]).toContain('people.sign_in');
  expect(leaks(said, secrets)).toEqual([]);
});
