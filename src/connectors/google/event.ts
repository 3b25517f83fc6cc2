/** An event of a calendar, as actions take and give it. @source discovery document calendar v3 (Event) @module */
import { z } from 'zod';
import { isObject, valueAt } from '../../core/json.js';
import { each, optional } from './pages.js';

const date = z.iso.date().describe('of an event of whole days');
const timeZone = z
  .string()
  .regex(/^[A-Za-z][\w+-]*(?:\/[\w+-]+){0,2}$/, 'it is no name of a time zone, e.g. Europe/Berlin')
  .max(64);

/** Either whole days, or an instant: with an offset, or as the clock says in a time zone. */
export const eventTime = z
  .strictObject({
    date: date.optional(),
    dateTime: z.iso
      .datetime({ offset: true, local: true })
      .optional()
      .describe('2026-03-01T09:00:00+01:00, or without the offset and with timeZone'),
    timeZone: timeZone.optional().describe('name in the IANA database; a series of events needs it'),
  })
  .refine(({ date, dateTime }) => (date === undefined) !== (dateTime === undefined), {
    error: 'say date for whole days or dateTime for a time, one of them',
    path: ['dateTime'],
  })
  .refine(({ dateTime, timeZone }) => dateTime === undefined || timeZone !== undefined || hasOffset(dateTime), {
    error: 'a time needs its offset (…+01:00 or …Z) or a timeZone',
    path: ['timeZone'],
  });
export type EventTime = z.output<typeof eventTime>;

export function hasOffset(dateTime: string): boolean {
  return /(?:Z|[+-]\d\d:\d\d)$/.test(dateTime);
}

/** What Google gives back for a time. */
const givenTime = z.strictObject({
  date: z.string().optional(),
  dateTime: z.string().optional(),
  timeZone: z.string().optional(),
});

const attendee = z.strictObject({
  email: z.string().optional().describe('absent for some rooms and groups'),
  name: z.string().optional(),
  response: z.string().optional().describe('needsAction, declined, tentative or accepted'),
  isOptional: z.boolean(),
});

export const event = z.strictObject({
  id: z.string(),
  status: z.string().describe('confirmed, tentative or cancelled; a cancelled one may have nothing but its id'),
  title: z.string().optional(),
  description: z.string().optional(),
  location: z.string().optional(),
  start: givenTime.optional(),
  end: givenTime.optional().describe('exclusive'),
  attendees: z.array(attendee),
  organizer: z.string().optional().describe('e-mail address'),
  recurrence: z.array(z.string()).optional(),
  seriesId: z.string().optional().describe('id of the series of which it is one event'),
  url: z.string().optional(),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
});
export type Event = z.output<typeof event>;

export function eventFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    id: value['id'],
    status: value['status'] ?? 'confirmed',
    ...optional('title', value['summary']),
    ...optional('description', value['description']),
    ...optional('location', value['location']),
    ...optional('start', timeFrom(value['start'])),
    ...optional('end', timeFrom(value['end'])),
    attendees: each(value['attendees'] ?? [], attendeeFrom),
    ...optional('organizer', valueAt(value, 'organizer.email')),
    ...optional('recurrence', value['recurrence']),
    ...optional('seriesId', value['recurringEventId']),
    ...optional('url', value['htmlLink']),
    ...optional('createdAt', value['created']),
    ...optional('updatedAt', value['updated']),
  };
}

function timeFrom(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { date, dateTime, timeZone } = value;
  return { ...optional('date', date), ...optional('dateTime', dateTime), ...optional('timeZone', timeZone) };
}

function attendeeFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    ...optional('email', value['email']),
    ...optional('name', value['displayName']),
    ...optional('response', value['responseStatus']),
    isOptional: value['optional'] === true,
  };
}
