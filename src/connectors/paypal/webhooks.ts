/**
 * PayPal webhooks: RSA over transmission id, time, our webhook id and the checksum of the body.
 *
 * @source paypal-rest-api-specifications notifications_webhooks_v1 for the headers (read); the signed string and its
 * checksum: memory.
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import type { SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

/**
 * The secret is our webhook id, a line end, and PayPal's certificate or public key as PEM. The address in
 * `PAYPAL-CERT-URL` is never followed: a request cannot name the key it is checked with.
 */
export const schemes: SchemeSet = {
  'paypal-rsa-sha256': {
    algorithm: 'rsa-sha256',
    key: 'labelled-public',
    signature: { header: 'paypal-transmission-sig', encoding: 'base64' },
    id: { header: 'paypal-transmission-id' },
    timestamp: { header: 'paypal-transmission-time', unit: 'iso' },
    signs: '{id}|{timestamp}|{label}|{crc32}',
  },
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent', 'paypal-transmission-id', 'paypal-transmission-time'],
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const key = body?.text('id');
  const type = body?.text('event_type');
  if (body === undefined || key === undefined || type === undefined) return undefined;
  return {
    key,
    keyIsSigned: true,
    type,
    occurredAtMs: body.instant('create_time'),
    account: body.text('resource.payee.merchant_id'),
    subject: body.text('resource.id'),
  };
}
