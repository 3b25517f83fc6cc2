/**
 * Shopify webhooks: HMAC over the raw body alone; topic, shop and delivery id are bare headers.
 *
 * @source https://shopify.dev/docs/apps/build/webhooks/subscribe/https (verify-deliveries, ignore-duplicates),
 * shopify-app-js (read)
 * @module
 */
import { bodyHash, jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'shopify-hmac-sha256': hmacRow({ header: 'x-shopify-hmac-sha256', encoding: 'base64' }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: [
    'content-type',
    'user-agent',
    'x-shopify-api-version',
    'x-shopify-event-id',
    'x-shopify-shop-domain',
    'x-shopify-topic',
    'x-shopify-triggered-at',
    'x-shopify-webhook-id',
  ],
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const { headers } = delivery;
  const topic = headers['x-shopify-topic'];
  if (topic === undefined) return undefined;
  const body = jsonBody(delivery);
  const id = headers['x-shopify-webhook-id'];
  const triggeredAtMs = Date.parse(headers['x-shopify-triggered-at'] ?? '');
  return {
    key: id ?? bodyHash(delivery),
    keyIsSigned: id === undefined,
    type: topic,
    occurredAtMs: Number.isNaN(triggeredAtMs) ? body?.instant('updated_at', 'created_at') : triggeredAtMs,
    account: headers['x-shopify-shop-domain'],
    subject: body?.text('admin_graphql_api_id', 'id'),
  };
}
