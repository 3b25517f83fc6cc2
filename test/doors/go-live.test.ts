/** `doctor --go-live`: what would have hurt on the first day, found in a real folder under a real git. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { runIn } from './real-world.js';

const LIVE = { INTEGRATION_ENV: 'live', FAIRLEAD_PUBLIC_URL: 'https://fairlead.example.com' };
/** Put together here, so that no scanner takes this file for a leak. */
const TOKEN = ['ghp', 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'].join('_');

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'fairlead-go-live-'));
  folders.push(cwd);
});

interface Check {
  name: string;
  ok: boolean;
  says: string;
}

async function goLive(variables: Record<string, string> = LIVE): Promise<(name: string) => Check> {
  const { stdout } = await runIn(cwd, 'doctor --go-live --json', { variables });
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return (name) => checks.find((check) => check.name === name)!;
}

async function done(line: string, stdin: string, variables: Record<string, string> = LIVE): Promise<void> {
  const { exit, stderr } = await runIn(cwd, line, { variables, stdin });
  expect([line, exit, stderr]).toEqual([line, 0, stderr]);
}

function git(...words: string[]): void {
  const who = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.com'];
  execFileSync('git', [...who, ...words], { cwd, stdio: 'ignore' });
}

describe('doctor --go-live', () => {
  it('passes where nothing is wrong', async () => {
    await done('secret set linear --owner ada --due-in-days 90 --value-stdin --live', TOKEN);
    const { exit, stdout } = await runIn(cwd, 'doctor --go-live', { variables: LIVE });
    expect(stdout).not.toContain('FAIL');
    expect(exit).toBe(0);
  });

  it('asks for the live environment and an address that the outside reaches, encrypted', async () => {
    const check = await goLive({});
    expect(check('environment')).toMatchObject({ ok: false, says: expect.stringContaining('INTEGRATION_ENV=live') });
    expect(check('public url')).toMatchObject({ ok: false, says: expect.stringContaining('FAIRLEAD_PUBLIC_URL') });
    const plain = await goLive({ ...LIVE, FAIRLEAD_PUBLIC_URL: 'http://fairlead.example.com' });
    expect(plain('public url').ok).toBe(false);
  });

  it('finds secrets that nobody answers for, also in variables', async () => {
    await done('secret set linear --owner ada --value-stdin --live', TOKEN);
    const check = await goLive({ ...LIVE, GITHUB_TOKEN: TOKEN });
    const { ok, says } = check('rotation and owner');
    expect(ok).toBe(false);
    expect(says).toContain('fairlead secret rotate linear --due-in-days');
    expect(says).toContain('GITHUB_TOKEN=vault:NAME');
    expect(says).not.toContain(TOKEN);
  });

  it('finds one credential in both environments', async () => {
    const add = 'connection add github --secret-stdin --no-check';
    await done(`${add} --live`, TOKEN);
    await done(add, TOKEN, {});
    const { ok, says } = (await goLive())('live and test keys');
    expect(ok).toBe(false);
    expect(says).not.toContain(TOKEN);
  });

  it('finds sources that take anything from anybody', async () => {
    await done('source create github --unsigned gateway --live', '');
    expect((await goLive())('sources').ok).toBe(false);
  });

  it('finds secrets in what git keeps and in the configuration, by shape and by value', async () => {
    git('init', '-q');
    writeFileSync(join(cwd, 'notes.md'), `the key is ${TOKEN}`);
    writeFileSync(join(cwd, 'example.md'), 'export GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxx');
    expect((await goLive())('secrets in files').ok).toBe(true);
    git('add', '.');
    expect((await goLive())('secrets in files').says).toMatch(/^notes\.md: /);
    rmSync(join(cwd, 'notes.md'));
    writeFileSync(join(cwd, '.mcp.json'), '{"note": "hunter2-but-longer"}');
    const check = await goLive({ ...LIVE, INTERNAL_API_KEY: 'hunter2-but-longer' });
    expect(check('secrets in files').says).toMatch(/^\.mcp\.json INTERNAL_API_KEY: /);
  });

  it('finds a private file in git, and one that was there once', async () => {
    git('init', '-q');
    writeFileSync(join(cwd, '.env'), 'A=1');
    git('add', '-f', '.env');
    expect((await goLive())('git').says).toContain('git rm --cached');
    git('commit', '-q', '-m', 'all');
    git('rm', '-q', '--cached', '.env');
    git('commit', '-q', '-m', 'mended');
    expect((await goLive())('git')).toMatchObject({ ok: false, says: expect.stringContaining('replace every secret') });
  });

  it('finds secrets written into a pipeline', async () => {
    git('init', '-q');
    mkdirSync(join(cwd, '.github/workflows'), { recursive: true });
    const pipeline = (value: string): void =>
      writeFileSync(join(cwd, '.github/workflows/ci.yml'), `env:\n  FAIRLEAD_API_KEY: ${value}\n`);
    pipeline('${{ secrets.FAIRLEAD_API_KEY }}');
    git('add', '.');
    expect((await goLive())('CI').ok).toBe(true);
    pipeline('a-key-in-plain-sight');
    const { ok, says } = (await goLive())('CI');
    expect(ok).toBe(false);
    expect(says).toContain('.github/workflows/ci.yml:2 FAIRLEAD_API_KEY');
    expect(says).not.toContain('plain-sight');
  });

  it('leaves what is known, with its reason, and still counts it', async () => {
    git('init', '-q');
    writeFileSync(join(cwd, 'fixture.md'), `made up: ${TOKEN}`);
    git('add', '.');
    expect((await goLive())('secrets in files').ok).toBe(false);
    const known = (more: object): void =>
      writeFileSync(join(cwd, 'fairlead.config.json'), JSON.stringify({ goLive: { known: [more] } }));
    known({ check: 'secrets in files', finding: 'fixture.md', reason: 'nobody has this token' });
    expect((await goLive())('secrets in files')).toMatchObject({
      ok: true,
      says: 'nothing else; 1 known: fixture.md (nobody has this token)',
    });
    // A mark is for what opens nothing: a value in use in the same file is another finding.
    expect((await goLive({ ...LIVE, GITHUB_TOKEN: TOKEN }))('secrets in files')).toMatchObject({
      ok: false,
      says: expect.stringMatching(/^fixture\.md GITHUB_TOKEN: /),
    });
    writeFileSync(join(cwd, 'notes.md'), TOKEN);
    git('add', '.');
    expect((await goLive())('secrets in files').says).toMatch(/^notes\.md: .*; 1 known: fixture\.md/);
    known({ check: 'rotation and owner', finding: 'GITHUB_TOKEN', reason: 'replaced by its provider each day' });
    expect((await goLive({ ...LIVE, GITHUB_TOKEN: TOKEN }))('rotation and owner')).toMatchObject({
      ok: true,
      says: 'nothing else; 1 known: GITHUB_TOKEN (replaced by its provider each day)',
    });
    known({ check: 'secrets in files', finding: 'fixture.md' });
    expect((await goLive())('configuration').says).toContain('goLive.known[0]: reason is missing');
  });

  it('asks nobody to answer for the keys of simulators', async () => {
    const baseUrl = 'http://127.0.0.1:9';
    writeFileSync(join(cwd, 'fairlead.config.json'), JSON.stringify({ connections: { github: { baseUrl } } }));
    const { ok, says } = (await goLive({ GITHUB_TOKEN: TOKEN }))('rotation and owner');
    expect([ok, says]).toEqual([true, 'known for every key (GITHUB_TOKEN goes to a simulator on this machine)']);
    expect((await goLive({ ...LIVE, GITHUB_TOKEN: TOKEN }))('rotation and owner').ok).toBe(false);
  });
});
