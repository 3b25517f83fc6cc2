/**
 * Calendly webhooks: timestamp and signature in one header.
 *
 * @source memory, the tolerance of 180 s included; no document of the provider was read.
 * @module
 */
import { bodyHash, jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'calendly-v1': hmacRow({
    header: 'calendly-webhook-signature',

    list: { separator: ',', assign: '=', key: 'v1' },
    timestamp: { item: 't', unit: 's' },
    signs: '{timestamp}.{body}',
    toleranceSeconds: 180,
  }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent'],
};

/** There is no delivery id; the body is the same on every attempt. */
function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const type = body?.text('event');
  if (body === undefined || type === undefined) return undefined;
  return {
    key: bodyHash(delivery),
    keyIsSigned: true,
    type,
    occurredAtMs: body.instant('created_at'),
    account: body.text('created_by'),
    subject: body.text('payload.uri', 'payload.event'),
  };
}
