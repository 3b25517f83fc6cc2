/** The examples of the guides to REST and to its client run as they stand, but for the port and the key. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient, FairleadProblem } from '../../src/client.js';
import { KEY, openSetting, type Setting } from '../sdks/setting.js';

const examplesOf = (guide: string, language: string): string[] => {
  const text = readFileSync(new URL(`../../docs/guide/${guide}.md`, import.meta.url), 'utf8');
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code]) => code!);
};

let setting: Setting;
beforeAll(async () => {
  setting = await openSetting(['slack'], []);
});
afterAll(() => setting.close());

it('the client', async () => {
  const said: unknown[] = [];
  for (const example of examplesOf('client', 'js')) {
    const code = example
      .replace(/^import .*$/gm, '')
      .replaceAll('http://127.0.0.1:4650', setting.url)
      .replaceAll('process.env.FAIRLEAD_API_KEY', JSON.stringify(KEY));
    // oxlint-disable-next-line no-new-func -- the text of the guide is what is tested
    const run = new Function('createClient', 'FairleadProblem', `return (async () => {${code}})();`) as (
      ...parts: unknown[]
    ) => Promise<unknown>;
    said.push(await run(createClient, FairleadProblem));
  }
  expect(said).toEqual([
    ['done', 'replayed'],
    ['crm.deleteContact'],
    ['not_found', 404, 'never'],
    ['string', 'crm.deleteContact'],
  ]);
});

it('REST', async () => {
  const script = examplesOf('rest', 'sh').join('\necho\n').replaceAll('http://127.0.0.1:4650', setting.url);
  const env = { PATH: process.env['PATH'], FAIRLEAD_API_KEY: KEY };
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env, encoding: 'utf8' });
  expect(stdout).toMatch(/"state":"(done|replayed)"/);
  expect(stdout).toContain('"code":"not_found"');
  expect(stdout).toMatch(/"entries":\[\{.*"action":"slack.sendMessage"/);
  expect(stdout).toMatch(/^\{"id":"call_.*\}$/m);
  expect(stdout).toMatch(/^retry: 2000\n\nid: \w+\ndata: \{/m);
});
