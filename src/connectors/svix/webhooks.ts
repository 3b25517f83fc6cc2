/**
 * Svix: Standard Webhooks under its own header names, and under the standard ones where a sender turned branding off.
 *
 * @source https://docs.svix.com/receiving/verifying-payloads/how-manual, svix-webhooks server worker.rs (read)
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import { standardWebhooks, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'svix-v1': standardWebhooks('svix'),
  'standard-webhooks-v1': standardWebhooks('webhook'),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent', 'svix-id', 'svix-timestamp', 'webhook-id', 'webhook-timestamp'],
};

/** The id is constant over retries and part of what is signed. */
function identify(delivery: Delivery): EventIdentity | undefined {
  const key = delivery.headers['svix-id'] ?? delivery.headers['webhook-id'];
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
