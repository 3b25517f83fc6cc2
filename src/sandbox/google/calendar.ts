/**
 * Calendars and their events: listing by time and by what changed, making, calling off, and telling a channel.
 *
 * @source discovery document calendar v3; the words of refusals from memory
 * @module
 */
import { isObject } from '../../core/json.js';
import { boundedCount, emptyReply, jsonReply, pageAtCursor, randomText, type SandboxReply } from '../kit/index.js';
import type { Fields, Routes } from '../kit/index.js';
import { invalid, notFound, refused, type GoogleCall } from './answers.js';
import { asked, askedInstant, isAsked } from './fields.js';
import { instancesOf, timeOf, type Instance } from './event-instances.js';
import { calendarShape, eventShape, instant } from './event-shape.js';
import { SCOPES } from './scopes.js';
import type { Calendar, CalendarEvent, GoogleState } from './state.js';

const V3 = '/calendar/v3';
const BASE32_HEX = '0123456789abcdefghijklmnopqrstuv';
const EVENT_ID = /^[0-9a-v]{5,1024}$/;

/** What the description knows of an event that a client may say. */
const EVENT_FIELDS = new Set(
  (
    'id summary description location start end attendees recurrence status transparency visibility reminders colorId ' +
    'extendedProperties guestsCanInviteOthers guestsCanModify guestsCanSeeOtherGuests source conferenceData eventType'
  ).split(' '),
);

/** What a sync token forbids beside it. */
const NOT_WITH_SYNC = 'iCalUID orderBy privateExtendedProperty q sharedExtendedProperty timeMin timeMax updatedMin';

export const calendarRoutes: Routes<GoogleState> = {
  [`GET ${V3}/users/me/calendarList`]: { scopes: SCOPES.calendarList, run: listCalendars },
  [`GET ${V3}/calendars/:calendar/events`]: { scopes: SCOPES.readEvents, run: inCalendar(listEvents) },
  [`GET ${V3}/calendars/:calendar/events/:event`]: { scopes: SCOPES.readEvents, run: inCalendar(getEvent) },
  [`POST ${V3}/calendars/:calendar/events`]: { scopes: SCOPES.writeEvents, run: inCalendar(insertEvent) },
  [`DELETE ${V3}/calendars/:calendar/events/:event`]: { scopes: SCOPES.writeEvents, run: inCalendar(deleteEvent) },
  [`POST ${V3}/calendars/:calendar/events/watch`]: { scopes: SCOPES.readEvents, run: inCalendar(watch) },
  [`POST ${V3}/channels/stop`]: { scopes: SCOPES.readEvents, run: stopChannel },
};

function inCalendar(run: (call: GoogleCall, calendar: Calendar) => SandboxReply) {
  return (call: GoogleCall): SandboxReply => {
    const wanted = call.params['calendar'];
    const calendar = call.state.calendars.find(
      ({ id, isPrimary }) => id === wanted || (isPrimary && wanted === 'primary'),
    );
    return calendar === undefined ? notFound(call) : run(call, calendar);
  };
}

function listCalendars(call: GoogleCall): SandboxReply {
  const size = boundedCount(asked(call, 'maxResults'), { fallback: 100, max: 250 });
  const roles = asked(call, 'minAccessRole') === 'owner' ? ['owner'] : ['owner', 'reader'];
  const all = call.state.calendars.filter(({ accessRole }) => roles.includes(accessRole));
  const page = pageAtCursor(all, asked(call, 'pageToken'), size);
  if (page === undefined) return invalid(call, 'Invalid page token value.');
  const last = page.next === undefined ? { nextSyncToken: 'calendars' } : { nextPageToken: page.next };
  return jsonReply(200, { kind: 'calendar#calendarList', etag: '"1"', items: page.items.map(calendarShape), ...last });
}

function listEvents(call: GoogleCall, calendar: Calendar): SandboxReply {
  const problem = listingProblem(call, calendar);
  if (problem !== undefined) return problem;
  const size = boundedCount(asked(call, 'maxResults'), { fallback: 250, max: 2500 });
  const page = pageAtCursor(eventsFor(call, calendar), asked(call, 'pageToken'), size);
  if (page === undefined) return invalid(call, 'Invalid page token value.');
  const last = page.next === undefined ? { nextSyncToken: syncToken(calendar.changes) } : { nextPageToken: page.next };
  return jsonReply(200, {
    kind: 'calendar#events',
    etag: `"${calendar.changes}"`,
    summary: calendar.title,
    updated: instant(call.nowMs),
    timeZone: asked(call, 'timeZone') ?? calendar.timeZone,
    accessRole: calendar.accessRole,
    defaultReminders: [],
    items: page.items.map((instance) => eventShape(calendar, instance)),
    ...last,
  });
}

function listingProblem(call: GoogleCall, calendar: Calendar): SandboxReply | undefined {
  const [from, to] = [askedInstant(call, 'timeMin'), askedInstant(call, 'timeMax')];
  if (from === 'invalid' || to === 'invalid')
    return refused(call, { code: 400, reason: 'badRequest', message: 'Bad Request' });
  if (from !== undefined && to !== undefined && from >= to)
    return invalid(call, 'The specified time range is empty.', 'timeRangeEmpty');
  if (asked(call, 'orderBy') === 'startTime' && !isAsked(call, 'singleEvents')) {
    return invalid(call, 'The requested ordering is not available for the particular query.');
  }
  const token = asked(call, 'syncToken');
  if (token === undefined) return undefined;
  if (NOT_WITH_SYNC.split(' ').some((name) => asked(call, name) !== undefined)) {
    return invalid(call, 'Sync token cannot be used with query restrictions.');
  }
  const since = changeOf(token);
  if (since !== undefined && since <= calendar.changes && call.trouble !== 'sync_token_expired') return undefined;
  const message = 'Sync token is no longer valid, a full sync is required.';
  return refused(call, { code: 410, reason: 'fullSyncRequired', message });
}

const syncToken = (change: number): string => Buffer.from(`change:${change}`).toString('base64url');

function changeOf(token: string): number | undefined {
  const change = /^change:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString('utf8'))?.[1];
  return change === undefined ? undefined : Number(change);
}

function eventsFor(call: GoogleCall, calendar: Calendar): Instance[] {
  const since = changeOf(asked(call, 'syncToken') ?? '');
  const withDeleted = isAsked(call, 'showDeleted') || since !== undefined;
  const from = askedInstant(call, 'timeMin') ?? -Infinity;
  const to = askedInstant(call, 'timeMax') ?? Infinity;
  const words = (asked(call, 'q') ?? '').toLowerCase();
  const listed = calendar.events
    .filter(({ status, change }) => (withDeleted || status !== 'cancelled') && change > (since ?? 0))
    .filter(({ fields }) => JSON.stringify(fields).toLowerCase().includes(words))
    .flatMap((event) => instancesOf(event, isAsked(call, 'singleEvents')))
    .filter(({ startMs, endMs }) => endMs > Number(from) && startMs < Number(to));
  const order = asked(call, 'orderBy');
  if (order === 'startTime') listed.sort((a, b) => a.startMs - b.startMs);
  if (order === 'updated') listed.sort((a, b) => a.event.updatedAtMs - b.event.updatedAtMs);
  return listed;
}

function getEvent(call: GoogleCall, calendar: Calendar): SandboxReply {
  const event = calendar.events.find(({ id }) => id === call.params['event']);
  return event === undefined ? notFound(call) : jsonReply(200, eventShape(calendar, instancesOf(event, false)[0]!));
}

function insertEvent(call: GoogleCall, calendar: Calendar): SandboxReply {
  if (calendar.accessRole === 'reader') return writerNeeded(call);
  const problem = eventProblem(call, calendar);
  if (problem !== undefined) return problem;
  const { id: given, ...fields } = call.fields;
  const id = typeof given === 'string' ? given : randomText(call.random, 26, BASE32_HEX);
  const { nowMs } = call;
  const event: CalendarEvent = { id, status: 'confirmed', fields, createdAtMs: nowMs, updatedAtMs: nowMs, change: 0 };
  calendar.events.push(event);
  changed(call, calendar, event);
  return jsonReply(200, eventShape(calendar, instancesOf(event, false)[0]!));
}

const writerNeeded = (call: GoogleCall): SandboxReply =>
  refused(call, {
    code: 403,
    reason: 'requiredAccessLevel',
    message: 'You need to have writer access to this calendar.',
  });

function eventProblem(call: GoogleCall, { events }: Calendar): SandboxReply | undefined {
  const { fields } = call;
  const unknown = Object.keys(fields).find((name) => !EVENT_FIELDS.has(name));
  if (unknown !== undefined)
    return invalid(call, `Invalid JSON payload received. Unknown name "${unknown}"`, 'badRequest');
  const { id } = fields;
  if (id !== undefined && !(typeof id === 'string' && EVENT_ID.test(id)))
    return invalid(call, 'Invalid resource id value.');
  if (events.some((event) => event.id === id)) {
    return refused(call, { code: 409, reason: 'duplicate', message: 'The requested identifier already exists.' });
  }
  return timeProblem(call, fields);
}

function timeProblem(call: GoogleCall, { start, end, recurrence }: Fields): SandboxReply | undefined {
  if (!isObject(start) || Number.isNaN(timeOf(start)))
    return invalid(call, 'Missing or invalid start time.', 'required');
  if (!isObject(end) || Number.isNaN(timeOf(end))) return invalid(call, 'Missing end time.', 'required');
  if ('date' in start !== 'date' in end)
    return invalid(call, 'Start and end times must either both be date or both be dateTime.');
  if (timeOf(end) < timeOf(start)) return invalid(call, 'The specified time range is empty.', 'timeRangeEmpty');
  if (recurrence !== undefined && 'dateTime' in start && start['timeZone'] === undefined) {
    return invalid(call, 'Missing time zone definition for start time.', 'required');
  }
  return undefined;
}

function deleteEvent(call: GoogleCall, calendar: Calendar): SandboxReply {
  if (calendar.accessRole === 'reader') return writerNeeded(call);
  const event = calendar.events.find(({ id }) => id === call.params['event']);
  if (event === undefined) return notFound(call);
  if (event.status === 'cancelled')
    return refused(call, { code: 410, reason: 'deleted', message: 'Resource has been deleted' });
  event.status = 'cancelled';
  changed(call, calendar, event);
  return emptyReply(204);
}

/** Counts the change and tells who watches. */
function changed({ nowMs, webhooks }: GoogleCall, calendar: Calendar, event: CalendarEvent): void {
  event.updatedAtMs = nowMs;
  event.change = ++calendar.changes;
  webhooks.publish(`calendar ${calendar.id}`, { state: 'exists', calendar: calendar.id }, nowMs);
}

/** Opens a channel, whose first message says so. */
function watch(call: GoogleCall, calendar: Calendar): SandboxReply {
  const { id, type, address, token } = call.fields;
  if (typeof id !== 'string' || !/^[\w+/=-]{1,64}$/.test(id)) return invalid(call, 'Invalid channel id.', 'required');
  if (type !== 'web_hook') return invalid(call, 'Unknown channel type.', 'invalid');
  if (typeof address !== 'string' || !address.startsWith('https://')) {
    return refused(call, { code: 400, reason: 'push.webhookUrlNotHttps', message: 'WebHook callback must be HTTPS' });
  }
  if (call.webhooks.subscriptions.some((one) => one.id === id)) {
    return refused(call, { code: 400, reason: 'channelIdNotUnique', message: `Channel id ${id} not unique` });
  }
  const secret = typeof token === 'string' ? { secret: token } : {};
  const events = [`calendar ${calendar.id}`];
  const channel = call.webhooks.subscribe({ id, url: address, events, ...secret });
  call.webhooks.publishTo(channel, events[0]!, { state: 'sync', calendar: calendar.id }, call.nowMs);
  const uri = `https://www.googleapis.com${V3}/calendars/${encodeURIComponent(calendar.id)}/events?alt=json`;
  const shape = { kind: 'api#channel', id, resourceId: `res-${calendar.id}`, resourceUri: uri };
  return jsonReply(200, { ...shape, ...(typeof token === 'string' && { token }) });
}

function stopChannel(call: GoogleCall): SandboxReply {
  const { id } = call.fields;
  const isStopped = typeof id === 'string' && call.webhooks.unsubscribe(id);
  return isStopped ? emptyReply(204) : notFound(call, `Channel '${String(id)}' not found`);
}
