/**
 * Stripe's own command line against the simulated Stripe: it triggers events, and forwards them to the intake, which
 * verifies their signature with the secret that the command line was given.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localPrincipal } from '../../src/core/local-identity.js';
import { operationNamed, runOperation } from '../../src/operations/index.js';
import { openSetting, SCOPE, type Setting } from './setting.js';

/** A folder of its own: the package names programs of five platforms, and a lockfile would want them all. */
const PLACE = fileURLToPath(new URL('../../node_modules/.cache/stripe-cli', import.meta.url));
const PACKAGE = `@stripe/cli-${process.platform}-${process.arch}`;
const VERSION = '1.52.0';
/** Only the proof and CI fetch it; a plain test run does not reach for the network. */
const MAY_FETCH = process.env['CI'] === 'true' || process.env['FAIRLEAD_TEST_FETCH'] === 'yes';
const BINARY = installed() ?? (MAY_FETCH ? fetched() : undefined);
const EVENTS = ['checkout.session.completed', 'payment_intent.succeeded', 'invoice.paid'];

function installed(): string | undefined {
  const path = join(PLACE, 'node_modules', PACKAGE, 'bin', process.platform === 'win32' ? 'stripe.exe' : 'stripe');
  return existsSync(path) ? path : undefined;
}

function fetched(): string | undefined {
  mkdirSync(PLACE, { recursive: true });
  const flags = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--prefix', PLACE];
  spawnSync('npm', ['install', ...flags, `${PACKAGE}@${VERSION}`], { stdio: 'ignore' });
  return installed();
}

if (BINARY === undefined) {
  console.log(
    `skipped: no Stripe CLI for ${process.platform}-${process.arch} here; npm run prove -- stripe-cli fetches it`,
  );
}

interface Run {
  child: ChildProcess;
  said: () => string;
  ended: Promise<number | null>;
}

describe.skipIf(BINARY === undefined && process.env['CI'] !== 'true')("Stripe's command line", () => {
  let setting: Setting;
  let home: string;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    setting = await openSetting(['stripe'], []);
    home = mkdtempSync(join(tmpdir(), 'fairlead-stripe-cli-'));
  });
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    await setting.close();
    rmSync(home, { recursive: true, force: true });
  });

  function run(...words: string[]): Run {
    const { ownUrl, variables } = setting.sandbox('stripe');
    const flags = [
      '--api-base',
      new URL(ownUrl).origin,
      '--api-key',
      variables['STRIPE_SECRET_KEY']!,
      '--color',
      'off',
    ];
    const env = { PATH: process.env['PATH'] ?? '', HOME: home, STRIPE_CLI_TELEMETRY_OPTOUT: '1' };
    const child = spawn(BINARY!, [...words, ...flags], { env });
    started.push(child);
    let said = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { child, said: () => said, ended };
  }

  it('triggers events, and forwards them to the intake', async () => {
    const printed = run('listen', '--print-secret', '--skip-update');
    expect([await printed.ended, printed.said().trim()]).toEqual([0, expect.stringMatching(/^whsec_\w+$/)]);
    const secret = printed.said().trim();
    const address = await sourceWith(secret);
    const listening = run('listen', '--all-snapshot', '--forward-to', address, '--skip-update');
    await expect.poll(listening.said, { timeout: 15_000 }).toContain('Ready!');
    expect(listening.said()).toContain(secret);
    for (const event of EVENTS) {
      const triggered = run('trigger', event);
      expect([event, await triggered.ended]).toEqual([event, 0]);
      expect(triggered.said()).toContain('Trigger succeeded!');
    }
    for (const event of EVENTS) await expect.poll(typesTaken, { timeout: 15_000 }).toContain(event);
    // What the command line says of the answers is what the intake answered.
    await expect.poll(listening.said).toMatch(/\[202\]/);
    expect(listening.said()).not.toMatch(/\[[345]\d\d\]/);
    listening.child.kill('SIGINT');
    await listening.ended;
  });

  it('is refused where the secret is another one', async () => {
    const address = await sourceWith('whsec_of_somebody_else_0123456789');
    const listening = run('listen', '--all-snapshot', '--forward-to', address, '--skip-update');
    await expect.poll(listening.said, { timeout: 15_000 }).toContain('Ready!');
    const before = (await typesTaken()).length;
    expect(await run('trigger', 'payment_intent.succeeded').ended).toBe(0);
    await expect.poll(listening.said, { timeout: 15_000 }).toMatch(/\[(?:400|401|403)\]/);
    expect(await typesTaken()).toHaveLength(before);
    listening.child.kill('SIGINT');
    await listening.ended;
  });

  async function sourceWith(secret: string): Promise<string> {
    const made = await runOperation(
      setting.gateway,
      operationNamed('sources.create'),
      { scope: SCOPE, principal: localPrincipal('person', 'prn_test', 'cli') },
      { provider: 'stripe', secret },
    );
    const { address } = (made as { source: { address: string } }).source;
    return setting.url + new URL(address).pathname;
  }

  async function typesTaken(): Promise<string[]> {
    const listed = await runOperation(
      setting.gateway,
      operationNamed('events.list'),
      { scope: SCOPE, principal: localPrincipal('person', 'prn_test', 'cli') },
      { limit: 200 },
    );
    return (listed as { events: { type: string }[] }).events.map(({ type }) => type);
  }
});
