/**
 * HubSpot webhooks: three versions of a signature, two of them plain hashes; only v3 signs a time.
 *
 * @source hubspot-api-python utils/signature.py, hubspot-api-nodejs (read); header names and the batch of up to 100
 * events: memory.
 * @module
 */
import { jsonBody, splitArray } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

const plainHash = {
  algorithm: 'sha256',
  key: 'text',
  signature: { header: 'x-hubspot-signature', encoding: 'hex' },
  onlyWhenNamed: true,
} as const;

/** HubSpot may send several versions at once, so v1 and v2 count only where the source is set to them. */
export const schemes: SchemeSet = {
  'hubspot-v3': hmacRow({
    header: 'x-hubspot-signature-v3',
    encoding: 'base64',
    timestamp: { header: 'x-hubspot-request-timestamp', unit: 'ms' },
    signs: '{method}{url}{body}{timestamp}',
    toleranceSeconds: 300,
  }),
  'hubspot-v2': { ...plainHash, signs: '{secret}{method}{url}{body}' },
  'hubspot-v1': { ...plainHash, signs: '{secret}{body}' },
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  split: splitArray,
  storedHeaders: ['content-type', 'user-agent', 'x-hubspot-request-timestamp', 'x-hubspot-signature-version'],
};

/** `eventId` alone is not unique; `attemptNumber` differs between retries and stays out. */
function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const type = body?.text('subscriptionType', 'eventType');
  const id = body?.text('eventId');
  if (body === undefined || type === undefined || id === undefined) return undefined;
  const parts = ['portalId', 'subscriptionId', 'objectId', 'occurredAt'].map((name) => body.text(name) ?? '');
  return {
    key: [id, ...parts].join(':'),
    keyIsSigned: true,
    type,
    occurredAtMs: body.number('occurredAt'),
    account: body.text('portalId'),
    subject: body.text('objectId'),
  };
}
