/** What is in a calendar, and what has changed there. @source discovery document calendar v3 (events.list) @module */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import { calendarId, calendarTarget, eventsPath, touchesCalendar } from './calendars.js';
import { event, eventFrom } from './event.js';
import { cursor, each, nextPage, optional } from './pages.js';
import { SCOPES } from './scopes.js';

const PAGE_SIZE = 250;

const instant = z.iso.datetime({ offset: true });

/** What Google refuses beside a sync token. */
const NOT_WITH_SYNC = ['timeMin', 'timeMax', 'orderBy', 'words', 'updatedSince'] as const;

const input = z
  .strictObject({
    calendar: calendarId,
    timeMin: instant.optional().describe('events that end after it'),
    timeMax: instant.optional().describe('events that start before it'),
    singleEvents: z.boolean().optional().describe('the events of a series one by one; default: the series as one'),
    orderBy: z.enum(['startTime', 'updated']).optional().describe('startTime needs singleEvents'),
    words: z.string().min(1).max(500).optional().describe('in title, description, place, people'),
    updatedSince: instant.optional(),
    showDeleted: z.boolean().optional().describe('cancelled events, too'),
    timeZone: z.string().min(1).max(64).optional().describe('for times in the answer'),
    syncToken: z
      .string()
      .min(1)
      .max(4_000)
      .optional()
      .describe('nextSyncToken of an earlier listing: only what has changed since, cancelled events among it'),
    cursor,
  })
  .refine(({ orderBy, singleEvents }) => orderBy !== 'startTime' || singleEvents === true, {
    error: 'only single events have an order by startTime: set singleEvents',
    path: ['orderBy'],
  })
  .refine(({ timeMin = '', timeMax = '' }) => !(Date.parse(timeMin) >= Date.parse(timeMax)), {
    error: 'it must be after timeMin',
    path: ['timeMax'],
  })
  .refine((asked) => asked.syncToken === undefined || NOT_WITH_SYNC.every((name) => asked[name] === undefined), {
    error: `with it there is no ${NOT_WITH_SYNC.join(', ')}`,
    path: ['syncToken'],
  })
  .refine(({ syncToken, showDeleted }) => syncToken === undefined || showDeleted !== false, {
    error: 'what has changed includes what was cancelled',
    path: ['showDeleted'],
  });

const output = z.strictObject({
  events: z.array(event),
  timeZone: z.string().optional().describe('of the calendar'),
  nextCursor: z.string().optional(),
  nextSyncToken: z.string().optional().describe('on the last page; keep it to ask later for what has changed'),
});

export const listEvents = defineAction<z.output<typeof input>, z.output<typeof output>>({
  summary: 'Lists the events of a Google calendar, or those that have changed since an earlier listing',
  effect: 'read',
  endpoint: 'GET /calendar/v3/calendars/{calendarId}/events',
  permissions: [SCOPES.readEvents],
  input,
  output,
  target: calendarTarget,
  touches: touchesCalendar,
  request: ({ calendar, words, updatedSince, cursor, ...query }) => ({
    method: 'GET',
    url: eventsPath({ calendar }),
    query: { ...query, q: words, updatedMin: updatedSince, maxResults: PAGE_SIZE, pageToken: cursor },
  }),
  parse({ body }) {
    const listing = parseJsonObject(body);
    return {
      events: each(listing?.['items'], eventFrom),
      ...optional('timeZone', listing?.['timeZone']),
      ...nextPage(listing),
      ...optional('nextSyncToken', listing?.['nextSyncToken']),
    };
  },
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'calendar' }],
  pages: { items: 'events' },
});
