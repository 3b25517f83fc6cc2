/**
 * Google pushes: channel notifications (Calendar, Drive) that carry a token of ours, and Pub/Sub pushes (Gmail) with an
 * OpenID Connect bearer token. Neither signs the body.
 *
 * @source https://developers.google.com/calendar/api/guides/push (read in part; the token comparison: memory),
 * https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions (memory)
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import type { SchemeSet } from '../../core/signature/index.js';
import type {
  Delivery,
  EventIdentity,
  HandshakeAnswer,
  HandshakeContext,
  WebhookDefinition,
} from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'google-channel-token': {
    algorithm: 'equal',
    key: 'text',
    signature: { header: 'x-goog-channel-token', encoding: 'text' },
    signs: '',
  },
  /**
   * The secret is the e-mail address of the pushing service account, a line end, and Google's keys (JWK set or PEM). The
   * address is needed because anybody can make Google sign a token for any audience; the audience is the public URL.
   */
  'google-oidc-jwt': {
    algorithm: 'jwt-rs256',
    key: 'labelled-public',
    signature: { header: 'authorization', encoding: 'jwt', prefix: 'Bearer ' },
    signs: '',
    claims: { issuers: ['https://accounts.google.com', 'accounts.google.com'], audience: 'url', email: 'label' },
  },
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  handshake,
  storedHeaders: [
    'content-type',
    'x-goog-channel-id',
    'x-goog-message-number',
    'x-goog-resource-id',
    'x-goog-resource-state',
    'x-goog-resource-uri',
    'x-goog-channel-expiration',
  ],
};

/** The first message of a channel says that it is open. */
function handshake({ headers, verified }: HandshakeContext): HandshakeAnswer | undefined {
  if (!verified || headers['x-goog-resource-state'] !== 'sync') return undefined;
  return { status: 200, headers: {}, body: '', keep: false };
}

function identify(delivery: Delivery): EventIdentity | undefined {
  return channelMessage(delivery.headers) ?? pubSubMessage(delivery);
}

function channelMessage(headers: Delivery['headers']): EventIdentity | undefined {
  const channel = headers['x-goog-channel-id'];
  const number = headers['x-goog-message-number'];
  if (channel === undefined || number === undefined) return undefined;
  return {
    key: `${channel}:${number}`,
    keyIsSigned: true,
    type: `channel.${headers['x-goog-resource-state'] ?? 'unknown'}`,
    account: channel,
    subject: headers['x-goog-resource-id'],
  };
}

function pubSubMessage(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const key = body?.text('message.messageId', 'message.message_id');
  if (body === undefined || key === undefined) return undefined;
  return {
    key,
    keyIsSigned: true,
    type: 'pubsub.message',
    occurredAtMs: body.instant('message.publishTime', 'message.publish_time'),
    account: body.text('subscription'),
    subject: body.text('message.orderingKey'),
  };
}
