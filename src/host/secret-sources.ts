/**
 * Where the secrets lie that Fairlead does not keep itself.
 *
 * @module
 */
import { open } from 'node:fs/promises';
import type { SecretRead, SecretSources } from '../core/ports.js';
import { codeOf } from './io-failure.js';

/** Longest secret that is read; a certificate chain fits. */
const SECRET_BYTES_MAX = 64 * 1024;
const EXEC_TIMEOUT_MS = 10_000;

export interface SecretSourceOptions {
  /** The environment as the configuration hands it in; commands run with the same. */
  env: Readonly<Record<string, string | undefined>>;
  /** How long a command may take. Default 10 s. */
  execTimeoutMs?: number;
}

export function realSecretSources({ env, execTimeoutMs = EXEC_TIMEOUT_MS }: SecretSourceOptions): SecretSources {
  return {
    env(name) {
      const value = Object.hasOwn(env, name) ? env[name] : undefined;
      return value === undefined || value === '' ? missing('the variable is not set') : found(value);
    },

    async file(path) {
      try {
        return fromBytes(await readBounded(path));
      } catch (error) {
        return missing(`the file cannot be read (${codeOf(error) ?? 'failed'})`);
      }
    },

    // Most installations run no command; none need wait for this at the start.
    exec: async (command) => runCommand((await import('node:child_process')).spawn, command, env, execTimeoutMs),
  };
}

/**
 * Runs the command in a process group of its own, so that what it started ends with it, and reads only its stdout:
 * what it prints as errors may hold the secret or its neighbours.
 */
function runCommand(
  spawn: typeof import('node:child_process').spawn,
  command: string,
  env: SecretSourceOptions['env'],
  timeoutMs: number,
): Promise<SecretRead> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (read: SecretRead) => {
      clearTimeout(timer);
      resolve(read);
    };
    const give = (problem: string) => {
      settle(missing(problem));
      child.stdout.destroy();
      endGroup(child.pid);
    };
    const timer = setTimeout(() => give(`the command did not end within ${timeoutMs} ms`), timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes > SECRET_BYTES_MAX) give(`the command printed more than ${SECRET_BYTES_MAX} bytes`);
      else chunks.push(chunk);
    });
    child.on('error', () => settle(missing('the command could not be run')));
    child.on('close', (code) => {
      const failed = code !== 0 && missing(`the command ended with ${code === null ? 'a signal' : `code ${code}`}`);
      settle(failed || fromBytes(Buffer.concat(chunks)));
    });
  });
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

async function readBounded(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array(SECRET_BYTES_MAX + 1);
    let filled = 0;
    while (filled < bytes.byteLength) {
      const { bytesRead } = await file.read(bytes, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

function fromBytes(bytes: Uint8Array): SecretRead {
  if (bytes.byteLength > SECRET_BYTES_MAX) return missing(`it is longer than ${SECRET_BYTES_MAX} bytes`);
  const value = new TextDecoder().decode(bytes).replace(/\r?\n$/, '');
  return value === '' ? missing('it is empty') : found(value);
}

const found = (value: string): SecretRead => ({ ok: true, value });
const missing = (problem: string): SecretRead => ({ ok: false, problem });
