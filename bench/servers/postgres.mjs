/**
 * A PostgreSQL of our own, in a folder that is thrown away, with its defaults of durability (fsync and
 * synchronous_commit on). It refuses to run as root, so a root bench hands the folder to another user first.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, plainEnv, Program } from '../measure/programs.mjs';

const ROOT_FOLDER = '/usr/lib/postgresql';
const USERS = ['postgres', 'nobody'];

/** The newest installed version's programs, or `undefined`. */
function programs() {
  if (!existsSync(ROOT_FOLDER)) return undefined;
  const versions = readdirSync(ROOT_FOLDER).toSorted((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(ROOT_FOLDER, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

/** Why there is none, or `undefined` when there is one. */
export function postgresMissing() {
  return programs() === undefined ? 'PostgreSQL is not installed (Debian: apt-get install postgresql)' : undefined;
}

function idOf(flag, user) {
  return Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
}

/** Whom to run it as: ourselves, unless that is root. */
function account() {
  if (process.getuid() !== 0) return {};
  for (const user of USERS) {
    try {
      return { uid: idOf('-u', user), gid: idOf('-g', user) };
    } catch {
      // This system has no such user.
    }
  }
  throw new Error(`PostgreSQL cannot run as root, and there is none of the users ${USERS.join(', ')}`);
}

/** Lays a server's files into this folder, unless they are there. */
export function initPostgres(dir) {
  const who = account();
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (who.uid !== undefined) chownSync(dir, who.uid, who.gid);
  const data = join(dir, 'data');
  if (existsSync(data)) return;
  execFileSync(join(programs(), 'initdb'), ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...who,
    env: plainEnv({ LC_ALL: 'C' }),
    cwd: dir,
  });
}

/**
 * Starts a server in this folder, or starts it again.
 *
 * @param {{port?: number, settings?: Record<string, string>}} [options]
 * @returns {Promise<{port: number, pid: number, stop: () => Promise<void>}>} user `bench`, database `postgres`.
 */
export async function startPostgres(dir, options = {}) {
  const bin = programs();
  const who = account();
  initPostgres(dir);
  const env = plainEnv({ LC_ALL: 'C' });
  const data = join(dir, 'data');
  const port = options.port ?? (await freePort());
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: dir,
    shared_buffers: '256MB',
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const program = new Program(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...args], {
    ...who,
    env,
    cwd: dir,
  });
  await answering(join(bin, 'pg_isready'), port, program);
  // SIGINT is its "fast" end: sessions are cut, nothing is recovered at the next start, and there is none.
  return { port, pid: program.pid, stop: () => program.stop('SIGINT') };
}

async function answering(isReady, port, program) {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      execFileSync(isReady, ['-q', '-h', '127.0.0.1', '-p', String(port)]);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw program.failure('does not answer');
}
