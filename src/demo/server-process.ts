/** The server of the demo: a real process, started, killed and started again. @module */
import { spawn, type ChildProcess } from 'node:child_process';
import { request } from 'node:http';
import { AppError } from '../core/errors.js';
import type { Clock } from '../core/ports.js';

export interface HttpReply {
  /** 0 when there was no answer. */
  status: number;
  text: string;
}

/** One HTTP exchange with the server. Never rejects. */
export function exchange(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<HttpReply> {
  return new Promise((resolve) => {
    const message = request(url, { method: options.method ?? 'POST', headers: options.headers ?? {} }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', () => resolve({ status: 0, text: '' }));
    });
    message.setTimeout(10_000, () => message.destroy());
    message.on('error', () => resolve({ status: 0, text: '' }));
    message.end(options.body);
  });
}

const READY_MS = 15_000;
const PROBE_MS = 20;

export class ServerProcess {
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #said = '';

  constructor(
    private readonly clock: Clock,
    private readonly main: string,
    private readonly dir: string,
    private readonly env: Record<string, string>,
    readonly url: string,
  ) {}

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [this.main, 'serve'], {
      cwd: this.dir,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => void (this.#said = (this.#said + chunk.toString('utf8')).slice(-20_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
    await this.#ready(child);
  }

  async #ready(child: ChildProcess): Promise<void> {
    const endMs = this.clock.monotonicMs() + READY_MS;
    while (this.clock.monotonicMs() < endMs && child.exitCode === null) {
      if ((await exchange(`${this.url}/readyz`, { method: 'GET' })).status === 200) return;
      await this.clock.sleep(PROBE_MS);
    }
    throw new AppError('timeout', {
      operation: `starting the server (it said: ${this.#said.slice(-2_000)})`,
      limitMs: READY_MS,
    });
  }

  /** Ends it as a power cut would, as far as a process can tell. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM');
    await this.#exited;
  }

  get output(): string {
    return this.#said;
  }
}
