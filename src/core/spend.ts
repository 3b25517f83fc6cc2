/** Amounts that were let through, counted by rule over a window of time. @module */

/** One amount for one counter. */
export interface SpendItem {
  /** What is counted: a rule, a currency, an owner. */
  counter: string;
  /** In the smallest unit of the counter's currency. */
  minor: number;
  windowMs: number;
  /** With this amount the sum of the window may not be above it; absent: it is only counted. */
  limit?: number;
}

/** `over`: the first counter that has no room; then nothing was counted. */
export type SpendTaken = { kind: 'taken' } | { kind: 'over'; counter: string };

/** A sum to read. */
export interface SpendWindow {
  counter: string;
  windowMs: number;
}

/** How long amounts are kept: longer than any window. */
export const SPEND_KEPT_MS = 2 * 86_400_000;
