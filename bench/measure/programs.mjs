/**
 * Starts the programs that are measured, talks to them by lines, and ends them, by their id, whatever happens.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** Lines nobody has asked for yet. */
const LINES_KEPT = 1_000;

const running = new Set();

/** A bench that is interrupted or fails leaves no server behind. */
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

export class Program {
  #lines = [];
  #waiting = [];
  #tail = [];

  constructor(command, args, { cwd, env, uid, gid } = {}) {
    this.child = spawn(command, args, { cwd, env, uid, gid, stdio: ['pipe', 'pipe', 'pipe'] });
    running.add(this.child);
    this.child.stdin.on('error', () => {});
    createInterface({ input: this.child.stdout }).on('line', (line) => this.#hear(line));
    createInterface({ input: this.child.stderr }).on('line', (line) => this.#keep(line));
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => this.#keep(error.message));
      this.child.on('close', (code, signal) => {
        running.delete(this.child);
        for (const { reject } of this.#waiting.splice(0))
          reject(this.failure(`ended with ${signal ?? `code ${code}`}`));
        resolve(code);
      });
    });
  }

  get pid() {
    return this.child.pid;
  }

  /** The next line of its output that starts with `word`; the rest of it is returned. */
  line(word, timeoutMs = 60_000) {
    const at = this.#lines.findIndex((line) => line.startsWith(word));
    if (at >= 0) return Promise.resolve(this.#lines.splice(at, 1)[0].slice(word.length).trim());
    if (!running.has(this.child)) return Promise.reject(this.failure('has ended'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.failure(`said no "${word}" in ${timeoutMs} ms`)), timeoutMs);
      const settle = (end) => (value) => {
        clearTimeout(timer);
        end(value);
      };
      this.#waiting.push({ word, resolve: settle(resolve), reject: settle(reject) });
    });
  }

  tell(line) {
    this.child.stdin.write(`${line}\n`);
  }

  /** Ends it: politely, then not. */
  async stop(signal = 'SIGTERM', graceMs = 5_000) {
    if (!running.has(this.child)) return;
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    await this.ended;
    clearTimeout(timer);
  }

  failure(problem) {
    const last = this.#tail.join('\n    ');
    return new Error(
      `${this.child.spawnargs.slice(0, 3).join(' ')} ${problem}${last ? `; it said last:\n    ${last}` : ''}`,
    );
  }

  #hear(line) {
    this.#keep(line);
    const at = this.#waiting.findIndex(({ word }) => line.startsWith(word));
    if (at < 0) {
      if (this.#lines.length < LINES_KEPT) this.#lines.push(line);
      return;
    }
    const [{ word, resolve }] = this.#waiting.splice(at, 1);
    resolve(line.slice(word.length).trim());
  }

  #keep(line) {
    this.#tail.push(line.slice(0, 300));
    if (this.#tail.length > 8) this.#tail.shift();
  }
}

/** A port of this machine's loopback that nobody uses now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The variables a program needs of ours, and no more: a bench must not depend on somebody's shell. */
export function plainEnv(more = {}) {
  const kept = Object.fromEntries(['PATH', 'HOME', 'LANG', 'TMPDIR'].map((name) => [name, process.env[name]]));
  return { ...kept, ...more };
}
