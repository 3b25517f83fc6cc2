/**
 * Linear webhooks: HMAC over the raw body, with the time inside the signed body.
 *
 * @source @linear/sdk webhooks client (read). `Linear-Delivery` as delivery id and the answer 200: memory.
 * @module
 */
import { bodyHash, jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

/** The header `Linear-Timestamp` is signed by nothing, so only the field of the body is believed, as in the SDK. */
export const schemes: SchemeSet = {
  'linear-hmac-sha256': hmacRow({
    header: 'linear-signature',
    timestamp: { field: 'webhookTimestamp', unit: 'ms' },
    toleranceSeconds: 60,
  }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent', 'linear-delivery', 'linear-event'],
  ackStatus: 200,
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const type = body?.text('type');
  if (body === undefined || type === undefined) return undefined;
  const id = delivery.headers['linear-delivery'];
  const action = body.text('action');
  return {
    key: id ?? bodyHash(delivery),
    keyIsSigned: id === undefined,
    type: action === undefined ? type : `${type}.${action}`,
    occurredAtMs: body.instant('createdAt') ?? body.number('webhookTimestamp'),
    account: body.text('organizationId'),
    subject: body.text('data.issueId', 'data.id', 'issue.id'),
  };
}
