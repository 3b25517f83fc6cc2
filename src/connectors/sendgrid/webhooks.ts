/**
 * SendGrid Event Webhook: ECDSA over timestamp and raw body (which ends in CR LF), many events in one array.
 *
 * @source sendgrid-nodejs eventwebhook.spec.js (read). SendGrid documents no tolerance; five minutes is ours, on the
 * understanding that the timestamp is that of the request (memory).
 * @module
 */
import { jsonBody, splitArray } from '../../core/delivery-body.js';
import type { SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'sendgrid-ecdsa-p256': {
    algorithm: 'ecdsa-p256',
    key: 'public',
    signature: { header: 'x-twilio-email-event-webhook-signature', encoding: 'base64' },
    timestamp: { header: 'x-twilio-email-event-webhook-timestamp', unit: 's' },
    signs: '{timestamp}{body}',
  },
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  split: splitArray,
  storedHeaders: ['content-type', 'user-agent', 'x-twilio-email-event-webhook-timestamp'],
};

/** Retries repeat the events, not the array: each event has its own id. */
function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const key = body?.text('sg_event_id');
  const type = body?.text('event');
  if (body === undefined || key === undefined || type === undefined) return undefined;
  return {
    key,
    keyIsSigned: true,
    type,
    occurredAtMs: body.seconds('timestamp'),
    subject: body.text('sg_message_id', 'email'),
  };
}
