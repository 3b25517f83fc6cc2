/**
 * A command of the operator that wraps and unwraps our key-encryption keys, e.g. with the key of a KMS or an HSM. It is
 * called with `wrap` or `unwrap` as its last word, gets base64 on stdin and answers base64 on stdout.
 *
 * @module
 */
import { AppError } from '../core/errors.js';

export interface KeyWrapper {
  /** @throws AppError `secret_unavailable` */
  wrap(key: Uint8Array): Promise<Uint8Array>;
  /** @throws AppError `secret_unavailable` */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>;
}

const TIMEOUT_MS = 15_000;
const ANSWER_BYTES_MAX = 64 * 1024;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

export function keyCommand(command: string, env: Readonly<Record<string, string | undefined>>): KeyWrapper {
  return {
    wrap: (key) => run(command, 'wrap', key, env),
    unwrap: (wrapped) => run(command, 'unwrap', wrapped, env),
  };
}

/** What it prints as errors is never shown: it may hold the key. */
async function run(
  command: string,
  word: 'wrap' | 'unwrap',
  given: Uint8Array,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Uint8Array> {
  const { spawn } = await import('node:child_process');
  return await new Promise((resolve, reject) => {
    const fail = (problem: string): void =>
      reject(new AppError('secret_unavailable', { reference: `the key command (${word})`, problem }));
    const child = spawn('/bin/sh', ['-c', `${command} ${word}`], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`it did not end within ${TIMEOUT_MS} ms`);
    }, TIMEOUT_MS);
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes <= ANSWER_BYTES_MAX) chunks.push(chunk);
      else child.kill('SIGKILL');
    });
    // It may end without reading what it was given; its exit code says what that meant.
    child.stdin.on('error', () => {});
    child.stdin.end(`${Buffer.from(given).toString('base64')}\n`);
    child.on('error', () => fail('it could not be run'));
    child.on('close', (code) => {
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString('latin1').trim();
      if (code !== 0) fail(`it ended with ${code === null ? 'a signal' : `code ${code}`}`);
      else if (!BASE64.test(text)) fail('it did not answer with base64');
      else resolve(new Uint8Array(Buffer.from(text, 'base64')));
    });
  });
}
