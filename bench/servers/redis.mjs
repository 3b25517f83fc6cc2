/**
 * A Redis of our own: a free port, a folder that is thrown away, the append-only file synced each second, which is what
 * tutorials run with.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { freePort, plainEnv, Program } from '../measure/programs.mjs';

/** Why there is none, or `undefined` when there is one. */
export function redisMissing() {
  return spawnSync('redis-server', ['--version']).error === undefined
    ? undefined
    : 'redis-server is not installed (Debian: apt-get install redis-server)';
}

/** @returns {Promise<{port: number, pid: number, stop: () => Promise<void>}>} */
export async function startRedis(dir) {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const settings = {
    bind: '127.0.0.1',
    port,
    dir,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    daemonize: 'no',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = new Program('redis-server', args, { cwd: dir, env: plainEnv() });
  await ready(program);
  return { port, pid: program.pid, stop: () => program.stop() };
}

async function ready(program) {
  for (;;) if ((await program.line('', 20_000)).includes('Ready to accept connections')) return;
}
