/**
 * Zendesk webhooks: HMAC over an ISO 8601 timestamp and the raw body, without a border between them.
 *
 * @source https://developer.zendesk.com/documentation/webhooks/verifying (read). No tolerance is documented; five minutes
 * is ours. X-Zendesk-Webhook-Invocation-Id: memory.
 * @module
 */
import { bodyHash, jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

/** The secret looks like base64 and is used as text. */
export const schemes: SchemeSet = {
  'zendesk-sha256': hmacRow({
    header: 'x-zendesk-webhook-signature',
    encoding: 'base64',
    timestamp: { header: 'x-zendesk-webhook-signature-timestamp', unit: 'iso' },
    signs: '{timestamp}{body}',
  }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: [
    'content-type',
    'user-agent',
    'x-zendesk-account-id',
    'x-zendesk-webhook-id',
    'x-zendesk-webhook-invocation-id',
  ],
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  if (body === undefined) return undefined;
  const signedId = body.text('id');
  const invocation = delivery.headers['x-zendesk-webhook-invocation-id'];
  return {
    key: signedId ?? invocation ?? bodyHash(delivery),
    keyIsSigned: signedId !== undefined || invocation === undefined,
    // Triggers and automations post whatever body their author wrote.
    type: body.text('type') ?? 'webhook',
    occurredAtMs: body.instant('time'),
    account: body.text('account_id'),
    subject: body.text('detail.id', 'subject'),
  };
}
