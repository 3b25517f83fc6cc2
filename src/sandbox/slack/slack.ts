/**
 * A simulated Slack: posting by token and by Incoming Webhook, listing what was posted, and Slack's own words for what
 * went wrong. Fields that Slack's API description does not know are refused, so a misspelt one does not pass here.
 *
 * @source slack-api-specs (fields, error words, answers); Incoming Webhooks and message metadata from memory
 * @module
 */
import { hmacRow } from '../../core/signature/index.js';
import { defineSandbox, Simulation, type SimulationOptions } from '../kit/index.js';
import { answers, authorize, refused, type SlackCall, type SlackState } from './answers.js';
import { fieldsOf } from './fields.js';
import { incomingWebhook } from './incoming-webhook.js';
import { Messages, type Post } from './messages.js';
import { peopleRoutes } from './people.js';
import { oauth } from './oauth.js';
import { messageRoutes, channelRoutes } from './web-api.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

const isPost = ({ request }: SlackCall): boolean => request.path === '/api/chat.postMessage';
const isWebApi = ({ request }: SlackCall): boolean => request.path.startsWith('/api/');

export const slack = defineSandbox<SlackState>({
  name: 'slack',
  address: 'https://slack.com',
  basePath: '/api',
  begin: () => ({ messages: new Messages(), webhookPath: '/services/T00SANDBOX/B00SANDBOX/sandbox-webhook' }),
  tokens: [
    {
      value: 'xoxb-sandbox-token',
      name: 'bot token',
      scopes: ['chat:write', 'channels:read', 'channels:history', 'users:read', 'users:read.email'],
    },
    { value: 'xoxb-sandbox-token-that-only-reads', name: 'read-only token', scopes: ['channels:read'] },
  ],
  authorize,
  answers,
  headers: ({ requestId }) => ({ 'x-slack-req-id': requestId.slice(4) }),
  limits: {
    // One a second and channel, with room for a short burst.
    post: {
      kind: 'bucket',
      limit: 5,
      perMs: 5 * SECOND_MS,
      account: (call) =>
        isPost(call) ? (Messages.channel(String(fieldsOf(call)['channel'] ?? ''))?.id ?? '') : undefined,
    },
    webhook: {
      kind: 'bucket',
      limit: 5,
      perMs: 5 * SECOND_MS,
      account: ({ request }) => (request.path.startsWith('/services/') ? 'webhook' : undefined),
    },
    // Tier 3, of each method.
    method: {
      kind: 'window',
      limit: 50,
      perMs: MINUTE_MS,
      account: (call) => (isWebApi(call) && !isPost(call) ? call.request.path : undefined),
    },
  },
  troubles: {
    channel_not_found: () => refused('channel_not_found'),
    missing_scope: () => refused('missing_scope', { needed: 'chat:write', provided: 'channels:read' }),
    expired_session: () => refused('token_expired'),
    ratelimited_in_200: () => refused('ratelimited'),
  },
  routes: {
    ...messageRoutes,
    ...channelRoutes,
    ...peopleRoutes,
    '* /services/*rest': { open: true, run: incomingWebhook },
  },
  oauth,
  webhooks: {
    scheme: hmacRow({
      header: 'x-slack-signature',
      prefix: 'v0=',
      timestamp: { header: 'x-slack-request-timestamp', unit: 's' },
      signs: 'v0:{timestamp}:{body}',
    }),
    idOf: (number) => `Ev${String(number).padStart(10, '0')}`,
    compose: ({ type, payload, id, nowMs }) => ({
      headers: { 'content-type': 'application/json', 'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)' },
      body: JSON.stringify(type === 'url_verification' ? payload : eventCallback(id, payload, nowMs)),
    }),
  },
  variables: (address, { value }, { webhookPath }) => ({
    SLACK_BOT_TOKEN: value,
    SLACK_WEBHOOK_URL: address + webhookPath,
  }),
  shows: ({ messages }) => ({ posts: messages.all() }),
});

function eventCallback(id: string, event: unknown, nowMs: number) {
  return {
    type: 'event_callback',
    team_id: 'T00SANDBOX',
    api_app_id: 'A00FAIRLEAD',
    event,
    event_id: id,
    event_time: Math.floor(nowMs / 1000),
  };
}

export interface SlackSandboxOptions extends SimulationOptions<SlackState> {
  /** The token that is accepted. */
  token?: string;
  /** The secret end of the webhook's path. */
  webhook?: string;
}

export class SlackSandbox extends Simulation<SlackState> {
  constructor({ token, webhook, ...options }: SlackSandboxOptions = {}) {
    super(slack, { ...(token !== undefined && { tokens: [{ value: token, name: 'bot token' }] }), ...options });
    if (webhook !== undefined) this.data.webhookPath = `/services/T00SANDBOX/B00SANDBOX/${webhook}`;
  }

  /** The token that is accepted. */
  get token(): string {
    return this.mainToken.value;
  }

  /** Path of the Incoming Webhook below the address of this provider. */
  get webhookPath(): string {
    return this.data.webhookPath;
  }

  /** Everything that was posted, oldest first. */
  get posts(): readonly Post[] {
    return this.data.messages.all();
  }

  /** Subscribes to events, and asks the address to prove that it is meant, as Slack does. */
  subscribe(url: string, secret: string, nowMs: number): void {
    const subscription = this.webhooks.subscribe({ url, secret });
    const body = { type: 'url_verification', token: 'none', challenge: 'sandbox-challenge' };
    this.webhooks.publishTo(subscription, 'url_verification', body, nowMs);
  }
}
