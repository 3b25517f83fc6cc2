/** What every token, code, verifier and client secret of the flows must not be found in. */
import { afterEach, expect, it } from 'vitest';
import { isAppError } from '../../src/core/errors.js';
import { beginAt, Browser, SANDBOX } from './setting.js';
import {
  consent,
  createSandboxSetting,
  leaks,
  PROVIDERS,
  watchSecrets,
  type SandboxSetting,
} from './sandbox-setting.js';

let setting: SandboxSetting | undefined;
afterEach(() => setting?.close());

it('finds no token, code or client secret in addresses, pages, logs, errors, audit lines or answers', async () => {
  setting = await createSandboxSetting();
  const { call, act, clock, lines, origin, store } = setting;
  const secrets = new Map<string, string>();
  const said: [place: string, text: string][] = [];
  const say = (place: string, value: unknown): void =>
    void said.push([place, typeof value === 'string' ? value : JSON.stringify(value)]);
  const attempt = async (place: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      say(place, await work());
    } catch (error) {
      say(place, isAppError(error) ? JSON.stringify([error.message, error.toString(), error]) : String(error));
    }
  };

  for (const name of PROVIDERS) {
    watchSecrets(setting.provider(name), secrets);
    const provider = setting.provider(name);
    const browser = new Browser();
    const { url } = (await call('connections.connect', { provider: name })) as { url: string };
    say('the page of the link', await (await browser.get(url)).text());
    const at = await beginAt(browser, url);
    say('the address of the link', url);
    say('the address at the provider', at.href);
    const back = consent(provider, at, clock.nowMs());
    const answer = await browser.get(back);
    say('the headers of the callback', [...answer.headers]);
    say('the page of the callback', await answer.text());
    const end = answer.headers.get('location')!;
    say('the address in the end', end);
    say('the page in the end', await (await browser.get(end)).text());
    say('the page for another browser', await (await fetch(back)).text());
    // Refused in the last step, by a provider that repeats what it was sent.
    const next = consent(provider, await beginAt(browser, url), clock.nowMs());
    const { clientSecret } = provider.oauth;
    /** Repeats what it is sent. */
    const fail = (callback: string): void => {
      const error_description = `bad ${clientSecret} ${new URL(callback).searchParams.get('code')}`;
      const json = { ok: false, error: 'invalid_request', error_description };
      provider.faults.add({ kind: 'failure', status: 400, json }, 1, { path: provider.oauth.form.tokenPath });
    };
    fail(next);
    const refused = await browser.follow(next);
    say('the address of a failure', refused.href);
    say('the page of a failure', await (await browser.get(refused.href)).text());
    await attempt('a pasted answer', async () => {
      const flow = (await call('connections.authorize', { provider: name })) as {
        authorizationUrl: string;
        binding: string;
      };
      const pasted = consent(provider, new URL(flow.authorizationUrl), clock.nowMs());
      fail(pasted);
      return await call('connections.complete', { provider: name, answer: pasted, binding: flow.binding });
    });
  }
  const { connections } = (await call('connections.list', {})) as { connections: { id: string }[] };
  expect(connections).toHaveLength(PROVIDERS.length);
  say('the list', connections);
  await clock.advance(13 * 3_600_000);
  for (const { id } of connections) {
    await attempt('a test', async () => await act('connections.test', { id }));
    await attempt('the scopes', async () => await call('connections.scopes', { id }));
    await attempt('an end', async () => await call('connections.disconnect', { id }));
  }
  say('the log', lines);
  const rows = await store.audit.search(SANDBOX, {}, { limit: 500 });
  say('the audit log', rows);
  for (const name of PROVIDERS) say('what a simulated provider shows', setting.provider(name).received.requests);

  expect(origin).toMatch(/^http:/);
  const kinds = new Set(secrets.values());
  expect([...kinds].sort()).toEqual(['access_token', 'client secret', 'code', 'id_token', 'refresh_token', 'verifier']);
  expect(said.length).toBeGreaterThan(70);
  expect(leaks(said, secrets)).toEqual([]);
});
