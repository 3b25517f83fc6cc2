/** Starting for the first time, and starting with something wrong: on real files and sockets. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { operationTable, runOperation } from '../../src/operations/index.js';
import { localPrincipal } from '../../src/core/local-identity.js';
import { runCli, type RunningServer } from '../../src/doors/cli/index.js';
import { freePort } from '../../src/host/index.js';
import { runIn, worldIn, type RealOptions, type RealRun } from './real-world.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'fairlead-start-'));
  folders.push(cwd);
});

const run = (line: string, options?: RealOptions): Promise<RealRun> => runIn(cwd, line, options);
const modeOf = (path: string): number => statSync(join(cwd, path)).mode & 0o777;

/** A server in this process, with what the environment declares. */
async function startServer(variables: Record<string, string> = {}): Promise<RunningServer> {
  const { world } = worldIn(cwd, 'serve', { variables: { FAIRLEAD_PORT: '0', ...variables } });
  const config = await world.loadConfig({});
  const lock = await world.ownership(config).acquireLock();
  return await world.openServer(config, lock!, { kind: 'serve' });
}

describe('init', () => {
  it('leaves the folders of the user to the umask, and keeps the data private', async () => {
    expect((await run('init')).exit).toBe(0);
    const umask = process.umask();
    expect(modeOf('handlers')).toBe(0o777 & ~umask);
    expect(modeOf('handlers/received.mjs')).toBe(0o644 & ~umask);
    await run('source list');
    expect(modeOf('.fairlead')).toBe(0o700);
  });
});

describe('a start with something wrong', () => {
  it.each(['serve', 'dev'])('names the flag that was wrong: %s', async (command) => {
    const { exit, stderr } = await run(`${command} --port abc`);
    expect(exit).toBe(2);
    expect(stderr).toContain('--port: "abc" is no port');
    expect(stderr).not.toContain('FAIRLEAD_PORT');
    const variable = await run(command, { variables: { FAIRLEAD_PORT: 'abc' } });
    expect([variable.exit, variable.stderr]).toEqual([78, expect.stringContaining('FAIRLEAD_PORT: "abc"')]);
  });

  it.each([
    ['live', 'sk_test_51abcdefghijklmnopqrstuvwx'],
    ['sandbox', 'sk_live_51abcdefghijklmnopqrstuvwx'],
  ])('refuses in %s a key of the other environment, without saying it', async (environment, key) => {
    const variables = { INTEGRATION_ENV: environment, STRIPE_SECRET_KEY: key, FAIRLEAD_PORT: '0' };
    for (const line of ['serve', 'serve --port 0', 'dev', 'doctor']) {
      const { exit, stdout, stderr } = await run(line, { variables });
      expect([line, exit]).toEqual([line, 78]);
      expect(stdout + stderr).toContain('STRIPE_SECRET_KEY: it is a key for ');
      expect(stdout + stderr).not.toContain(key.slice(8));
    }
  });
});

describe('a configuration file that is named', () => {
  it('lies where the words say, seen from the working directory', async () => {
    const here = ['fairlead.other.json', './fairlead.other.json'];
    for (const path of here) {
      const { exit, stderr } = await run(`source list --config ${path}`);
      expect([path, exit]).toEqual([path, 78]);
      expect(stderr).toContain(`${join(cwd, 'fairlead.other.json')}: there is no such file`);
    }
    writeFileSync(join(cwd, 'fairlead.other.json'), '{}');
    for (const path of here) expect((await run(`source list --config ${path}`)).exit).toBe(0);
    writeFileSync(join(cwd, 'fairlead.other.mjs'), 'export default {};');
    expect((await run('source list --config fairlead.other.mjs')).exit).toBe(0);
  });
});

describe('a second server', () => {
  it('says who has the directory and how to go on, waits, and ends when told', async () => {
    const { server, drain } = await startServer();
    try {
      const stop = new AbortController();
      const { world, printed } = worldIn(cwd, 'serve', { variables: { FAIRLEAD_PORT: '0' }, stop: stop.signal });
      const second = runCli(world);
      await expect.poll(() => printed().stderr).toContain('Ctrl-C');
      for (const part of [join(cwd, '.fairlead'), server.url!, `process ${server.pid}`, 'takes over', '--no-wait']) {
        expect(printed().stderr).toContain(part);
      }
      stop.abort();
      expect(await second).toBe(0);
    } finally {
      await drain();
    }
  });

  it.each(['serve', 'dev'])('ends at once with --no-wait: %s', async (command) => {
    const { server, drain } = await startServer();
    try {
      const { exit, stderr } = await run(`${command} --no-wait --port 0`);
      expect(exit).toBe(74);
      expect(stderr).toContain('store_locked');
      expect(stderr).toContain(`process ${server.pid}`);
    } finally {
      await drain();
    }
  });
});

describe('the egress guard', () => {
  it('knows both listeners of ours', async () => {
    const publicPort = await freePort();
    const running = await startServer({
      FAIRLEAD_PUBLIC_LISTEN: `127.0.0.1:${publicPort}`,
      FAIRLEAD_ALLOWED_PRIVATE_HOSTS: '127.0.0.0/8',
    });
    try {
      const { gateway, server } = running;
      const post = operationTable(await gateway.connectors()).find(({ name }) => name === 'http.post')!;
      const caller = {
        scope: { tenant: 'default', environment: 'sandbox' },
        principal: localPrincipal('api_key', 'local', 'cli'),
      } as const;
      for (const port of [publicPort, Number(new URL(server.url!).port)]) {
        const input = { url: `http://127.0.0.1:${port}/in/x`, json: {} };
        expect(await runOperation(gateway, post, caller, input)).toMatchObject({
          state: 'failed',
          error: { code: 'egress_denied', detail: expect.stringContaining('Fairlead itself') },
        });
      }
    } finally {
      await running.drain();
    }
  });
});
