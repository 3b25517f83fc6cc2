/**
 * What the file system refused, as an error of ours.
 *
 * @module
 */
import { AppError } from '../core/errors.js';

/** The error code of Node (`ENOENT`, `ENOSPC` ...), if the error has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** `io_failure` with the path and the system's code. */
export function ioFailure(doing: string, path: string, error: unknown): AppError<'io_failure'> {
  return new AppError('io_failure', { problem: `${doing} ${path}: ${codeOf(error) ?? 'failed'}` }, { cause: error });
}
