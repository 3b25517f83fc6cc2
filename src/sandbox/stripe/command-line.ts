/**
 * What Stripe's own command line asks for beside the API: a session, and a WebSocket on which it hears of events and
 * tells how the program behind it answered.
 *
 * @source the Stripe CLI 1.52 (requests and messages as it sends and reads them)
 * @module
 */
import { isObject, parseJson } from '../../core/json.js';
import {
  jsonReply,
  randomText,
  type OutgoingWebhook,
  type Routes,
  type SandboxReply,
  type SandboxRequest,
  type SandboxSocket,
  type WebhookOutbox,
} from '../kit/index.js';
import type { StripeCall } from './answers.js';
import type { ForwardedAnswer } from './forwarded-answer.js';
import { DEFAULT_VERSION } from './versions.js';
import { newId, type StripeState } from './state.js';

const SOCKET_PATH = '/stripecli/subscribe';
const PROTOCOL = 'stripecli-devproxy-v1';
const FEATURE = 'webhook-payloads';
/** Seconds after which the command line makes a new session. */
const RECONNECT_SECONDS = 3_600;
const ANSWERS_MAX = 1_000;

/** No public endpoint: what it may be sent stands in no description, so that nothing is refused. */
export const commandLineRoutes: Routes<StripeState> = { 'POST /v1/stripecli/sessions': createSession };

/** All sessions of an account have one secret, so that who asked for it once needs it not again. */
function createSession({ state, random, address }: StripeCall): SandboxReply {
  state.listenSecret ??= newId(random, 'whsec').replace('whsec_', `whsec_${randomText(random, 8)}`);
  const id = `cliws_${randomText(random, 24)}`;
  state.listening.set(id, []);
  return jsonReply(200, {
    websocket_id: id,
    websocket_url: `${address.replace(/^http/, 'ws')}${SOCKET_PATH}/${id}`,
    websocket_authorized_feature: FEATURE,
    reconnect_delay: RECONNECT_SECONDS,
    secret: state.listenSecret,
    default_version: DEFAULT_VERSION,
    latest_version: DEFAULT_VERSION,
    display_connect_filter_warning: false,
  });
}

/** Opens the WebSocket of a session that was made before. */
export function openCommandLine(
  { path, headers }: Pick<SandboxRequest, 'path' | 'headers'>,
  state: StripeState,
  webhooks: WebhookOutbox,
  send: (text: string) => void,
): SandboxSocket | undefined {
  const id = path.startsWith(`${SOCKET_PATH}/`) ? path.slice(SOCKET_PATH.length + 1) : '';
  const answers = state.listening.get(id);
  const { listenSecret: secret } = state;
  if (answers === undefined || secret === undefined || headers['websocket-id'] !== id) return undefined;
  webhooks.subscribe({
    id,
    url: `https://stripe.invalid${SOCKET_PATH}/${id}`,
    secret,
    carry: (delivery) => send(JSON.stringify(messageOf(delivery))),
  });
  return {
    protocol: PROTOCOL,
    onText(text) {
      const answer = answerIn(text);
      if (answer !== undefined && answers.length < ANSWERS_MAX) answers.push(answer);
    },
    onEnd() {
      webhooks.unsubscribe(id);
      state.listening.delete(id);
    },
  };
}

function messageOf({ id, headers, body }: OutgoingWebhook): Record<string, unknown> {
  const { 'stripe-signature': signature = '', 'user-agent': agent = '' } = headers;
  return {
    type: 'webhook_event',
    webhook_id: `wh_${id}`,
    webhook_conversation_id: `wc_${id}`,
    event_payload: Buffer.from(body).toString('utf8'),
    http_headers: {
      'Stripe-Signature': signature,
      'User-Agent': agent,
      'Content-Type': 'application/json; charset=utf-8',
    },
    endpoint: { api_version: null },
  };
}

function answerIn(text: string): ForwardedAnswer | undefined {
  const message = parseJson(Buffer.from(text));
  if (!message.ok || !isObject(message.value) || message.value['type'] !== 'webhook_response') return undefined;
  const { status, request_body: body } = message.value;
  const event = typeof body === 'string' ? parseJson(Buffer.from(body)) : undefined;
  const id = event?.ok === true && isObject(event.value) ? event.value['id'] : '';
  return { status: Number(status), eventId: typeof id === 'string' ? id : '' };
}
