/**
 * The bans of test/meta/bans.ts over the whole tree, and planted violations that show each of them at work; likewise
 * for the rules of .oxlintrc.json.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Ban, findBanned } from './bans.js';
import { ROOT, textOf, treeFiles } from './tree.js';

const ALL: Ban[] = ['clock', 'chance', 'plain-error', 'hidden-module', 'sleep', 'switched-off'];

/** Which bans hold where; the first row that fits counts. */
const PLACES: [path: RegExp, bans: Ban[]][] = [
  [/^test\/meta\/bans\.test\.ts$/, []], // holds the plants
  [/\.test\.ts$|^test\//, ['chance', 'sleep', 'switched-off']],
  [/^src\/host\//, ['plain-error']],
  [/^src\/config-file\.ts$/, ['clock', 'chance', 'plain-error']], // loads the file of the user, wherever it lies
  [/^src\/storage\//, ['clock', 'chance', 'plain-error']], // takes the engine that this Node has
  [/^src\/demo\//, ['clock', 'chance', 'plain-error']], // takes official packages where they are installed
  [/^src\//, ['clock', 'chance', 'plain-error', 'hidden-module']],
];

/** The one plain error: it marks a bug, not an outcome. */
const EXCEPTED = /^if \(!condition\) throw new Error\(`Assertion failed: /;

function findings(path: string): string[] {
  const bans = PLACES.find(([pattern]) => pattern.test(path))?.[1] ?? [];
  return findBanned(path, textOf(path), new Set(bans))
    .filter(({ text }) => !(path === 'src/core/errors.ts' && EXCEPTED.test(text)))
    .map(({ line, ban, text }) => `${path}:${line} ${ban}: ${text}`);
}

describe('the tree', () => {
  it('keeps the bans that the linter cannot express', () => {
    expect(treeFiles(/^(src|test)\/.*\.ts$/).flatMap(findings)).toEqual([]);
  });
});

const PLANTED: [code: string, ban: Ban][] = [
  ['const at = new Date();', 'clock'],
  ['const at = new Date;', 'clock'],
  ['const text = Date();', 'clock'],
  ['const at = Date.now();', 'clock'],
  ["const at = Date['now']();", 'clock'],
  ['const { now } = Date;', 'clock'],
  ['const Clock = Date; new Clock();', 'clock'],
  ['const at = new Date(...[]);', 'clock'],
  ['const at = new Date(undefined);', 'clock'],
  ['const at = Reflect.construct(Date, []);', 'clock'],
  ['class Stamp extends Date {}', 'clock'],
  ['const at = [Date].map((D) => new D());', 'clock'],
  ['const world = { Date };', 'clock'],
  ['const id = Math.random();', 'chance'],
  ["const id = Math['random']();", 'chance'],
  ['const { random } = Math;', 'chance'],
  ['const m = Math;', 'chance'],
  ["throw new Error('no');", 'plain-error'],
  ["throw Error('no');", 'plain-error'],
  ['throw new TypeError(`no ${1}`);', 'plain-error'],
  ["throw 'no';", 'plain-error'],
  ['throw { code: 1 };', 'plain-error'],
  ["const fs = require('node:fs');", 'hidden-module'],
  ["import { createRequire } from 'node:module'; createRequire('/');", 'hidden-module'],
  ['const module = await import(name);', 'hidden-module'],
  ["const { randomBytes } = await import('node:crypto');", 'hidden-module'],
  ['await sleep(50);', 'sleep'],
  ['await delay(10 * 1000);', 'sleep'],
  ['await new Promise((done) => setTimeout(done, 20));', 'sleep'],
  ["it.skip('x', () => {});", 'switched-off'],
  ["describe.only('x', () => {});", 'switched-off'],
  ["test.todo('x');", 'switched-off'],
  ["it.concurrent.skip.each([1])('x', () => {});", 'switched-off'],
  ["it('x', (context) => { context.skip(); });", 'switched-off'],
];

const HARMLESS = [
  'const at = new Date(nowMs).toISOString();',
  "const at = Date.parse('2026-01-01') + Date.UTC(2026, 0);",
  'const is = (value: unknown): value is Date => value instanceof Date;',
  'interface Row { at: Date; Date: string }',
  'type Dates = Date[]; let when: Array<Date> | undefined;',
  'const names = { Date: 1, Math: 2, require: 3 }; names.Date;',
  'const max = Math.max(1, Math.floor(2.5));',
  "throw new AppError('not_found', { what: 'x', id: 'y' });",
  'try { x(); } catch (error) { throw error; }',
  "const later = await import('./doors/http/index.js'); await import('hono');",
  'await clock.sleep(50); await clock.sleep(delayMs, signal);',
  "describe.skipIf(!part.available)('x', () => {}); it.each([1])('x', () => {});",
  "it('x', (context) => { context.skip('strace is not here'); });",
  '// new Date(), throw new Error("x"), it.only',
];

describe('the bans', () => {
  it.each(PLANTED)('find %s', (code, ban) => {
    expect(findBanned('planted.ts', `export {};\n${code}\n`, new Set(ALL)).map((finding) => finding.ban)).toContain(
      ban,
    );
  });

  it.each(HARMLESS)('let %s pass', (code) => {
    expect(findBanned('planted.ts', code, new Set(ALL))).toEqual([]);
  });
});

/** [file, code, rule]: what the linter must refuse there. */
const LINTED: [path: string, code: string, rule: string][] = [
  ['src/receive/a.ts', "export const answer = fetch('https://example.com');", 'no-restricted-globals'],
  ['src/jobs/a.ts', 'setTimeout(() => undefined, 5);', 'no-restricted-globals'],
  ['src/jobs/b.ts', 'export const loop = setInterval;', 'no-restricted-globals'],
  ['src/jobs/c.ts', 'export const turn = setImmediate;', 'no-restricted-globals'],
  ['src/audit/a.ts', 'export const began = performance.now();', 'no-restricted-globals'],
  ['src/auth/a.ts', 'export const token = process.env.TOKEN;', 'no-restricted-globals'],
  ['src/auth/b.ts', 'export const bytes = crypto.getRandomValues(new Uint8Array(4));', 'no-restricted-globals'],
  ['src/auth/c.ts', "export const key = globalThis['process'];", 'no-restricted-globals'],
  ['src/doors/cli/a.ts', "console.log('x');", 'no-restricted-globals'],
  ['src/deliver/a.ts', "export const socket = new WebSocket('ws://localhost');", 'no-restricted-globals'],
  ['src/core/a.ts', 'export const at = Date.now();', 'no-restricted-properties'],
  ['src/core/b.ts', 'export const { random } = Math;', 'no-restricted-properties'],
  ['src/outbound/a.ts', 'export const signal = AbortSignal.timeout(10);', 'no-restricted-properties'],
  [
    'src/core/c.ts',
    "import { randomBytes } from 'node:crypto';\nexport const bytes = randomBytes(8);",
    'no-restricted-imports',
  ],
  [
    'src/core/d.ts',
    "import * as chance from 'node:crypto';\nexport const id = chance.randomUUID();",
    'no-restricted-imports',
  ],
  ['src/auth/d.ts', "export { webcrypto } from 'node:crypto';", 'no-restricted-imports'],
  ['src/main.ts', "fetch('https://example.com');", 'no-restricted-globals'],
  ['src/config.ts', 'console.log(process.env.HOME);', 'no-restricted-globals'],
  ['src/testing/a.ts', 'setTimeout(() => undefined, 5);', 'no-restricted-globals'],
  ['src/jobs/a.test.ts', 'await new Promise((done) => setTimeout(done, 5));\nexport {};', 'no-restricted-globals'],
  [
    'src/jobs/b.test.ts',
    "import { setTimeout as pause } from 'node:timers/promises';\nawait pause(5);",
    'no-restricted-imports',
  ],
  ['test/property/a.test.ts', 'export const seed = Math.random();', 'no-restricted-properties'],
  ['test/property/b.test.ts', "import { vi } from 'vitest';\nvi.mock('./x.js');", 'no-restricted-properties'],
  ['test/property/c.test.ts', "import { it } from 'vitest';\nit.only('x', () => undefined);", 'no-focused-tests'],
];

const ALLOWED: [path: string, code: string][] = [
  ['src/host/clock.ts', 'export const now = (): number => Date.now() + performance.now();'],
  ['src/host/log.ts', "process.stderr.write('x');\nsetTimeout(() => undefined, 5);"],
  ['src/main.ts', 'process.exitCode = 0;'],
  ['src/config.ts', 'export const home = process.env.HOME;'],
  [
    'src/testing/clock.ts',
    'export const settle = (): Promise<void> => new Promise((done) => void setImmediate(done));',
  ],
  [
    'src/core/e.ts',
    "import { createHmac, timingSafeEqual } from 'node:crypto';\nexport { createHmac, timingSafeEqual };",
  ],
];

describe('the linter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bans-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Each file stands in a tree of its own, so that two plants may have the same path. */
  function lint(path: string, code: string): string[] {
    const tree = mkdtempSync(join(folder, 'tree-'));
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    cpSync(join(ROOT, '.oxlintrc.json'), join(tree, '.oxlintrc.json'));
    writeFileSync(join(tree, path), code);
    const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
    const run = spawnSync(process.execPath, [oxlint, '--threads=1', '-f', 'json', '.'], {
      cwd: tree,
      encoding: 'utf8',
    });
    const { diagnostics } = JSON.parse(run.stdout) as { diagnostics: { code: string }[] };
    return diagnostics.map((diagnostic) => diagnostic.code);
  }

  it.each(LINTED)('refuses in %s: %s (%s)', (path, code, rule) => {
    expect(lint(path, code).join()).toContain(rule);
  });

  it.each(ALLOWED)('accepts in %s: %s', (path, code) => {
    expect(lint(path, code)).toEqual([]);
  });
});
