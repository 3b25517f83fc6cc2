/** Which calendars there are. @source discovery document calendar v3 (calendarList) @module */
import { z } from 'zod';
import { defineAction, type TargetRef } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import { path } from '../../core/path.js';
import { cursor, each, nextPage, optional } from './pages.js';
import { SCOPES } from './scopes.js';

/** Calendar takes up to 250 a page. */
const PAGE_SIZE = 250;

export const calendarId = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\s/\\\p{Cc}]+$/u, 'it is no id of a calendar, e.g. ada@example.com')
  .optional()
  .describe("id of the calendar; default: primary, the account's own");

interface InCalendar {
  calendar?: string | undefined;
}

/** The account's own calendar goes by this id, too. */
export const idOfCalendar = ({ calendar = 'primary' }: InCalendar): string => calendar;

/** Path of a calendar's events. @throws AppError `invalid_argument` for an id that is no part of an address */
export const eventsPath = (input: InCalendar): string => path`/calendar/v3/calendars/${idOfCalendar(input)}/events`;

export const calendarTarget = (input: InCalendar): TargetRef => ({ type: 'calendar', id: idOfCalendar(input) });

/** A connection can be restricted to calendars by their ids; `primary` is one of its own. */
export const touchesCalendar = (input: InCalendar): TargetRef[] => [calendarTarget(input)];

const input = z.strictObject({
  minAccessRole: z
    .enum(['freeBusyReader', 'reader', 'writer', 'owner'])
    .optional()
    .describe('only calendars in which the account may do at least that'),
  cursor,
});

const calendar = z.strictObject({
  id: z.string(),
  title: z.string(),
  description: z.string().optional(),
  timeZone: z.string().optional(),
  accessRole: z.string().describe('freeBusyReader, reader, writer or owner'),
  isPrimary: z.boolean(),
});
const output = z.strictObject({ calendars: z.array(calendar), nextCursor: z.string().optional() });

function calendarFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const { id, summary, summaryOverride, description, timeZone, accessRole, primary } = value;
  return {
    id,
    title: summaryOverride ?? summary ?? '',
    ...optional('description', description),
    ...optional('timeZone', timeZone),
    accessRole,
    isPrimary: primary === true,
  };
}

export const listCalendars = defineAction<z.output<typeof input>, z.output<typeof output>>({
  summary: 'Lists the calendars that a Google account has in its list',
  effect: 'read',
  endpoint: 'GET /calendar/v3/users/me/calendarList',
  permissions: [SCOPES.listCalendars],
  input,
  output,
  target: () => ({ type: 'calendar', id: '*' }),
  request: ({ minAccessRole, cursor }) => ({
    method: 'GET',
    url: '/calendar/v3/users/me/calendarList',
    query: { minAccessRole, maxResults: PAGE_SIZE, pageToken: cursor },
  }),
  parse({ body }) {
    const listing = parseJsonObject(body);
    return { calendars: each(listing?.['items'], calendarFrom), ...nextPage(listing) };
  },
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'calendar' }],
  pages: { items: 'calendars' },
});
