/**
 * Intercom notifications: HMAC-SHA1 over the raw body under the client secret.
 *
 * @source memory, the topics and ids included; the API description (Intercom-OpenAPI) has no webhook part.
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'intercom-sha1': hmacRow({ header: 'x-hub-signature', prefix: 'sha1=', hash: 'sha1' }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent'],
  ackStatus: 200,
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const key = body?.text('id');
  const type = body?.text('topic');
  if (body === undefined || key === undefined || type === undefined) return undefined;
  return {
    key,
    keyIsSigned: true,
    type,
    occurredAtMs: body.seconds('created_at'),
    account: body.text('app_id'),
    subject: body.text('data.item.id'),
  };
}
