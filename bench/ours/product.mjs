/**
 * Fairlead as its users run it: the built `fairlead serve` in a folder of its own, a GitHub source from the
 * environment, and one handler for everything.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { delivery, PATH, SECRET } from '../load/deliveries.mjs';
import { freePort, plainEnv, Program } from '../measure/programs.mjs';
import { built } from './build-place.mjs';

const MAIN = built('main.cjs');
const READY_MS = 20_000;

const CONFIG = `import { defineConfig, on } from 'fairlead';

export default defineConfig({
  handlers: [on('github', '*', { name: 'bench' }, () => new Promise((resolve) => setImmediate(resolve)))],
});
`;

/** Lays a configuration into a folder. */
export function prepare(dir) {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'fairlead.config.mjs'), CONFIG);
}

export class Product {
  /**
   * Starts it and waits for the first 202.
   *
   * @param {string} dir empty or missing; everything it writes lies there.
   * @param {{paused?: boolean, nodeArgs?: string[], database?: string, args?: string[]}} [options] `paused`: jobs are
   *   queued and wait. `database`: `postgres://...`. `args`: of `fairlead serve`.
   */
  static async start(dir, { paused = false, nodeArgs = [], database, args } = {}) {
    prepare(dir);
    const product = new Product(dir, await freePort(), nodeArgs, { database, args });
    await product.#answering();
    if (paused) await product.cli('queue', 'pause');
    return product;
  }

  constructor(dir, port, nodeArgs = [], { database, args = [] } = {}) {
    this.dir = dir;
    this.port = port;
    this.env = plainEnv({
      FAIRLEAD_DATA_DIR: join(dir, 'data'),
      FAIRLEAD_PORT: String(port),
      FAIRLEAD_LOG_LEVEL: 'warn',
      AUDIT_LOG_PATH: join(dir, 'audit.ndjson'),
      GITHUB_WEBHOOK_SECRET: SECRET,
      ...(database !== undefined && { FAIRLEAD_DATABASE_URL: database }),
    });
    this.program = new Program(process.execPath, [...nodeArgs, MAIN, 'serve', ...args], { cwd: dir, env: this.env });
  }

  get pids() {
    return [this.program.pid];
  }

  /** Runs a command of the CLI against this server; its answer as JSON. */
  async cli(...words) {
    const options = { cwd: this.dir, env: this.env, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...words, '--json'], options);
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  }

  /**
   * Sends one delivery twice. @throws unless the first is stored and the second is known as its duplicate: a server
   * that answers without doing its work would be fast.
   */
  async checkAnswers() {
    const { headers, body } = delivery(9_000_000_000);
    const first = await post(this.port, headers, body);
    const second = await post(this.port, headers, body);
    const forged = await post(this.port, headers, Buffer.from(body).fill(0x20, 10, 11));
    if (first.status !== 202 || first.text.includes('duplicate')) throw new Error(`a delivery got ${describe(first)}`);
    if (!second.text.includes('duplicate')) throw new Error(`a duplicate got ${describe(second)}`);
    if (forged.status !== 401) throw new Error(`a forgery got ${describe(forged)}`);
  }

  async stop() {
    await this.program.stop('SIGTERM', 10_000);
  }

  async #answering() {
    const until = performance.now() + READY_MS;
    const { headers, body } = delivery(9_000_000_001);
    while (performance.now() < until && this.program.child.exitCode === null) {
      const answer = await post(this.port, headers, body).catch(() => undefined);
      if (answer?.status === 202) return;
      await sleep(20);
    }
    await this.program.stop('SIGKILL');
    throw this.program.failure(`did not answer a delivery with 202 in ${READY_MS} ms`);
  }
}

const describe = ({ status, text }) => `${status} ${text.slice(0, 200)}`;

async function post(port, headers, body) {
  const own = Object.entries(headers).filter(([name]) => name !== 'host' && name !== 'content-length');
  const options = { method: 'POST', headers: Object.fromEntries(own), body };
  const answer = await fetch(`http://127.0.0.1:${port}${PATH}`, options);
  return { status: answer.status, text: await answer.text() };
}
