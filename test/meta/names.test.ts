import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forbiddenNames, forbiddenWord, providerNames } from './names.js';
import { ROOT, textOf, treeFiles } from './tree.js';

const SOURCES = treeFiles(/^src\/.*\.ts$/).filter((path) => !/\.(test|generated)\.ts$/.test(path));
/** Where a provider's own words are spoken: its fields may be called `service` or `task`. */
const IS_PROVIDERS_OWN = /^src\/(connectors|sandbox)\/[^/]+\//;
/** Where the settings and events of an agent's client are spoken: what runs before a tool is a hook there. */
const IS_CLIENTS_OWN = /^src\/doors\/cli\/agent-kit\/(claude-code|call-check)\.ts$/;
/** Where a provider may be named: its folders, the ready-made flows, the demo that shows two of them, a client for one. */
const MAY_NAME_PROVIDERS = /^src\/(connectors|sandbox|workflows|demo|sendgrid)\//;
const PROVIDERS = readdirSync(join(ROOT, 'src/connectors'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** Folders and files that stand directly in src/. Another one is a new lane: .dependency-cruiser.cjs must know it. */
const FOLDERS =
  'core jobs audit policy auth outbound receive deliver sync health operations workflows doors storage host connectors sandbox sendgrid client testing demo compose';

describe('names', () => {
  it('of files and folders are kebab-case nouns', () => {
    const bad = treeFiles(/^(src|test)\/.*\.ts$/).filter((path) => {
      const [file = '', ...folders] = path.split('/').reverse();
      return (
        !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|generated|d))?\.ts$/.test(file) ||
        folders.some((name) => /[^a-z0-9-]/.test(name))
      );
    });
    expect(bad).toEqual([]);
  });

  it('of files and folders use none of the words that mean nothing', () => {
    const ours = treeFiles(/^(src|test|scripts|bench|console|examples|docs)\//);
    expect(ours.filter((path) => path.split('/').some((segment) => forbiddenWord(segment) !== undefined))).toEqual([]);
  });

  it('of the folders in src/ are the lanes', () => {
    const found = new Set(SOURCES.filter((path) => path.split('/').length > 2).map((path) => path.split('/')[1] ?? ''));
    expect([...found].filter((name) => !FOLDERS.split(' ').includes(name))).toEqual([]);
  });

  it('of things in the code use the words of the design', () => {
    const found = SOURCES.filter((path) => !IS_PROVIDERS_OWN.test(path) && !IS_CLIENTS_OWN.test(path)).flatMap((path) =>
      forbiddenNames(path, textOf(path)).map(({ line, name, word }) => `${path}:${line} ${name} (${word})`),
    );
    expect(found).toEqual([]);
  });

  it('of providers occur only in their folders', () => {
    const found = SOURCES.filter((path) => !MAY_NAME_PROVIDERS.test(path)).flatMap((path) =>
      providerNames(path, textOf(path), PROVIDERS).map(({ line, name, word }) => `${path}:${line} ${name} (${word})`),
    );
    expect(found).toEqual([]);
  });
});

describe('the search for names', () => {
  it.each([
    ['class JobManager {}', 'manager'],
    ['interface Row { taskId: string }', 'task'],
    ['export const COMMON_HEADERS = {};', 'common'],
    ['function onHook() {}', 'hook'],
    ["const table = 'sync_tasks';", 'tasks'],
    ['const { a: sharedState } = x;', 'shared'],
    ['type Integrations = string;', 'integrations'],
  ])('finds the word in %s', (code, word) => {
    expect(forbiddenNames('x.ts', code).map((found) => found.word)).toContain(word);
  });

  it.each([
    'const webhooks = INTEGRATION_ENV;',
    "const name = 'INTEGRATION_ENV';",
    "throw new AppError('conflict', { problem: 'a task of the shared service is running' });",
    'const memory = new SharedArrayBuffer(8);',
    'const utilization = input.service;',
    'const sharedSecret = 1;',
    '/* a helper */ const x = 1;',
  ])('lets %s pass', (code) => {
    expect(forbiddenNames('x.ts', code)).toEqual([]);
  });

  const providers = ['slack', 'stripe', 'notion', 'http', 'linear', 'standard-webhooks', 'acme-pay', 'asana'];
  it.each([
    ["if (provider === 'slack') {}", 'slack'],
    ['const isStripeEvent = true;', 'stripe'],
    ["const variable = 'SLACKBOT_TOKEN';", 'slack'],
    ["headers['x-slack-signature'];", 'slack'],
    ['const pattern = /^stripe-/;', 'stripe'],
    ['const url = `https://hooks.slack.com/${path}`;', 'slack'],
    ["if (provider === 'notion') {}", 'notion'],
    ['const linear = 1;', 'linear'],
    ['const AcmePay = 1;', 'acme-pay'],
  ])('finds the provider in %s', (code, word) => {
    expect(providerNames('x.ts', code, providers).map((found) => found.word)).toContain(word);
  });

  it.each([
    '// Slack answers 200 for errors',
    "const examples = ['fairlead trigger slack --forge'];",
    "z.string().describe('whose deliveries, e.g. stripe');",
    "const text = 'it was an argument';",
    "const text = 'a linear search, a notion of time';",
    "const module = 'node:http'; const scheme = 'standard-webhooks';",
    'const linearSearch = 1;',
  ])('lets %s pass', (code) => {
    expect(providerNames('x.ts', code, providers)).toEqual([]);
  });
});
