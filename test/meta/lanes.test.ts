/**
 * The rules of .dependency-cruiser.cjs, tried on a small tree: it passes as it stands, and every import planted in it
 * is refused by the rule that is meant for it. A rule that no plant shows at work fails the test.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './tree.js';

/** A tree in which every edge is allowed. */
const CLEAN: Record<string, string> = {
  'core/ports.ts': `import { createHash } from 'node:crypto'; import canonicalize from 'canonicalize'; export const clock = [createHash, canonicalize];`,
  'core/signature/index.ts': `export * from './hmac.js';`,
  'core/signature/hmac.ts': `export const hmac = 1;`,
  'core/webhook.ts': `export type { hmac } from './signature/index.js';`,
  'jobs/index.ts': `export * from './runner.js';`,
  'jobs/runner.ts': `import { clock } from '../core/ports.js'; export const jobs = clock;`,
  'audit/index.ts': `import { jobs } from '../jobs/index.js'; export const audit = jobs;`,
  'auth/index.ts': `import { audit } from '../audit/index.js'; export const auth = audit;`,
  'outbound/index.ts': `import { auth } from '../auth/index.js'; export const outbound = auth;`,
  'receive/index.ts': `import type { IncomingMessage } from 'node:http'; import 'node:path'; export type Request = IncomingMessage; import { outbound } from '../outbound/index.js'; export const receive = outbound;`,
  'deliver/index.ts': `import { jobs } from '../jobs/index.js'; export const deliver = jobs;`,
  'operations/index.ts': `export { receive } from '../receive/index.js'; export { deliver } from '../deliver/index.js';`,
  'workflows/index.ts': `import { receive } from '../operations/index.js'; export const workflow = receive;`,
  'doors/http/index.ts': `import { receive } from '../../operations/index.js'; import { Hono } from 'hono'; export const http = [receive, Hono];`,
  'doors/cli/index.ts': `import { deliver } from '../../operations/index.js'; import { Command } from 'commander'; export const cli = [deliver, Command];`,
  'storage/sqlite/index.ts': `export * from './events.js';`,
  'storage/sqlite/events.ts': `import { clock } from '../../core/ports.js'; import '@photostructure/sqlite'; export const sqlite = clock;`,
  'storage/sqlite/writer-thread.ts': `import { net } from '../../host/index.js'; import { sqlite } from './events.js'; void [net, sqlite];`,
  'storage/postgres/index.ts': `import { clock } from '../../core/ports.js'; export const postgres = clock;`,
  'host/index.ts': `import { clock } from '../core/ports.js'; import 'undici'; import 'node:net'; export const net = clock;`,
  'connectors/acme/index.ts': `import { clock } from '../../core/ports.js'; import { z } from 'zod'; export const acme = [clock, z];`,
  'connectors/umbra/index.ts': `export const umbra = 1;`,
  'connectors/webhooks.generated.ts': `export * from './acme/index.js'; export * from './umbra/index.js';`,
  'connectors/index.ts': `export * from './webhooks.generated.js';`,
  'sandbox/acme/index.ts': `import { clock } from '../../core/ports.js'; export const acme = clock;`,
  'sandbox/umbra/index.ts': `export const umbra = 1;`,
  'sandbox/index.ts': `import 'node:http'; export * as acme from './acme/index.js'; export * as umbra from './umbra/index.js';`,
  'testing/index.ts': `import { compose } from '../compose.js'; import { jobs } from '../jobs/index.js'; export const kit = [compose, jobs];`,
  'compose.ts': `import { net } from './host/index.js'; import './connectors/index.js'; import './sandbox/index.js'; import './storage/postgres/index.js'; export const compose = [net, await import('./storage/sqlite/index.js')];`,
  'config.ts': `import type { jobs } from './jobs/index.js'; export type Config = typeof jobs;`,
  'config-file.ts': `import 'node:fs'; import 'jiti'; import type { Config } from './config.js'; export type Loaded = Config;`,
  'handler-thread.ts': `import 'node:worker_threads'; import type { Loaded } from './config-file.js'; import { jobs } from './jobs/index.js'; export type T = Loaded; void jobs;`,
  'define.ts': `import type { Config } from './config.js'; import type { acme } from './connectors/webhooks.generated.js'; export type D = [Config, typeof acme];`,
  'demo/index.ts': `import 'node:http'; import 'node:child_process'; import 'node:fs'; import '../testing/index.js'; import { compose } from '../compose.js'; import '../host/index.js'; import 'node:module'; export const demo = compose;`,
  'main.ts': `import './demo/index.js'; import 'node:module'; import { compose } from './compose.js'; import type { Config } from './config.js'; import './workflows/index.js'; import './doors/http/index.js'; import './doors/cli/index.js'; void compose; export type C = Config;`,
  'index.ts': `export { compose } from './compose.js'; export type { D } from './define.js';`,
  'verify.ts': `export * from './connectors/webhooks.generated.js'; export { hmac } from './core/signature/index.js';`,
  'client.ts': `export type { clock } from './core/ports.js';`,
  'connector.ts': `export { clock } from './core/ports.js';`,
  'receive/intake.test.ts': `import '../storage/sqlite/events.js'; import '../testing/index.js'; import 'vitest'; import './index.js';`,
};

/** [file, its import, the rule that must refuse it]. Each stands in a file of its own, which some other file imports. */
const PLANTS: [file: string, code: string, rule: string][] = [
  ['jobs/cycle-a.ts', `import type { B } from './cycle-b.js'; export type A = B | 1;`, 'no-cycles'],
  ['jobs/cycle-b.ts', `import type { A } from './cycle-a.js'; export type B = A | 2;`, 'no-cycles'],
  ['audit/cycle.ts', `export type A = import('./cycle-other.js').B | 1;`, 'no-cycles'],
  ['audit/cycle-other.ts', `export type B = import('./cycle.js').A | 2;`, 'no-cycles'],
  ['health/forgotten.ts', `export const nobody = 1;`, 'no-orphans'],
  ['core/typo.ts', `import './no-such-file.js';`, 'everything-resolves'],
  ['receive/judge.ts', `import 'stripe';`, 'no-development-packages'],
  ['receive/with-test.ts', `import './intake.test.js';`, 'tests-stay-out'],
  ['receive/with-fixture.ts', `import '../../test/fixture.js';`, 'tests-stay-out'],

  ['core/looks-up.ts', `import { jobs } from '../jobs/index.js'; export { jobs };`, 'core-knows-only-core'],
  [
    'core/looks-up-typed.ts',
    `import type { jobs } from '../jobs/index.js'; export type J = typeof jobs;`,
    'core-knows-only-core',
  ],
  ['core/takes-zod.ts', `import 'zod';`, 'core-has-no-packages'],
  ['core/takes-files.ts', `import 'node:fs';`, 'core-has-no-packages'],
  ['core/takes-files-bare.ts', `import 'fs';`, 'core-has-no-packages'],
  ['jobs/looks-up.ts', `export const later = import('../outbound/index.js');`, 'base-looks-down'],
  ['policy/looks-up.ts', `import '../operations/index.js';`, 'base-looks-down'],
  ['outbound/looks-up.ts', `import '../receive/index.js';`, 'middle-looks-down'],
  ['sync/looks-up.ts', `import '../operations/index.js';`, 'product-looks-down'],
  ['operations/looks-up.ts', `import '../doors/cli/index.js';`, 'operations-look-down'],
  ['operations/reaches-out.ts', `import '../host/index.js';`, 'operations-look-down'],
  ['workflows/reaches-around.ts', `import '../outbound/index.js';`, 'workflows-use-operations'],
  ['doors/mcp/reaches-around.ts', `import '../../jobs/index.js';`, 'doors-only-translate'],
  ['doors/mcp/meets.ts', `import '../http/index.js';`, 'doors-do-not-meet'],

  ['storage/sqlite/sibling.ts', `import '../postgres/index.js';`, 'drivers-know-only-core'],
  [
    'storage/postgres/feature.ts',
    `import type { jobs } from '../../jobs/index.js'; export type J = typeof jobs;`,
    'drivers-know-only-core',
  ],
  ['host/feature.ts', `import '../jobs/index.js';`, 'host-knows-only-core'],
  ['connectors/acme/sibling.ts', `import '../umbra/index.js';`, 'connectors-know-only-core'],
  ['connectors/acme/feature.ts', `import '../../outbound/index.js';`, 'connectors-know-only-core'],
  ['connectors/acme/hmac.ts', `import 'node:crypto';`, 'connectors-use-only-zod'],
  ['connectors/acme/fetches.ts', `import 'undici';`, 'connectors-use-only-zod'],
  ['connectors/more.generated.ts', `import '../jobs/index.js';`, 'connector-lists-only-list'],
  ['sandbox/acme/looks.ts', `import '../../connectors/acme/index.js';`, 'sandbox-knows-only-core'],
  ['sandbox/acme/sibling.ts', `import '../umbra/index.js';`, 'sandbox-providers-do-not-meet'],

  [
    'receive/driver.ts',
    `import type { sqlite } from '../storage/sqlite/index.js'; export type S = typeof sqlite;`,
    'only-compose-wires',
  ],
  ['auth/clock.ts', `import '../host/index.js';`, 'only-compose-wires'],
  ['health/names.ts', `import '../connectors/index.js';`, 'only-compose-wires'],
  ['jobs/loop-thread.ts', `import '../storage/sqlite/index.js';`, 'threads-get-messages'],
  [
    'verify.ts',
    `import './jobs/index.js'; export * from './connectors/webhooks.generated.js';`,
    'verify-needs-only-the-schemes',
  ],
  ['verify.ts', `import 'zod'; export * from './connectors/webhooks.generated.js';`, 'verify-needs-only-the-schemes'],
  ['sendgrid/package.ts', `import 'zod';`, 'sendgrid-client-stands-alone'],
  ['sendgrid/words.ts', `import '../core/ports.js';`, 'sendgrid-client-stands-alone'],
  ['client.ts', `import './operations/index.js';`, 'client-and-kit-need-only-core'],
  ['connector.ts', `import './outbound/index.js';`, 'client-and-kit-need-only-core'],
  ['config.ts', `import './doors/http/index.js';`, 'config-starts-nothing'],
  [
    'receive/config.ts',
    `import type { Config } from '../config.js'; export type C = Config;`,
    'roots-are-not-imported',
  ],
  ['operations/root.ts', `import '../compose.js';`, 'roots-are-not-imported'],
  ['operations/demo.ts', `import '../demo/index.js';`, 'roots-are-not-imported'],
  [
    'define.ts',
    `import './connectors/acme/index.js'; import type { Config } from './config.js'; export type D = Config;`,
    'config-starts-nothing',
  ],
  ['deliver/virtual.ts', `import '../testing/index.js';`, 'testing-is-for-tests'],
  ['compose.ts', `import './testing/index.js';`, 'testing-is-for-tests'],
  ['testing/door.ts', `import '../doors/cli/index.js';`, 'testing-opens-no-door'],

  ['audit/inside.ts', `import '../jobs/runner.js';`, 'features-meet-at-index'],
  ['operations/inside.ts', `import '../jobs/runner.js';`, 'features-meet-at-index'],
  ['main.ts', `import './jobs/runner.js'; import './workflows/index.js';`, 'features-meet-at-index'],
  ['main.ts', `import './storage/sqlite/events.js'; import './workflows/index.js';`, 'plugged-folders-meet-at-index'],
  ['jobs/inside-core.ts', `import '../core/signature/hmac.js';`, 'plugged-folders-meet-at-index'],

  ['receive/process.ts', `import process from 'node:process';`, 'the-world-is-touched-in-host'],
  ['receive/timers.ts', `import { setTimeout } from 'node:timers/promises';`, 'the-world-is-touched-in-host'],
  ['auth/names.ts', `import { lookup } from 'dns';`, 'the-world-is-touched-in-host'],
  ['auth/secure.ts', `import { request } from 'node:https';`, 'the-world-is-touched-in-host'],
  ['auth/command.ts', `export const run = import('node:child_process');`, 'the-world-is-touched-in-host'],
  ['health/tests.ts', `export * from 'node:test';`, 'the-world-is-touched-in-host'],
  ['audit/file.ts', `import { appendFile } from 'node:fs/promises';`, 'files-live-in-host'],
  ['storage/sqlite/file.ts', `import { rmSync } from 'node:fs';`, 'files-live-in-host'],
  ['jobs/thread.ts', `import { Worker } from 'node:worker_threads';`, 'threads-start-in-host'],
  ['receive/server.ts', `import { createServer } from 'node:http';`, 'servers-listen-in-host'],
  ['receive/loads.ts', `import { createRequire } from 'node:module';`, 'optional-modules-have-a-place'],
  ['audit/engine.ts', `import { DatabaseSync } from 'node:sqlite';`, 'engines-live-in-storage'],
  ['outbound/socket.ts', `import 'undici';`, 'sockets-live-in-host'],
  ['auth/guard.ts', `import 'ipaddr.js';`, 'sockets-live-in-host'],
  ['operations/database.ts', `import '@photostructure/sqlite';`, 'databases-live-in-storage'],
  ['operations/framework.ts', `import 'hono/cors';`, 'frameworks-live-in-doors'],
  ['operations/framework-scoped.ts', `import type {} from '@hono/node-server';`, 'frameworks-live-in-doors'],
  ['operations/loads.ts', `import 'jiti';`, 'user-code-is-loaded-once'],
];

const PACKAGES = [
  'undici',
  'ipaddr.js',
  'hono',
  '@hono/node-server',
  'commander',
  '@photostructure/sqlite',
  'jiti',
  'zod',
  'canonicalize',
  'stripe',
  'vitest',
];

interface Violation {
  from: string;
  rule: { name: string };
  /** The members of a cycle. */
  cycle?: { name: string }[];
}

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function put(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Lays the tree out in an empty folder, with packages that hold nothing, and gives what the rules say about it. */
function violations(tree: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-lanes-'));
  folders.push(folder);
  for (const name of ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json'])
    cpSync(join(ROOT, name), join(folder, name));
  for (const name of PACKAGES) {
    put(folder, `node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    put(folder, `node_modules/${name}/index.js`, '');
  }
  put(folder, 'node_modules/hono/cors.js', '');
  put(folder, 'test/fixture.ts', 'export {};');
  for (const [path, code] of Object.entries(tree)) put(folder, `src/${path}`, code);
  const cruiser = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const run = spawnSync(
    process.execPath,
    [cruiser, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  expect(run.stderr).toBe('');
  const { summary } = JSON.parse(run.stdout) as { summary: { violations: Violation[] } };
  return summary.violations.flatMap(({ from, rule, cycle }) =>
    (cycle ?? [{ name: from }]).map(({ name }) => `${name}: ${rule.name}`),
  );
}

/** Plants that replace a file of the clean tree cannot stand together in one tree. */
function groups(): (typeof PLANTS)[] {
  const all: (typeof PLANTS)[] = [];
  for (const plant of PLANTS) {
    const free = all.find((group) => group.every(([file]) => file !== plant[0]));
    if (free) free.push(plant);
    else all.push([plant]);
  }
  return all;
}

describe('the lanes', () => {
  it('let a tree pass in which every edge points downwards', () => {
    expect(violations(CLEAN)).toEqual([]);
  });

  const found = new Map<(typeof PLANTS)[number], string[]>();
  beforeAll(() => {
    for (const group of groups()) {
      const inTree = violations({ ...CLEAN, ...Object.fromEntries(group.map(([file, code]) => [file, code])) });
      for (const plant of group) found.set(plant, inTree);
    }
  });

  it.each(PLANTS.map((plant) => [...plant, plant] as const))('refuse %s with %s', (file, _code, rule, plant) => {
    expect(found.get(plant)).toContain(`src/${file}: ${rule}`);
  });

  it('have no rule that no plant shows at work, and say why each is there', () => {
    const { forbidden } = createRequire(import.meta.url)(join(ROOT, '.dependency-cruiser.cjs')) as {
      forbidden: { name: string; comment: string }[];
    };
    expect(forbidden.map(({ name }) => name).sort()).toEqual([...new Set(PLANTS.map(([, , rule]) => rule))].sort());
    for (const { name, comment } of forbidden) expect(comment, name).toMatch(/^.{30,}\.$/);
  });
});
