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
import { createPrivateKey } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SecretSet } from '../core/secret-set.js';
import { realClock } from './clock.js';
import { openFiles } from './files.js';
import { openKeyFiles } from './key-files.js';
import { createLog } from './log.js';
import { realRandom } from './random.js';
import { realHost } from './real-host.js';
import { realSecretSources } from './secret-sources.js';
import { threadFile } from './threads.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'fairlead-host-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const failing = (code: string) => expect.objectContaining({ code }) as unknown;
const bytes = (text: string) => new TextEncoder().encode(text);
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('clock', () => {
  it('sleeps until it is woken', async () => {
    const waking = new AbortController();
    const sleeping = realClock.sleep(2 ** 40, waking.signal);
    waking.abort();
    await sleeping;
    await realClock.sleep(1e9, AbortSignal.abort());
    await realClock.sleep(-5);
  });

  it('calls off what it was to do', async () => {
    let ran = 0;
    realClock.after(0, () => (ran += 1))();
    await new Promise<void>((done) => realClock.after(1, done));
    expect(ran).toBe(0);
  });
});

describe('random', () => {
  it('hands out fresh bytes that nobody else holds', () => {
    const random = realRandom();
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      const drawn = random.bytes(16);
      expect(drawn.byteLength).toBe(16);
      expect(drawn.buffer.byteLength).toBe(16);
      seen.add(Buffer.from(drawn).toString('hex'));
    }
    expect(seen.size).toBe(2000);
    expect(random.bytes(100_000).byteLength).toBe(100_000);
    expect(random.bytes(0).byteLength).toBe(0);
  });

  it('draws floats of the unit interval', () => {
    const random = realRandom();
    const drawn = Array.from({ length: 10_000 }, () => random.float());
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
    const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });
});

describe('log', () => {
  it('writes one redacted line a message, from its level on', () => {
    const lines: string[] = [];
    const secrets = new SecretSet();
    secrets.add('canary-canary');
    const clock = { ...realClock, nowMs: () => 0 };
    const log = createLog({ clock, level: 'warn', secrets, write: (line) => lines.push(line) });
    log('info', 'dropped');
    expect([log.takes?.('info'), log.takes?.('warn')]).toEqual([false, true]);
    log('error', 'with canary-canary\u2028', { password: 'p', level: 'forged', n: 1 });
    expect(lines).toEqual([
      '{"at":"1970-01-01T00:00:00.000Z","level":"error","message":"with [redacted]\\u2028","password":"[redacted]","n":1}\n',
    ]);
  });
});

describe('files', () => {
  it('replace, append, read, cut', async () => {
    const files = openFiles(folder, realRandom());
    expect(await files.read('a/b/c.txt')).toBeUndefined();
    expect(await files.size('a/b/c.txt')).toBeUndefined();
    expect(await files.readAt('a/b/c.txt', 0, 1)).toBeUndefined();
    await files.append('a/b/c.txt', bytes('one'));
    await files.append('a/b/c.txt', bytes('two'));
    expect(new TextDecoder().decode(await files.read('a/b/c.txt'))).toBe('onetwo');
    expect(new TextDecoder().decode(await files.readAt('a/b/c.txt', 2, 100))).toBe('etwo');
    expect(new TextDecoder().decode(await files.readAt('a/b/c.txt', 2, 2))).toBe('et');
    await files.truncate('a/b/c.txt', 3);
    expect(await files.size('a/b/c.txt')).toBe(3);
    await files.write('a/b/c.txt', bytes('new'));
    expect(new TextDecoder().decode(await files.read('a/b/c.txt'))).toBe('new');
    await files.write('shown.txt', bytes('x'), 0o644);
    expect(readdirSync(join(folder, 'a/b'))).toEqual(['c.txt']);
    expect([modeOf(join(folder, 'a')), modeOf(join(folder, 'a/b')), modeOf(join(folder, 'a/b/c.txt'))]).toEqual([
      0o700, 0o700, 0o600,
    ]);
    expect(modeOf(join(folder, 'shown.txt'))).toBe(0o644);
  });

  it.each(['', '.', '..', '../x', 'a/../../x', '/etc/passwd', 'a\0b'])('refuse the path %j', async (path) => {
    const files = openFiles(folder, realRandom());
    await expect(async () => files.write(path, bytes('x'))).rejects.toEqual(failing('invalid_argument'));
    await expect(async () => files.read(path)).rejects.toEqual(failing('invalid_argument'));
  });

  it('say which call the disk refused, and leave the old content', async () => {
    const files = openFiles(folder, realRandom());
    mkdirSync(join(folder, 'taken'));
    await expect(files.write('taken', bytes('x'))).rejects.toEqual(failing('io_failure'));
    expect(readdirSync(folder)).toEqual(['taken']);
    await expect(files.append('taken', bytes('x'))).rejects.toEqual(failing('io_failure'));
    await expect(files.truncate('missing', 0)).rejects.toThrow(`cutting ${join(folder, 'missing')}: ENOENT`);
  });
});

describe('key files', () => {
  const open = () => openKeyFiles(join(folder, 'data'), { random: realRandom(), clock: realClock });
  const vaultPath = () => join(folder, 'data/keys/vault.json');

  it('are made at the first start, private, and the same afterwards', () => {
    const first = open();
    const again = open();
    expect(first.currentKekId()).toMatch(/^k[0-9a-f]{12}$/);
    expect(again.currentKekId()).toBe(first.currentKekId());
    expect(first.kek(first.currentKekId())?.byteLength).toBe(32);
    expect(again.kek(first.currentKekId())).toEqual(first.kek(first.currentKekId()));
    expect(first.kek('other')).toBeUndefined();
    const pem = first.auditKeyPem('sandbox');
    expect(createPrivateKey(pem).asymmetricKeyType).toBe('ed25519');
    expect(again.auditKeyPem('sandbox')).toBe(pem);
    expect(again.auditKeyPem('live')).not.toBe(pem);
    expect(readdirSync(join(folder, 'data/keys')).sort()).toEqual([
      'audit-live.pem',
      'audit-sandbox.pem',
      'vault.json',
    ]);
    expect(modeOf(join(folder, 'data/keys'))).toBe(0o700);
    for (const name of readdirSync(join(folder, 'data/keys')))
      expect(modeOf(join(folder, 'data/keys', name))).toBe(0o600);
  });

  it('hold several keys by id', () => {
    const old = open();
    const file = JSON.parse(readFileSync(vaultPath(), 'utf8')) as { current: string; keys: Record<string, unknown> };
    const next = {
      ...file,
      current: 'k2',
      keys: { ...file.keys, k2: { key: Buffer.alloc(32, 7).toString('base64'), createdAtMs: 1 } },
    };
    writeFileSync(vaultPath(), JSON.stringify(next));
    const both = open();
    expect(both.currentKekId()).toBe('k2');
    expect(both.kek('k2')).toEqual(new Uint8Array(32).fill(7));
    expect(both.kek(old.currentKekId())).toEqual(old.kek(old.currentKekId()));
  });

  it('are refused when others may read them', () => {
    const keys = open();
    keys.auditKeyPem('live');
    chmodSync(vaultPath(), 0o640);
    expect(open).toThrow(failing('config_invalid') as Error);
    expect(open).toThrow(/mode 0640.*chmod 0600/);
    chmodSync(vaultPath(), 0o400);
    expect(open).not.toThrow();
    chmodSync(join(folder, 'data/keys/audit-live.pem'), 0o604);
    expect(() => open().auditKeyPem('live')).toThrow(failing('config_invalid') as Error);
    chmodSync(join(folder, 'data/keys'), 0o755);
    expect(open).toThrow(/mode 0755.*chmod 0700/);
  });

  it.each([
    ['', 'not JSON'],
    ['{"v":1,"current":"k","keys":{"k":{"key":"canary', 'cut'],
    ['{"v":2,"current":"k","keys":{}}', 'another version'],
    ['{"v":1,"current":"k","keys":{}}', 'without the current key'],
    ['{"v":1,"current":"k","keys":{"k":{"key":"Y2FuYXJ5"}}}', 'a short key'],
    ['{"v":1,"current":"k","keys":{"k":null}}', 'no key'],
    ['null', 'nothing'],
  ])('are refused, and not quoted, when unusable: %s (%s)', (content) => {
    open();
    writeFileSync(vaultPath(), content);
    expect(open).toThrow(failing('config_invalid') as Error);
    expect(open).not.toThrow(/canary|Y2Fu/);
  });

  it('name only environments', () => {
    for (const name of ['', '../x', 'a/b', 'LIVE', 'a\0']) {
      expect(() => open().auditKeyPem(name)).toThrow(failing('config_invalid') as Error);
    }
  });

  it('are made once by many who start together', async () => {
    const script = `import { openKeyFiles } from '${pathToFileURL(join(folder, 'key-files.mjs')).href}';
      import { randomBytes } from 'node:crypto';
      const keys = openKeyFiles(process.argv[2], { random: { bytes: (n) => randomBytes(n), float: () => 0 }, clock: { nowMs: () => 0 } });
      process.stdout.write(keys.currentKekId() + Buffer.from(keys.kek(keys.currentKekId())).toString('hex') + keys.auditKeyPem('live'));`;
    const { build } = await import('esbuild');
    const entryPoints = [new URL('./key-files.ts', import.meta.url).pathname];
    await build({ entryPoints, bundle: true, format: 'esm', platform: 'node', outfile: join(folder, 'key-files.mjs') });
    writeFileSync(join(folder, 'start.mjs'), script);
    const { execFile } = await import('node:child_process');
    const started = Array.from(
      { length: 8 },
      () =>
        new Promise<string>((resolve, reject) => {
          execFile(process.execPath, [join(folder, 'start.mjs'), join(folder, 'data')], (error, stdout) =>
            error ? reject(error) : resolve(stdout),
          );
        }),
    );
    expect(new Set(await Promise.all(started)).size).toBe(1);
    expect(readdirSync(join(folder, 'data/keys')).sort()).toEqual(['audit-live.pem', 'vault.json']);
  });
});

describe('secret sources', () => {
  const sources = realSecretSources({
    env: { NAME: 'value', EMPTY: '', PATH: process.env['PATH'] },
    execTimeoutMs: 300,
  });

  it('read a variable of the map they were given, nothing else', () => {
    expect(sources.env('NAME')).toEqual({ ok: true, value: 'value' });
    for (const name of ['EMPTY', 'HOME', 'toString', '__proto__'])
      expect(sources.env(name)).toMatchObject({ ok: false });
  });

  it('read a file and drop one line end', async () => {
    const path = join(folder, 'secret');
    for (const [content, value] of [
      ['a b', 'a b'],
      ['a b\n', 'a b'],
      ['a b\r\n', 'a b'],
      ['a b\n\n', 'a b\n'],
    ] as const) {
      writeFileSync(path, content);
      expect(await sources.file(path)).toEqual({ ok: true, value });
    }
    for (const content of ['', '\n', 'x'.repeat(70_000)]) {
      writeFileSync(path, content);
      expect(await sources.file(path)).toMatchObject({ ok: false });
    }
    expect(await sources.file(join(folder, 'missing'))).toEqual({
      ok: false,
      problem: 'the file cannot be read (ENOENT)',
    });
    expect(await sources.file(folder)).toMatchObject({ ok: false });
  });

  it('run a command, with a time limit and an output cap, and never show what it printed', async () => {
    expect(await sources.exec('printf "%s\\n" "a $NAME"')).toEqual({ ok: true, value: 'a value' });
    expect(await sources.exec('echo canary; echo canary >&2; exit 3')).toEqual({
      ok: false,
      problem: 'the command ended with code 3',
    });
    expect(await sources.exec('kill -9 $$')).toEqual({ ok: false, problem: 'the command ended with a signal' });
    expect(await sources.exec('true')).toEqual({ ok: false, problem: 'it is empty' });
    expect(await sources.exec('yes canary')).toMatchObject({
      ok: false,
      problem: expect.stringContaining('more than') as string,
    });
    expect(await sources.exec('read answer; echo "got $answer"')).toMatchObject({ ok: true, value: 'got ' });
  });

  it('end the command and all it started when its time is over', async () => {
    const result = await sources.exec(`(sleep 60; touch ${folder}/late) & sleep 60`);
    expect(result).toEqual({ ok: false, problem: 'the command did not end within 300 ms' });
    expect(existsSync(join(folder, 'late'))).toBe(false);
  });
});

describe('threadFile', () => {
  it('finds the entry beside a built program, and in dist/ from the sources', () => {
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist/handler-thread.js'), '');
    const expected = pathToFileURL(join(folder, 'dist/handler-thread.js')).href;
    expect(threadFile('handler-thread', pathToFileURL(join(folder, 'dist/chunk-abc.js')).href).href).toBe(expected);
    expect(threadFile('handler-thread', pathToFileURL(join(folder, 'src/host/threads.ts')).href).href).toBe(expected);
  });

  it('says what to do when the build is missing, and takes plain names only', () => {
    const from = pathToFileURL(join(folder, 'dist/main.js')).href;
    expect(() => threadFile('handler-thread', from)).toThrow('npm run build');
    for (const entry of ['../main', 'a/b', '', 'A'])
      expect(() => threadFile(entry, from)).toThrow(failing('io_failure') as Error);
  });
});

describe('realHost', () => {
  it('reports an unusable allow-list, and refuses what it must', async () => {
    const options = { dataDir: join(folder, 'data'), env: {}, writeLog: () => undefined };
    await expect(realHost({ ...options, allowedPrivateHosts: ['*'] }).openNet()).rejects.toEqual(
      failing('config_invalid'),
    );
    const host = realHost(options);
    const result = await host.net.send({
      method: 'GET',
      url: 'http://127.0.0.1/',
      headers: {},
      timeoutMs: 1000,
      maxAnswerBytes: 1,
    });
    expect(result).toMatchObject({ ok: false, failure: { kind: 'denied' } });
    await host.close();
    await realHost(options).close();
  });
});
