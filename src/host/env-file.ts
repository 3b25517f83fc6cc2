/** Variables from a file, as `NAME=value` lines. @module */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { codeOf, ioFailure } from './io-failure.js';

/**
 * What `.env` in the working directory sets; nothing when there is no such file. What the environment sets itself goes
 * before it: merge in that order.
 *
 * @throws AppError `io_failure` for a file that cannot be read
 */
export function readEnvFile(path: string): Record<string, string> {
  try {
    return parseEnv(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    throw ioFailure('reading', path, error);
  }
}
