/** `fairlead request`: what its words and flags become, what it refuses before anything is sent, and what it prints. */
import { beforeEach, describe, expect, it } from 'vitest';
import { memoryFiles, VirtualClock, VirtualNet } from '../../src/testing/index.js';
import { run, type Run, type RunOptions } from './fake-world.js';
import { createSetting, START_MS, type Setting } from './setting.js';

const STRIPE = 'https://api.stripe.com/v1';
const FORM = 'application/x-www-form-urlencoded';
const variables = { STRIPE_SECRET_KEY: 'sk_test_of_nobody_0123456789', GITHUB_TOKEN: 'ghp_of_nobody_0123456789' };

let setting: Setting;
let net: VirtualNet;
beforeEach(async () => {
  net = new VirtualNet({ clock: new VirtualClock(START_MS) });
  setting = await createSetting({ variables, net });
});

const request = (words: string, options?: RunOptions): Promise<Run> => run(setting, `request ${words}`, options);
const errorOf = ({ stderr }: Run): { code: string; detail: string } =>
  (JSON.parse(stderr.trim().split('\n').at(-1)!) as { error: { code: string; detail: string } }).error;
const previewOf = ({ stdout }: Run): Record<string, unknown> & { headers: Record<string, string> } =>
  (JSON.parse(stdout) as { preview: Record<string, unknown> & { headers: Record<string, string> } }).preview;

describe('a dry run', () => {
  it.each<[string, string, { method: string; url: string; body?: string; type?: string }]>([
    [
      'provider, method, path',
      'stripe GET /v1/customers?limit=3',
      { method: 'GET', url: `${STRIPE}/customers?limit=3` },
    ],
    ['no method', 'stripe /v1/customers', { method: 'GET', url: `${STRIPE}/customers` }],
    ['HEAD', 'github HEAD /user', { method: 'HEAD', url: 'https://api.github.com/user' }],
    ['a small method', 'stripe delete /v1/customers/cus_1', { method: 'DELETE', url: `${STRIPE}/customers/cus_1` }],
    ['an address', 'https://api.github.com/user', { method: 'GET', url: 'https://api.github.com/user' }],
    [
      'a form',
      'stripe /v1/customers --form name=Ada --form "metadata[a]=1 2"',
      { method: 'POST', url: `${STRIPE}/customers`, body: 'name=Ada&metadata%5Ba%5D=1+2', type: FORM },
    ],
  ])('of %s shows what would be sent', async (_, words, { type, ...shown }) => {
    const ran = await request(`${words} -n --json`);
    expect(previewOf(ran)).toMatchObject(shown);
    if (type !== undefined) expect(previewOf(ran).headers['content-type']).toBe(type);
    expect(net.requests).toEqual([]);
    expect(ran.stdout + ran.stderr).not.toMatch(/of_nobody/);
  });

  it('takes a body from a file and from stdin', async () => {
    const files = memoryFiles();
    files.contents.set('/work/issue.json', new TextEncoder().encode('{"title":"Broken"}'));
    const line = 'github POST /repos/octo/widgets/issues -n --json';
    const fromFile = previewOf(await request(`${line} --body issue.json`, { files }));
    expect(fromFile).toMatchObject({ body: '{"title":"Broken"}', headers: { 'content-type': 'application/json' } });
    expect(previewOf(await request(`${line} --body -`, { stdin: '[1]' }))).toMatchObject({ body: '[1]' });
  });
});

describe('what is refused', () => {
  it.each<[string, string, string, RegExp]>([
    ['a payment without a key', 'stripe POST /v1/payment_intents --form amount=100', 'idempotency_required', /key/],
    ['two bodies', 'github POST /x --data 1 --form a=b', 'invalid_argument', /two ways/],
    ['a body that is no JSON', 'github POST /x --data nonsense', 'invalid_argument', /no JSON/],
    ['a form without a name', 'stripe /v1/customers --form Ada', 'invalid_argument', /name=value/],
    ['a header without a name', 'github GET /user --header x', 'invalid_argument', /Name: value/],
    ['a header that is ours', 'github GET /user --header Host:x', 'invalid_argument', /sets it itself/],
    ['a path that is nobody’s', 'GET /v1/customers', 'invalid_argument', /whose/],
    ['a provider nobody has', 'nobody GET /x', 'not_found', /nobody/],
    ['a host that is no provider’s', 'stripe GET https://evil.test/v1', 'egress_denied', /evil\.test/],
    ['a path that goes up', 'stripe GET /v1/../x', 'invalid_argument', /up|address/],
  ])('%s', async (_, words, code, said) => {
    const ran = await request(`${words} --json`);
    expect(ran.exit).not.toBe(0);
    expect(errorOf(ran)).toMatchObject({ code, detail: expect.stringMatching(said) });
    expect(net.requests).toEqual([]);
  });

  it('a secret among the words, which would stay in the history of the shell', async () => {
    const ran = await request('stripe /v1/customers --header X-Key:sk_live_0123456789abcdefghijklmn --json');
    expect([ran.exit, net.requests.length]).toEqual([2, 0]);
    expect(ran.stdout + ran.stderr).not.toContain('sk_live_0123456789abcdefghijklmn');
  });
});

describe('what is sent', () => {
  const json = { 'content-type': 'application/json' };

  it('is answered in the words of the provider, JSON as JSON', async () => {
    net.on(`GET ${STRIPE}/customers`, () => ({ headers: json, body: { data: [{ id: 'cus_1' }] } }));
    const ran = await request('stripe GET /v1/customers --json');
    expect(JSON.parse(ran.stdout)).toMatchObject({
      state: 'done',
      output: { status: 200, json: { data: [{ id: 'cus_1' }] } },
    });
    expect(net.requests[0]!.headers['authorization']).toBe(`Bearer ${variables.STRIPE_SECRET_KEY}`);
  });

  it('is sent once under a key, and told again from the ledger', async () => {
    net.on(`POST ${STRIPE}`, () => ({ headers: json, body: { id: 'pi_1' } }));
    const line = 'stripe POST /v1/payment_intents --form amount=100 --idempotency-key order-7 --json';
    const states = [await request(line), await request(line)].map(
      ({ stdout }) => (JSON.parse(stdout) as { state: string }).state,
    );
    expect(states).toEqual(['done', 'replayed']);
    expect(net.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['order-7']);
  });

  it('ends with another exit code where the provider refuses, with its words', async () => {
    net.on(`GET ${STRIPE}`, () => ({ status: 404, headers: json, body: { error: { message: 'No such customer' } } }));
    const ran = await request('stripe GET /v1/customers/cus_9');
    expect(ran.exit).not.toBe(0);
    expect(ran.stdout + ran.stderr).toContain('No such customer');
  });
});
