/** The examples of the guide to the proxy run as they stand, but for the ports. */
import { readFileSync } from 'node:fs';
import { Octokit } from '@octokit/rest';
import { WebClient } from '@slack/web-api';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KEY, openSetting, type Setting } from '../sdks/setting.js';

const GUIDE = readFileSync(new URL('../../docs/guide/sdk-proxy.md', import.meta.url), 'utf8');
const EXAMPLES = [...GUIDE.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!);

let setting: Setting;
beforeAll(async () => {
  setting = await openSetting(['github', 'slack', 'stripe'], ['stripe']);
});
afterAll(() => setting.close());

it('shows examples that run', async () => {
  const said: unknown[] = [];
  for (const example of EXAMPLES) {
    const code = example
      .replace(/^import .*$/gm, '')
      .replaceAll('http://127.0.0.1:4650', setting.url)
      .replaceAll('4651', new URL(setting.ownUrl('stripe')).port)
      .replaceAll('process.env.FAIRLEAD_API_KEY', JSON.stringify(KEY));
    // oxlint-disable-next-line no-new-func -- the text of the guide is what is tested
    const run = new Function('Octokit', 'WebClient', 'Stripe', `return (async () => {${code}})();`) as (
      ...sdks: unknown[]
    ) => Promise<unknown>;
    said.push(await run(Octokit, WebClient, Stripe));
  }
  expect(said).toEqual(['From an SDK', true, 'Ada']);
});
