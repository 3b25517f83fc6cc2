/**
 * Square webhooks: HMAC over the subscribed URL and the raw body.
 *
 * @source square-nodejs-sdk WebhooksHelper and its tests (read)
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'square-hmac-sha256': hmacRow({ header: 'x-square-hmacsha256-signature', encoding: 'base64', signs: '{url}{body}' }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent'],
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const key = body?.text('event_id');
  const type = body?.text('type');
  if (body === undefined || key === undefined || type === undefined) return undefined;
  return {
    key,
    keyIsSigned: true,
    type,
    occurredAtMs: body.instant('created_at'),
    account: body.text('merchant_id'),
    subject: body.text('data.id'),
  };
}
