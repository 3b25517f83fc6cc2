/**
 * A log that a test can read.
 *
 * @module
 */
import type { Log, LogLevel } from '../core/ports.js';
import { redact } from '../core/redact.js';
import type { SecretSet } from '../core/secret-set.js';

export interface CapturedLine {
  level: LogLevel;
  message: string;
  fields: Record<string, unknown>;
}

export interface CaptureLog {
  log: Log;
  /** What would have been written: redacted, in order, of all levels. */
  readonly lines: CapturedLine[];
}

export function captureLog(secrets?: SecretSet): CaptureLog {
  const lines: CapturedLine[] = [];
  return {
    lines,
    log: (level, message, fields = {}) => {
      lines.push(redact({ level, message, fields }, secrets) as CapturedLine);
    },
  };
}
