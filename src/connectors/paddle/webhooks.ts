/**
 * Paddle Billing notifications: `ts=…;h1=…`, several `h1` while a secret is rotated.
 *
 * @source paddle-node-sdk, paddle-php-sdk, developer.paddle.com (read). The tolerance of 5 s is the SDKs'; the future
 * side, which they leave open, is closed here.
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'paddle-h1': hmacRow({
    header: 'paddle-signature',
    list: { separator: ';', assign: '=', key: 'h1' },
    timestamp: { item: 'ts', unit: 's' },
    signs: '{timestamp}:{body}',
    toleranceSeconds: 5,
  }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent'],
  ackStatus: 200,
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const key = body?.text('event_id');
  const type = body?.text('event_type');
  if (body === undefined || key === undefined || type === undefined) return undefined;
  return {
    key,
    keyIsSigned: true,
    type,
    occurredAtMs: body.instant('occurred_at'),
    account: body.text('data.customer_id'),
    subject: body.text('data.subscription_id', 'data.id'),
  };
}
