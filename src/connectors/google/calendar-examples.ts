/** What is sent to Calendar and what is read from its answers. Run as tests by the connector suite. @module */
import type { CallExample, ReconcileExample } from '../../core/connector.js';
import { markAsBase32Hex } from '../../core/mark.js';

const ID = markAsBase32Hex('example-key');
const START = { dateTime: '2026-03-02T09:00:00+01:00', timeZone: 'Europe/Berlin' };
const END = { dateTime: '2026-03-02T10:00:00+01:00', timeZone: 'Europe/Berlin' };
const NEW_EVENT = {
  title: 'Planning',
  start: START,
  end: END,
  attendees: [{ email: 'ada@example.com', name: 'Ada', isOptional: true }],
  invite: 'all',
  recurrence: ['RRULE:FREQ=WEEKLY;COUNT=2'],
};
const MADE = {
  kind: 'calendar#event',
  etag: '"1"',
  id: ID,
  status: 'confirmed',
  htmlLink: 'https://www.google.com/calendar/event?eid=x',
  created: '2026-02-02T12:00:00.000Z',
  updated: '2026-02-02T12:00:00.000Z',
  summary: 'Planning',
  organizer: { email: 'robot@example.com', self: true },
  start: START,
  end: END,
  recurrence: ['RRULE:FREQ=WEEKLY;COUNT=2'],
  attendees: [{ email: 'ada@example.com', displayName: 'Ada', optional: true, responseStatus: 'needsAction' }],
};
const EVENT = {
  id: ID,
  status: 'confirmed',
  title: 'Planning',
  start: START,
  end: END,
  attendees: [{ email: 'ada@example.com', name: 'Ada', response: 'needsAction', isOptional: true }],
  organizer: 'robot@example.com',
  recurrence: ['RRULE:FREQ=WEEKLY;COUNT=2'],
  url: 'https://www.google.com/calendar/event?eid=x',
  createdAt: '2026-02-02T12:00:00.000Z',
  updatedAt: '2026-02-02T12:00:00.000Z',
};

export const calendarCalls: Readonly<Record<string, readonly CallExample[]>> = {
  listCalendars: [
    {
      input: { minAccessRole: 'writer', cursor: 'c1' },
      request: {
        method: 'GET',
        url: '/calendar/v3/users/me/calendarList',
        query: { minAccessRole: 'writer', maxResults: 250, pageToken: 'c1' },
      },
      answer: {
        body: {
          items: [
            { id: 'robot@example.com', summary: 'robot', summaryOverride: 'Robot', accessRole: 'owner', primary: true },
          ],
          nextPageToken: 'c2',
        },
      },
      output: {
        calendars: [{ id: 'robot@example.com', title: 'Robot', accessRole: 'owner', isPrimary: true }],
        nextCursor: 'c2',
      },
    },
  ],
  listEvents: [
    {
      input: {
        timeMin: '2026-03-01T00:00:00Z',
        timeMax: '2026-04-01T00:00:00+02:00',
        singleEvents: true,
        orderBy: 'startTime',
      },
      request: {
        method: 'GET',
        url: '/calendar/v3/calendars/primary/events',
        query: {
          timeMin: '2026-03-01T00:00:00Z',
          timeMax: '2026-04-01T00:00:00+02:00',
          singleEvents: true,
          orderBy: 'startTime',
          maxResults: 250,
        },
      },
      answer: { body: { summary: 'robot', timeZone: 'Europe/Berlin', items: [MADE], nextSyncToken: 's1' } },
      output: { events: [EVENT], timeZone: 'Europe/Berlin', nextSyncToken: 's1' },
    },
    {
      input: { calendar: 'en.german#holiday@group.v.calendar.google.com', syncToken: 's1', cursor: 'c1' },
      request: {
        method: 'GET',
        url: '/calendar/v3/calendars/en.german%23holiday%40group.v.calendar.google.com/events',
        query: { syncToken: 's1', maxResults: 250, pageToken: 'c1' },
      },
      answer: { body: { items: [{ id: 'gone', status: 'cancelled' }], nextPageToken: 'c2' } },
      output: { events: [{ id: 'gone', status: 'cancelled', attendees: [] }], nextCursor: 'c2' },
    },
  ],
  createEvent: [
    {
      input: NEW_EVENT,
      request: {
        method: 'POST',
        url: '/calendar/v3/calendars/primary/events',
        query: { sendUpdates: 'all' },
        json: {
          id: ID,
          summary: 'Planning',
          start: START,
          end: END,
          attendees: [{ email: 'ada@example.com', displayName: 'Ada', optional: true }],
          recurrence: ['RRULE:FREQ=WEEKLY;COUNT=2'],
        },
      },
      answer: { body: MADE },
      output: EVENT,
    },
    {
      input: { title: 'Holiday', start: { date: '2026-03-02' }, end: { date: '2026-03-04' }, isFree: true },
      answer: { body: { id: ID, start: { date: '2026-03-02' }, end: { date: '2026-03-04' }, summary: 'Holiday' } },
      output: {
        id: ID,
        status: 'confirmed',
        title: 'Holiday',
        start: { date: '2026-03-02' },
        end: { date: '2026-03-04' },
        attendees: [],
      },
    },
  ],
};

export const calendarReconciles: Readonly<Record<string, readonly ReconcileExample[]>> = {
  createEvent: [
    { input: NEW_EVENT, answers: [{ body: MADE }], means: { found: EVENT } },
    { input: NEW_EVENT, answers: [{ body: { ...MADE, id: 'another' } }], means: 'undecided' },
    { input: NEW_EVENT, answers: [{ status: 404, body: { error: { code: 404 } } }], means: 'not_found' },
  ],
};
