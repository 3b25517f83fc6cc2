/**
 * The structured log: one NDJSON line a message, redacted before it is written, to stderr unless told otherwise.
 *
 * @module
 */
import type { Clock, Log, LogLevel } from '../core/ports.js';
import { redact } from '../core/redact.js';
import type { SecretSet } from '../core/secret-set.js';
import { ndjsonLine } from '../core/text.js';

const ORDER: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LogOptions {
  clock: Clock;
  /** Messages below this level are dropped. Default `info`. */
  level?: LogLevel;
  /** The secrets handed out so far; found by value in whatever is logged. */
  secrets?: SecretSet;
  /** Takes one line, its newline included. Default: stderr. */
  write?: (line: string) => void;
}

/**
 * A line is `{"at": ISO 8601, "level", "message", ...fields}`; a field cannot replace one of the first three. Logging
 * never throws and never fails its caller.
 */
export function createLog({ clock, level = 'info', secrets, write = writeToStderr() }: LogOptions): Log {
  const takes = (messageLevel: LogLevel): boolean => ORDER[messageLevel] >= ORDER[level];
  const log: Log = (messageLevel, message, fields) => {
    if (!takes(messageLevel)) return;
    const head = { at: new Date(clock.nowMs()).toISOString(), level: messageLevel, message };
    write(ndjsonLine(redact({ ...head, ...fields, ...head }, secrets)));
  };
  return Object.assign(log, { takes });
}

function writeToStderr(): (line: string) => void {
  const stream = process.stderr;
  // Without a listener a closed pipe (`fairlead serve 2>&1 | head`) would end the process.
  if (stream.listenerCount('error') === 0) stream.on('error', () => undefined);
  return (line) => void stream.write(line);
}
