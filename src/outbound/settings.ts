/** The numbers of the pipeline for calls out. @module */

export interface OutboundSettings {
  /** Tries after the first one. */
  retries: number;
  /** Deadline of one attempt, from the first byte to the last. */
  timeoutMs: number;
  /** The longest wait inside a call. What has to wait longer goes back to whoever called, with the time. */
  holdMs: number;
  /** How long the wait for a turn, an attempt and the wait after it may take before another process may take the call over. */
  leaseMs: number;
  /** How long the ledger remembers a key. */
  keyTtlMs: number;
  maxAnswerBytes: number;
  /** Requests that one connection may have under way at once, where its provider names no other number. */
  concurrency: number;
}

const TIMEOUT_MS = 15_000;
const HOLD_MS = 5_000;
/** Fetching a secret, a slow commit, a paused process. */
const LEASE_MARGIN_MS = 10_000;

export const DEFAULT_SETTINGS: OutboundSettings = {
  retries: 4,
  timeoutMs: TIMEOUT_MS,
  holdMs: HOLD_MS,
  leaseMs: TIMEOUT_MS + 2 * HOLD_MS + LEASE_MARGIN_MS,
  keyTtlMs: 35 * 24 * 60 * 60 * 1000,
  maxAnswerBytes: 8 * 1024 * 1024,
  concurrency: 64,
};

/** The defaults with some of them replaced; the lease follows the timeout unless it is given. */
export function settingsWith(given: Partial<OutboundSettings> = {}): OutboundSettings {
  const settings = { ...DEFAULT_SETTINGS, ...given };
  if (given.leaseMs === undefined) settings.leaseMs = settings.timeoutMs + 2 * settings.holdMs + LEASE_MARGIN_MS;
  return settings;
}
