/** Events and calendars as Google writes them. @source discovery document calendar v3 (Event, CalendarListEntry) @module */
import { isObject } from '../../core/json.js';
import type { Instance } from './event-instances.js';
import type { Calendar, CalendarEvent } from './state.js';

const etag = (number: number): string => `"${number}"`;

export function calendarShape({ id, title, timeZone, accessRole, isPrimary }: Calendar) {
  return {
    kind: 'calendar#calendarListEntry',
    etag: etag(1),
    id,
    summary: title,
    timeZone,
    accessRole,
    selected: true,
    ...(isPrimary && { primary: true }),
  };
}

/** A cancelled event keeps its id only. */
export function eventShape(calendar: Calendar, { event, number, startMs, endMs }: Instance): Record<string, unknown> {
  const { id, status, fields, createdAtMs, updatedAtMs, change } = event;
  const head = { kind: 'calendar#event', etag: etag(change), id, status };
  if (status === 'cancelled') return head;
  const { recurrence, start, end, ...rest } = fields;
  const own = number === undefined ? { start, end, ...(recurrence !== undefined && { recurrence }) } : {};
  return {
    ...head,
    htmlLink: `https://www.google.com/calendar/event?eid=${id}`,
    created: instant(createdAtMs),
    updated: instant(updatedAtMs),
    organizer: { email: calendar.id, displayName: calendar.title, self: true },
    creator: { email: calendar.id, self: true },
    iCalUID: `${id}@google.com`,
    sequence: 0,
    eventType: 'default',
    ...rest,
    ...own,
    ...(number !== undefined && instanceFields(event, start, startMs, endMs)),
  };
}

function instanceFields({ id }: CalendarEvent, start: unknown, startMs: number, endMs: number) {
  const timeZone = isObject(start) && typeof start['timeZone'] === 'string' ? { timeZone: start['timeZone'] } : {};
  const isDay = isObject(start) && typeof start['date'] === 'string';
  const time = (ms: number) => (isDay ? { date: instant(ms).slice(0, 10) } : { dateTime: instant(ms), ...timeZone });
  const suffix = instant(startMs).replace(/[-:]|\.\d+/g, '');
  return {
    id: `${id}_${suffix}`,
    recurringEventId: id,
    originalStartTime: time(startMs),
    start: time(startMs),
    end: time(endMs),
  };
}

export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
