/**
 * Whether a delivery was signed now, give or take the tolerance, on both sides.
 *
 * @module
 */
import { parseTimestamp } from './grammar.js';
import type { RefusalReason } from './refusals.js';
import type { SignedRequest } from './request.js';
import { DEFAULT_TOLERANCE_SECONDS, type SchemeRow } from './row.js';

/** The instant in Unix milliseconds, or why it is not accepted. */
export function judgeTime(row: SchemeRow, request: SignedRequest, text: string | undefined): number | RefusalReason {
  const { unit } = row.timestamp!;
  if (text === undefined) return 'missing_timestamp';
  const atMs = parseTimestamp(text, unit);
  if (atMs === undefined) return 'malformed_timestamp';
  // A time in whole seconds is compared with the clock in whole seconds, as the senders' own libraries do.
  const nowMs = unit === 's' ? Math.floor(request.nowMs / 1000) * 1000 : request.nowMs;
  if (nowMs - atMs > pastMs(row, request)) return 'stale';
  return atMs - nowMs > futureMs(row, request) ? 'future' : atMs;
}

export function pastMs(row: SchemeRow, { toleranceSeconds }: SignedRequest): number {
  return 1000 * (toleranceSeconds ?? row.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS);
}

export function futureMs(row: SchemeRow, request: SignedRequest): number {
  const fallback = 1000 * (row.futureSeconds ?? DEFAULT_TOLERANCE_SECONDS);
  return request.toleranceSeconds === undefined ? Math.min(pastMs(row, request), fallback) : pastMs(row, request);
}
