/**
 * A simulated Resend: e-mails one by one and in batches, what becomes of them, signed webhooks, keys that may only send,
 * idempotency keys and the limit of two requests a second.
 *
 * @source resend-openapi; resend.com/docs (errors, rate-limit, idempotency-keys)
 * @module
 */
import { defineSandbox, jsonReply, Simulation, type SimulationOptions } from '../kit/index.js';
import { answers, authorize, quotaHeaders, refused, restricted, type ResendCall } from './answers.js';
import { emailRoutes } from './emails.js';
import { begin, timeText, type ResendEmail, type ResendState } from './state.js';
import { webhookForm, webhookRoutes } from './webhooks.js';

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const KEY_CHARACTERS_MAX = 256;
const DOMAINS_SINCE_MS = Date.UTC(2026, 0, 5);

const domainRoutes = {
  'GET /domains': {
    scopes: ['full_access'],
    run: ({ state }: ResendCall) =>
      jsonReply(200, {
        object: 'list',
        has_more: false,
        data: state.domains.map(({ id, name, isVerified }, index) => ({
          id,
          name,
          status: isVerified ? 'verified' : 'pending',
          created_at: timeText(DOMAINS_SINCE_MS + index * DAY_MS),
          region: 'eu-west-1',
          capabilities: { sending: 'enabled', receiving: 'disabled' },
        })),
      }),
  },
};

export const resend = defineSandbox<ResendState>({
  name: 'resend',
  address: 'https://api.resend.com',
  basePath: '',
  begin,
  tokens: [
    { value: 're_sandbox_keyOfFairlead', name: 'full key', scopes: ['full_access'] },
    { value: 're_sandbox_keyThatOnlySends', name: 'sending key', scopes: ['sending_access'] },
  ],
  authorize,
  answers,
  headers: (call) => ({ 'x-request-id': call.requestId, ...quotaHeaders(call) }),
  limits: { team: { kind: 'window', limit: 2, perMs: SECOND_MS, account: () => 'team' } },
  idempotency: {
    header: 'idempotency-key',
    lifeMs: DAY_MS,
    methods: ['POST'],
    keeps: ({ status }) => status < 300,
    refuses: (key) =>
      key.length < 1 || key.length > KEY_CHARACTERS_MAX
        ? refused(400, 'invalid_idempotency_key', 'The key must be between 1-256 chars')
        : undefined,
    mismatch: () =>
      refused(409, 'invalid_idempotent_request', 'Same idempotency key used with a different request payload'),
    inFlight: () =>
      refused(
        409,
        'concurrent_idempotent_requests',
        'Same idempotency key used while original request is still in progress',
      ),
    repeatHeaders: {},
  },
  troubles: {
    missing_scope: () => restricted(),
    expired_key: () => refused(403, 'invalid_api_key', 'API key is invalid'),
    domain_not_verified: () => refused(403, 'validation_error', 'The example.com domain is not verified.'),
    daily_quota: () => refused(429, 'daily_quota_exceeded', 'You have reached your daily email sending quota.'),
    // These act on the e-mail, after it was taken.
    bounce: () => undefined,
    complained: () => undefined,
    suppressed: () => undefined,
  },
  routes: { ...emailRoutes, ...domainRoutes, ...webhookRoutes },
  webhooks: webhookForm,
  variables: (_address, { value }) => ({ RESEND_API_KEY: value }),
  shows: ({ emails }) => ({
    emails: [...emails.values()].map(({ id, to, sent, lastEvent }) => ({
      id,
      to,
      subject: sent['subject'],
      lastEvent,
    })),
  }),
});

export class ResendSandbox extends Simulation<ResendState> {
  constructor(options: SimulationOptions<ResendState> = {}) {
    super(resend, options);
  }

  /** Everything that was taken, oldest first. */
  get emails(): readonly ResendEmail[] {
    return [...this.data.emails.values()];
  }
}
