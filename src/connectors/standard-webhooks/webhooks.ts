/**
 * Standard Webhooks: the common scheme, HMAC (v1) and Ed25519 (v1a).
 *
 * @source https://github.com/standard-webhooks/standard-webhooks spec/standard-webhooks.md and its JavaScript library
 * (read).
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import { standardWebhooks, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'standard-webhooks-v1': standardWebhooks('webhook'),
  'standard-webhooks-v1a': {
    ...standardWebhooks('webhook'),
    algorithm: 'ed25519',
    key: 'public',
    signature: { header: 'webhook-signature', encoding: 'base64', list: { separator: ' ', assign: ',', key: 'v1a' } },
  },
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent', 'webhook-id', 'webhook-timestamp'],
};

/** The id is constant over retries and part of what is signed. */
function identify(delivery: Delivery): EventIdentity | undefined {
  const key = delivery.headers['webhook-id'];
  if (key === undefined) return undefined;
  const body = jsonBody(delivery);
  return {
    key,
    keyIsSigned: true,
    type: body?.text('type', 'event_type', 'eventType', 'event') ?? 'message',
    occurredAtMs: body?.instant('timestamp', 'created_at'),
    subject: body?.text('data.id'),
  };
}
