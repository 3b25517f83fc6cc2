/** Backup and restore on real files, through the whole command line. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { runIn, type RealOptions, type RealRun } from './real-world.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'fairlead-backup-'));
  folders.push(cwd);
  writeFileSync(join(cwd, 'pass.txt'), 'correct horse battery staple\n');
});

const run = (line: string, options?: RealOptions): Promise<RealRun> => runIn(cwd, line, options);

const sources = async (dataDir = '.fairlead'): Promise<string[]> => {
  const { stdout } = await run(`source list --json=id --data-dir ${dataDir}`);
  return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
};

describe('a backup', () => {
  it('brings back what was there, and keeps what it replaces', async () => {
    await run('source create github');
    const before = await sources();
    expect((await run('backup bk')).exit).toBe(0);
    expect(readdirSync(join(cwd, 'bk')).sort()).toEqual(['backup.json', 'fairlead.db']);
    expect(statSync(join(cwd, 'bk', 'fairlead.db')).mode & 0o777).toBe(0o600);

    await run('source create stripe');
    const after = await sources();
    expect((await run('restore bk')).exit).toBe(2);
    expect((await run('restore bk --dry-run')).exit).toBe(0);
    expect(await sources()).toEqual(after);
    const restored = await run('restore bk --yes --json');
    expect(restored.exit).toBe(0);
    expect(await sources()).toEqual(before);
    expect(existsSync((JSON.parse(restored.stdout) as { kept: string }).kept)).toBe(true);
  });

  it('moves to another machine with its keys, and not without', async () => {
    await run('source create github --secret-stdin', { stdin: 'a secret of this test' });
    await run('backup bk --with-keys --passphrase-file pass.txt');
    expect((await run('restore bk --data-dir other')).exit).toBe(2);
    expect(await run('restore bk --data-dir other --passphrase-stdin', { stdin: 'wrong' })).toMatchObject({ exit: 11 });
    expect(existsSync(join(cwd, 'other', 'fairlead.db'))).toBe(false);
    expect((await run('restore bk --data-dir other --passphrase-file pass.txt')).exit).toBe(0);
    expect(await sources('other')).toEqual(await sources());
    expect(statSync(join(cwd, 'other', 'keys', 'vault.json')).mode & 0o777).toBe(0o600);

    await run('backup bare');
    expect(await run('restore bare --data-dir third')).toMatchObject({
      exit: 78,
      stderr: expect.stringContaining('vault_sealed'),
    });
  });

  it('has no key, no secret and no passphrase in it', async () => {
    await run('source create github --secret-stdin', { stdin: 'a secret of this test' });
    await run('backup bk --with-keys --passphrase-file pass.txt');
    const vault = JSON.parse(readFileSync(join(cwd, '.fairlead/keys/vault.json'), 'utf8')) as {
      keys: Record<string, { key: string }>;
    };
    const key = Object.values(vault.keys)[0]!.key;
    for (const name of readdirSync(join(cwd, 'bk'))) {
      const bytes = readFileSync(join(cwd, 'bk', name));
      for (const secret of [key, 'a secret of this test', 'correct horse']) expect(bytes.includes(secret)).toBe(false);
      expect(bytes.includes(Buffer.from(key, 'base64'))).toBe(false);
    }
  });

  it.each([
    ['a changed database', (folder: string) => writeFileSync(join(folder, 'fairlead.db'), 'x', { flag: 'a' })],
    ['no description', (folder: string) => rmSync(join(folder, 'backup.json'))],
    ['no database', (folder: string) => rmSync(join(folder, 'fairlead.db'))],
    ['an unfinished one', (folder: string) => writeFileSync(join(folder, 'backup.json'), '{"v":1,"complete":false}')],
    ['nonsense for a description', (folder: string) => writeFileSync(join(folder, 'backup.json'), '[[[')],
  ])('is refused with %s, and nothing is touched', async (_what, spoil) => {
    await run('source create github');
    await run('backup bk');
    const before = await sources();
    spoil(join(cwd, 'bk'));
    expect([2, 11, 74]).toContain((await run('restore bk --yes')).exit);
    expect(await sources()).toEqual(before);
    expect(readdirSync(join(cwd, '.fairlead')).filter((name) => name.includes('restor'))).toEqual([]);
  });

  it('is asked for by its folder: what is no backup is told apart from what is not there', async () => {
    const missing = await run('restore no/such/folder');
    expect(missing.exit).toBe(2);
    expect(missing.stderr).toContain(`${join(cwd, 'no/such/folder')}: there is no such file or folder`);
    expect(missing.stderr).not.toContain('tenant');
    expect(existsSync(join(cwd, '.fairlead'))).toBe(false);

    writeFileSync(join(cwd, 'some.db'), 'x');
    mkdirSync(join(cwd, 'empty'));
    for (const path of ['some.db', 'empty']) {
      const { exit, stderr } = await run(`restore ${path}`);
      expect([path, exit]).toEqual([path, 2]);
      expect(stderr).toContain('give the folder that `fairlead backup` made');
    }
  });

  it('is neither made nor restored by an agent, and a refusal leaves nothing behind', async () => {
    await run('backup bk');
    const variables = { CLAUDECODE: '1' };
    expect((await run('backup mine', { variables })).exit).toBe(6);
    expect((await run('restore bk --yes', { variables })).exit).toBe(6);
    expect(readdirSync(cwd).filter((name) => name.startsWith('mine'))).toEqual([]);
  });

  it('does not go over another one', async () => {
    await run('backup bk');
    expect((await run('backup bk')).exit).toBe(5);
  });

  it('wants a passphrase that is worth something', async () => {
    expect((await run('backup bk --with-keys --passphrase-stdin', { stdin: 'short' })).exit).toBe(2);
    expect((await run('backup bk --with-keys')).stderr).toContain('--passphrase-file');
    expect((await run('backup bk --with-keys --passphrase=abc')).stderr).toContain('secret_in_argument');
    expect(existsSync(join(cwd, 'bk'))).toBe(false);
  });
});

describe('doctor', () => {
  it('finds a folder that others can read', async () => {
    await run('source list');
    expect((await run('doctor')).exit).toBe(0);
    chmodSync(join(cwd, '.fairlead'), 0o755);
    const { exit, stdout } = await run('doctor');
    expect(exit).toBe(11);
    expect(stdout).toContain('chmod 700');
  });

  it('finds a configuration that cannot be used, and says so instead of failing', async () => {
    writeFileSync(join(cwd, 'fairlead.config.json'), '{');
    const { exit, stdout } = await run('doctor');
    expect(exit).toBe(78);
    expect(stdout).toContain('FAIL  configuration: ');
    expect((await run('source list')).exit).toBe(78);
    for (const line of ['serve', 'serve --port 0', 'dev']) expect([line, (await run(line)).exit]).toEqual([line, 78]);
  });
});
