/** What has to be known of before to decide: sums of amounts, and what was read. @module */
import type { Principal } from '../core/principal.js';
import type { SpendWindow } from '../core/spend.js';
import { counterOf, READ_WINDOW_MS, readCounterOf, type Policy } from './rule.js';

/** The counters that the rules look at when this principal calls. */
export function spendWindows({ rules }: Policy, principal: Principal): SpendWindow[] {
  return rules.flatMap((rule) => {
    const { amount, afterReading } = rule;
    const counts = amount !== undefined && amount.windowMs > 0;
    return [
      ...(counts ? [{ counter: counterOf(rule), windowMs: amount.windowMs }] : []),
      ...(afterReading ? [{ counter: readCounterOf(rule, principal), windowMs: READ_WINDOW_MS }] : []),
    ];
  });
}
