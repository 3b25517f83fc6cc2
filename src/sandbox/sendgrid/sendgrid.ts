/**
 * A simulated SendGrid: mail and what becomes of it, signed events, lists, contacts as jobs, statistics, suppressed
 * addresses, limits of each endpoint told in headers.
 *
 * @source sendgrid-oai; twilio.com/docs/sendgrid; the limit of contacts and the account from memory
 * @module
 */
import type { SchemeRow } from '../../core/signature/index.js';
import { defineSandbox, jsonReply, Simulation, type SimulationOptions } from '../kit/index.js';
import { answers, authorize, quotaHeaders, refused, type SendgridCall } from './answers.js';
import { contactRoutes } from './contacts.js';
import { mailRoutes } from './mail.js';
import { begin, type SendgridState, type SentMessage } from './state.js';
import { statisticsRoutes } from './statistics.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

const isContacts = ({ request }: SendgridCall): boolean =>
  request.path === '/v3/marketing/contacts' && request.method === 'PUT';

const scheme: SchemeRow = {
  algorithm: 'ecdsa-p256',
  key: 'public',
  signature: { header: 'x-twilio-email-event-webhook-signature', encoding: 'base64' },
  timestamp: { header: 'x-twilio-email-event-webhook-timestamp', unit: 's' },
  signs: '{timestamp}{body}',
};

const SCOPES = ['mail.send', 'messages.read', 'marketing.read', 'stats.read', 'suppression.read', 'user.username.read'];

export const sendgrid = defineSandbox<SendgridState>({
  name: 'sendgrid',
  address: 'https://api.sendgrid.com',
  basePath: '',
  begin,
  tokens: [
    { value: 'SG.sandbox.keyOfFairlead', name: 'full key', scopes: SCOPES },
    { value: 'SG.sandbox.keyThatOnlySends', name: 'sending key', scopes: ['mail.send'] },
    { value: 'SG.sandbox.keyWithoutTheFeed', name: 'key without the feed', scopes: SCOPES.filter(isNotFeed) },
  ],
  authorize,
  answers,
  headers: ({ quota }) => quotaHeaders(quota),
  limits: {
    contacts: {
      kind: 'window',
      limit: 5,
      perMs: SECOND_MS,
      account: (call) => (isContacts(call) ? 'contacts' : undefined),
    },
    endpoint: {
      kind: 'window',
      limit: 600,
      perMs: MINUTE_MS,
      account: (call) =>
        isContacts(call) || call.request.path === '/v3/mail/send'
          ? undefined
          : `${call.request.method} ${call.request.path.replace(/[0-9a-f-]{36}$/, ':id')}`,
    },
  },
  troubles: {
    missing_scope: () => answers.missingScope(),
    expired_key: () => refused(401, 'The provided authorization grant is invalid, expired, or revoked'),
    unverified_sender: () => refused(403, 'The from address does not match a verified Sender Identity.', 'from'),
    credits_exceeded: () => refused(401, 'Maximum credits exceeded'),
    // These two act on the mail, after it was taken.
    bounce: () => undefined,
    spam: () => undefined,
  },
  routes: {
    ...mailRoutes,
    ...contactRoutes,
    ...statisticsRoutes,
    'GET /v3/user/username': {
      scopes: ['user.username.read'],
      run: () => jsonReply(200, { username: 'fairlead-sandbox', user_id: 4650 }),
    },
    'GET /v3/scopes': ({ token }) => jsonReply(200, { scopes: token?.scopes ?? [] }),
  },
  webhooks: {
    scheme,
    compose: ({ payload }) => ({
      headers: { 'content-type': 'application/json', 'user-agent': 'SendGrid Event API' },
      body: `[${JSON.stringify(payload)}]\r\n`,
    }),
  },
  variables: (_address, { value }) => ({ SENDGRID_API_KEY: value }),
  shows: ({ messages, lists, contacts, suppressed }) => ({
    messages: messages.slice(-100).map(({ to, subject, status }) => ({ to, subject, status })),
    lists: [...lists.values()].map(({ name }) => name),
    contacts: contacts.size,
    suppressed: suppressed.map(({ email, kind }) => ({ email, kind })),
  }),
});

function isNotFeed(scope: string): boolean {
  return scope !== 'messages.read';
}

export class SendgridSandbox extends Simulation<SendgridState> {
  constructor(options: SimulationOptions<SendgridState> = {}) {
    super(sendgrid, options);
  }

  /** Everything that was taken, oldest first. */
  get messages(): readonly SentMessage[] {
    return this.data.messages;
  }
}
