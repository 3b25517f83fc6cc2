/**
 * Making an event. Its id comes from the mark of the call, so that a repeat is refused as a duplicate instead of making
 * a second one.
 *
 * @source discovery document calendar v3 (events.insert, Event.id)
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import { mailAddressOf } from '../../core/mail.js';
import { KEY_LIVES_ON_MS, markAsBase32Hex } from '../../core/mark.js';
import { path } from '../../core/path.js';
import { found, NOT_FOUND, UNDECIDED } from '../../core/verdict.js';
import { calendarId, calendarTarget, eventsPath, touchesCalendar } from './calendars.js';
import { event, eventFrom, eventTime, hasOffset, type Event, type EventTime } from './event.js';
import { SCOPES } from './scopes.js';

const guest = z.strictObject({
  email: z
    .string()
    .max(320)
    .refine((text) => mailAddressOf(text) === text, 'it is no e-mail address'),
  name: z.string().min(1).max(200).optional(),
  isOptional: z.boolean().optional(),
});

const input = z
  .strictObject({
    calendar: calendarId,
    title: z.string().min(1).max(1_000),
    start: eventTime,
    end: eventTime.describe('exclusive: an event of one whole day ends on the day after'),
    description: z.string().max(8_000).optional().describe('may hold HTML'),
    location: z.string().min(1).max(1_000).optional(),
    attendees: z.array(guest).max(200).optional(),
    invite: z
      .enum(['all', 'externalOnly', 'none'])
      .optional()
      .describe('who gets an invitation by e-mail; default: nobody'),
    recurrence: z
      .array(z.string().regex(/^(?:RRULE|EXRULE|RDATE|EXDATE)[:;][^\p{Cc}]{1,500}$/u, 'it is no rule of RFC 5545'))
      .min(1)
      .max(20)
      .optional()
      .describe('rules of RFC 5545, e.g. RRULE:FREQ=WEEKLY;COUNT=4'),
    isFree: z.boolean().optional().describe('it does not block the time'),
  })
  .refine(({ start, end }) => (start.date === undefined) === (end.date === undefined), {
    error: 'start and end must both be days or both be times',
    path: ['end'],
  })
  .refine(({ start, end }) => !(instantOf(end) <= instantOf(start)), {
    error: 'it must be after the start',
    path: ['end'],
  })
  .refine(
    ({ start, end, recurrence }) =>
      recurrence === undefined || start.date !== undefined || Boolean(start.timeZone && end.timeZone),
    { error: 'a series needs the time zone that its clock follows', path: ['start', 'timeZone'] },
  );
type NewEvent = z.output<typeof input>;

/** NaN where only the time zone says which instant it is. */
function instantOf({ date, dateTime = '' }: EventTime): number {
  return Date.parse(date ?? (hasOffset(dateTime) ? dateTime : ''));
}

const eventPath = (input: NewEvent, marker: string): string => eventsPath(input) + path`/${markAsBase32Hex(marker)}`;

export const createEvent = defineAction<NewEvent, Event>({
  summary: 'Creates an event in a Google calendar',
  effect: 'create',
  endpoint: 'POST /calendar/v3/calendars/{calendarId}/events',
  permissions: [SCOPES.writeEvents],
  input,
  output: event,
  target: calendarTarget,
  touches: touchesCalendar,
  request: (input, _connection, marker) => ({
    method: 'POST',
    url: eventsPath(input),
    query: { sendUpdates: input.invite },
    json: {
      id: markAsBase32Hex(marker),
      summary: input.title,
      start: input.start,
      end: input.end,
      ...(input.description && { description: input.description }),
      ...(input.location && { location: input.location }),
      ...(input.attendees && { attendees: input.attendees.map(attendeeOf) }),
      ...(input.recurrence && { recurrence: input.recurrence }),
      ...(input.isFree === true && { transparency: 'transparent' }),
    },
  }),
  parse: ({ body }) => eventFrom(parseJsonObject(body)),
  idempotency: {
    field: 'id',
    keyTtlMs: KEY_LIVES_ON_MS,
    source: 'discovery document calendar v3, Event.id: chosen by the client, unique in its calendar, base32hex',
    refusedWith: ['duplicate'],
  },
  // Not a listing: the event is asked for by the very id that it was given.
  reconcile: {
    request: (input, marker) => ({ method: 'GET', url: eventPath(input, marker) }),
    read(answer, _input, marker) {
      if (answer.status === 404) return NOT_FOUND;
      const made = parseJsonObject(answer.body);
      if (!isObject(made) || made['id'] !== markAsBase32Hex(marker)) return UNDECIDED;
      return found(eventFrom(made) as Event);
    },
  },
  settleMs: 10_000,
  settleSource: 'memory: no page says it; an event can be read by its id at once',
  limits: () => [{ bucket: 'calendar' }],
});

function attendeeOf({ email, name, isOptional }: z.output<typeof guest>) {
  return { email, ...(name && { displayName: name }), ...(isOptional === true && { optional: true }) };
}
