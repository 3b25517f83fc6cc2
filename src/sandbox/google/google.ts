/**
 * A simulated Google: one account's calendars, files, spreadsheets and mail. The real APIs have hosts of their own and
 * paths that do not collide, so that one address serves all of them.
 *
 * @source discovery documents (calendar v3, drive v3, gmail v1, sheets v4); quotas from memory
 * @module
 */
import { defineSandbox, jsonReply, Simulation, type Routes, type SimulationOptions } from '../kit/index.js';
import {
  authorize,
  invalid,
  limited,
  missingScope,
  notEnabled,
  notFound,
  refused,
  unauthorized,
  type GoogleCall,
} from './answers.js';
import { calendarRoutes } from './calendar.js';
import { channelForm } from './channel.js';
import { driveRoutes } from './drive.js';
import { mailRoutes } from './gmail.js';
import { idTokenKeys } from './id-token.js';
import { oauth } from './oauth.js';
import { SCOPES } from './scopes.js';
import { sheetRoutes } from './sheets.js';
import { begin, type CalendarEvent, type GoogleState } from './state.js';

const MINUTE_MS = 60_000;

const accountOf =
  (prefix: RegExp, isCounted: (call: GoogleCall) => boolean = () => true) =>
  (call: GoogleCall): string | undefined =>
    prefix.test(call.request.path) && isCounted(call) ? (call.token?.name ?? '') : undefined;

const identityRoutes: Routes<GoogleState> = {
  'GET /oauth2/v3/certs': { open: true, run: () => jsonReply(200, idTokenKeys()) },
  'GET /v1/userinfo': {
    scopes: SCOPES.identity,
    run: ({ state: { account } }) => jsonReply(200, { ...account, email_verified: true }),
  },
};

export const google = defineSandbox<GoogleState>({
  name: 'google',
  address: 'https://www.googleapis.com',
  basePath: '',
  begin,
  tokens: [
    { value: 'ya29.sandboxTokenOfTheRobot000000000000', name: 'token' },
    { value: 'ya29.sandboxTokenThatOnlyTells00000000', name: 'identity token', scopes: ['openid', 'email'] },
  ],
  authorize,
  answers: {
    notFound,
    malformed: (call) => invalid(call, 'Parse Error', 'parseError'),
    limited,
    missingScope,
  },
  limits: {
    calendar: { kind: 'window', limit: 600, perMs: MINUTE_MS, account: accountOf(/^\/calendar\//) },
    drive: { kind: 'window', limit: 12_000, perMs: MINUTE_MS, account: accountOf(/^\/drive\//) },
    sheets: { kind: 'window', limit: 60, perMs: MINUTE_MS, account: accountOf(/^\/v4\//) },
    // A message costs 100 of 15,000 units a minute.
    send: { kind: 'window', limit: 150, perMs: MINUTE_MS, account: accountOf(/\/messages\/send$/) },
  },
  troubles: {
    missing_scope: missingScope,
    expired_session: unauthorized,
    api_not_enabled: notEnabled,
    daily_limit: (call) => refused(call, { code: 403, reason: 'dailyLimitExceeded', message: 'Daily Limit Exceeded' }),
    // Acts where events are listed.
    sync_token_expired: () => undefined,
    // Acts where a file is looked for.
    file_not_shared: () => undefined,
  },
  routes: { ...identityRoutes, ...calendarRoutes, ...driveRoutes, ...sheetRoutes, ...mailRoutes },
  oauth,
  webhooks: channelForm,
  variables: (_address, { value }) => ({ GOOGLE_OAUTH_ACCESS_TOKEN: value }),
  shows: ({ calendars, files, mails }) => ({
    calendars: calendars.map(({ title, events }) => ({ title, events: events.map(({ fields }) => fields['summary']) })),
    files: files.map(({ name }) => name),
    sent: mails.map(({ headers }) => headers.find(({ name }) => name === 'Subject')?.value ?? ''),
  }),
});

export class GoogleSandbox extends Simulation<GoogleState> {
  constructor(options: SimulationOptions<GoogleState> = {}) {
    super(google, options);
  }

  /** Events of the account's own calendar, oldest first. */
  get events(): readonly CalendarEvent[] {
    return this.data.calendars[0]!.events;
  }
}
