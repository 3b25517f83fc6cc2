/** `fairlead webhooks verify` and `diagnose`: deliveries in files, by every way to write them down. */
import { beforeAll, describe, expect, it } from 'vitest';
import { memoryFiles, type MemoryFiles } from '../../src/testing/index.js';
import { providers, sign } from '../../src/verify.js';
import { run, type Run } from './fake-world.js';
import { createSetting, START_MS, type Setting } from './setting.js';

const SECRET = 'a-secret-of-this-test-and-of-nobody';
const BODY = '{"action":"opened","text":"caf\u00e9"}';
const HEADERS = { 'Content-Type': 'application/json', 'X-GitHub-Event': 'issues' };

let setting: Setting;
let files: MemoryFiles;
let signature: string;

const put = (name: string, text: string | Uint8Array): void => {
  files.contents.set(`/work/${name}`, typeof text === 'string' ? new TextEncoder().encode(text) : text);
};

beforeAll(async () => {
  setting = await createSetting();
  files = memoryFiles();
  const signed = sign('github', { body: BODY, secret: SECRET, nowMs: START_MS });
  if (!signed.ok) return expect.fail(signed.reason);
  signature = signed.headers['x-hub-signature-256']!;
  const headers = { ...HEADERS, 'X-Hub-Signature-256': signature };
  put('secret.txt', `${SECRET}\n`);
  put('wrong.txt', 'another secret of nobody\r\n');
  put('headers.json', JSON.stringify(headers));
  put(
    'headers.txt',
    Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join(''),
  );
  put(
    'raw.txt',
    `POST /in HTTP/1.1\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}:${value}\r\n`)
      .join('')}\r\n`,
  );
  put('body.json', BODY);
  put('other.json', JSON.stringify(JSON.parse(BODY), null, 2));
});

const webhooks = (verb: string, flags: string): Promise<Run> =>
  run(setting, `webhooks ${verb} --provider github ${flags} --json`, { files });
const FILES = '--secret-file secret.txt --headers headers.json --body body.json';

describe('verify', () => {
  it.each([
    ['headers as JSON', FILES],
    ['headers as lines', '--secret-file secret.txt --headers headers.txt --body body.json'],
    ['headers as they were captured', '--secret-file secret.txt --headers raw.txt --body body.json'],
    ['several secrets', '--secret-file wrong.txt --secret-file secret.txt --headers headers.json --body body.json'],
    ['a scheme by name', `${FILES} --scheme github-hmac-sha256`],
    ['a time', `${FILES} --now 1 --tolerance 5 --method POST --url https://example.com/in`],
  ])('accepts by %s', async (_what, flags) => {
    const { exit, stdout } = await webhooks('verify', flags);
    expect([exit, JSON.parse(stdout)]).toMatchObject([0, { ok: true, provider: 'github' }]);
  });

  it.each([
    ['a wrong secret', '--secret-file wrong.txt --headers headers.json --body body.json'],
    ['another body', '--secret-file secret.txt --headers headers.json --body other.json'],
  ])('refuses %s, with the reason', async (_what, flags) => {
    const { exit, stdout } = await webhooks('verify', flags);
    expect([exit, JSON.parse(stdout)]).toMatchObject([11, { ok: false, reason: expect.stringMatching(/^[a-z_]+$/) }]);
  });

  it.each([
    ['no provider', 'webhooks verify --secret-file secret.txt --headers headers.json --body body.json'],
    ['no secret', 'webhooks verify --provider github --headers headers.json --body body.json'],
    ['no headers', 'webhooks verify --provider github --secret-file secret.txt --body body.json'],
    ['no body', 'webhooks verify --provider github --secret-file secret.txt --headers headers.json'],
    ['a missing file', 'webhooks verify --provider github --secret-file nope --headers headers.json --body body.json'],
    ['no number', `webhooks verify --provider github ${FILES} --now soon`],
    [
      'no headers in the file',
      'webhooks verify --provider github --secret-file secret.txt --headers secret.txt --body body.json',
    ],
    [
      'a secret as a flag',
      `webhooks verify --provider github --secret=${SECRET} --headers headers.json --body body.json`,
    ],
  ])('is wrong usage with %s', async (_what, line) => {
    const { exit, stdout, stderr } = await run(setting, line, { files });
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).not.toContain(SECRET);
  });

  it('knows every provider of the library', async () => {
    for (const { provider } of providers()) {
      const { exit, stdout } = await run(setting, `webhooks verify --provider ${provider} ${FILES} --json`, { files });
      expect([provider, [0, 11].includes(exit), (JSON.parse(stdout) as { provider: string }).provider]).toEqual([
        provider,
        true,
        provider,
      ]);
    }
  });

  it('refuses a provider that nobody knows', async () => {
    const { exit, stdout } = await run(setting, `webhooks verify --provider nobody ${FILES} --json`, { files });
    expect([exit, JSON.parse(stdout)]).toMatchObject([11, { reason: 'unknown_provider' }]);
  });

  it('takes the bytes of the body as they are', async () => {
    const bytes = new Uint8Array([0xff, 0x00, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
    const signed = sign('github', { body: bytes, secret: SECRET, nowMs: START_MS });
    put('binary', bytes);
    put('binary.headers', JSON.stringify(signed.ok ? signed.headers : {}));
    const flags = '--secret-file secret.txt --headers binary.headers --body binary';
    expect((await webhooks('verify', flags)).exit).toBe(0);
  });
});

describe('diagnose', () => {
  it('has nothing to say of what is accepted', async () => {
    const { exit, stdout } = await webhooks('diagnose', FILES);
    expect([exit, JSON.parse(stdout)]).toMatchObject([0, { ok: true, findings: [] }]);
  });

  it('says what happened and what to do, and never what would be right', async () => {
    const { exit, stdout } = await webhooks(
      'diagnose',
      '--secret-file secret.txt --headers headers.json --body other.json',
    );
    const { findings } = JSON.parse(stdout) as { findings: { code: string; explanation: string; nextStep: string }[] };
    expect(exit).toBe(11);
    expect(findings[0]).toMatchObject({ explanation: expect.any(String), nextStep: expect.any(String) });

    const right = sign('github', { body: JSON.stringify(JSON.parse(BODY), null, 2), secret: SECRET, nowMs: START_MS });
    expect(stdout).not.toContain(right.ok ? right.headers['x-hub-signature-256']!.slice(7) : '');
    expect(stdout).not.toContain(SECRET);
  });
});
