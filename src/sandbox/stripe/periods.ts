/** How long a price pays for. @module */
import { objectOf } from './params.js';
import type { StripeObject } from './state.js';

const DAYS: Readonly<Record<string, number>> = { day: 1, week: 7, year: 365 };

/** Months by the calendar, everything else by days. Unix seconds. */
export function periodEnd(startS: number, price: StripeObject): number {
  const { interval, interval_count: every } = objectOf(price['recurring']);
  const count = Number(every ?? 1);
  if (interval !== 'month') return startS + (DAYS[String(interval)] ?? 30) * count * 86_400;
  const date = new Date(startS * 1000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + count);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return date.getTime() / 1000;
}
