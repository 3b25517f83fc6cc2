/** Recurring events as single ones, as far as the simulation goes: daily and weekly, so many times. @module */
import { isObject } from '../../core/json.js';
import type { CalendarEvent } from './state.js';

const DAY_MS = 86_400_000;
const INSTANCES_MAX = 366;
const RULE = /^RRULE:FREQ=(DAILY|WEEKLY);COUNT=(\d{1,3})$/;

export interface Instance {
  event: CalendarEvent;
  /** Absent for an event that does not recur, and for a series that is not taken apart. */
  number?: number;
  startMs: number;
  endMs: number;
}

/** @param single whether a series is listed as its instances */
export function instancesOf(event: CalendarEvent, single: boolean): Instance[] {
  const startMs = timeOf(event.fields['start']);
  const endMs = timeOf(event.fields['end']);
  const rule = single ? ruleOf(event.fields['recurrence']) : undefined;
  if (rule === undefined) return [{ event, startMs, endMs }];
  return Array.from({ length: rule.count }, (_, number) => {
    const laterMs = number * rule.everyMs;
    return { event, number, startMs: startMs + laterMs, endMs: endMs + laterMs };
  });
}

/** The instant of `{ date }` or `{ dateTime }`; of a local time as if it were UTC. NaN for neither. */
export function timeOf(value: unknown): number {
  if (!isObject(value)) return Number.NaN;
  const { date, dateTime } = value;
  if (typeof date === 'string') return Date.parse(`${date}T00:00:00Z`);
  if (typeof dateTime !== 'string') return Number.NaN;
  return Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(dateTime) ? dateTime : `${dateTime}Z`);
}

function ruleOf(recurrence: unknown): { count: number; everyMs: number } | undefined {
  const line: unknown = Array.isArray(recurrence) ? recurrence[0] : undefined;
  const [, frequency, count] = RULE.exec(typeof line === 'string' ? line : '') ?? [];
  if (count === undefined) return undefined;
  const everyMs = frequency === 'DAILY' ? DAY_MS : 7 * DAY_MS;
  return { count: Math.min(Number(count), INSTANCES_MAX), everyMs };
}
