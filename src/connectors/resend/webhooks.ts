/**
 * Resend webhooks: Svix's scheme and headers.
 *
 * @source https://resend.com/docs/webhooks/verify-webhooks-requests, symfony ResendRequestParserTest (read); retries:
 * https://resend.com/docs/webhooks/retries-and-replays (read)
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import { standardWebhooks, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'svix-v1': standardWebhooks('svix'),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent', 'svix-id', 'svix-timestamp'],
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const key = delivery.headers['svix-id'];
  const type = body?.text('type');
  if (body === undefined || key === undefined || type === undefined) return undefined;
  return {
    key,
    keyIsSigned: true,
    type,
    occurredAtMs: body.instant('created_at'),
    subject: body.text('data.email_id', 'data.id'),
  };
}
