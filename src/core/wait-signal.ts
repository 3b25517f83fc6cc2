/** Where providers say how long to wait, as data: a header or a field of the body, and in which unit. @module */
import { parseJsonObject, valueAt } from './json.js';
import type { HttpAnswer } from './ports.js';
import {
  RETRY_AFTER_CAP_MS,
  retryAfterMs,
  untilEpochMillisecondsMs,
  untilEpochSecondsMs,
  untilIsoMs,
} from './retry-after.js';

/** `retry-after` is delay-seconds or an HTTP-date (RFC 9110, section 10.2.3). */
export type WaitUnit = 'retry-after' | 'seconds' | 'milliseconds' | 'epoch-seconds' | 'epoch-milliseconds' | 'iso-8601';

/** One place where a wait may be said. */
export interface WaitSignal {
  /** Lower-case name of a header, or `body` with a dotted path. */
  from: { header: string } | { body: string };
  as: WaitUnit;
  /** What to take out of a sentence: the first group. */
  pattern?: RegExp;
  /** Only if this header has this value (`x-ratelimit-remaining` is `0`). */
  when?: { header: string; is: string };
}

/** `retry-after-ms` before `retry-after`, because it says the same more exactly. */
export const USUAL_WAITS: readonly WaitSignal[] = [
  { from: { header: 'retry-after-ms' }, as: 'milliseconds' },
  { from: { header: 'retry-after' }, as: 'retry-after' },
];

/** Milliseconds to wait by the first signal that says something usable; never 0, at most a day. */
export function waitAskedMs(answer: HttpAnswer, nowMs: number, signals: readonly WaitSignal[]): number | undefined {
  for (const { from, as, pattern, when } of signals) {
    if (when !== undefined && answer.headers[when.header]?.trim() !== when.is) continue;
    const said = 'header' in from ? answer.headers[from.header] : bodyText(answer, from.body);
    const text = pattern === undefined ? said : pattern.exec(said ?? '')?.[1];
    const waitMs = waitOfText(text, as, nowMs);
    if (waitMs !== undefined) return waitMs;
  }
  return undefined;
}

/** Milliseconds from now that one text says, see {@link WaitUnit}. */
export function waitOfText(text: string | undefined, unit: WaitUnit, nowMs: number): number | undefined {
  switch (unit) {
    case 'retry-after':
      return retryAfterMs(text, nowMs);
    case 'seconds':
      return delayMs(text, 1000);
    case 'milliseconds':
      return delayMs(text, 1);
    case 'epoch-seconds':
      return untilEpochSecondsMs(text, nowMs);
    case 'epoch-milliseconds':
      return untilEpochMillisecondsMs(text, nowMs);
    default:
      return untilIsoMs(text, nowMs);
  }
}

function delayMs(text: string | undefined, unitMs: number): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (!/^\d{1,15}(\.\d{1,9})?$/.test(trimmed)) return undefined;
  const ms = Math.ceil(Number(trimmed) * unitMs);
  return ms > 0 ? Math.min(ms, RETRY_AFTER_CAP_MS) : undefined;
}

function bodyText({ body }: HttpAnswer, path: string): string | undefined {
  const value = valueAt(parseJsonObject(body), path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
