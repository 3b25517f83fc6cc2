/**
 * Postmark webhooks: no signature; user and password of ours as HTTP Basic authentication in the address.
 *
 * @source hookdeck webhook-skills (secondary), symfony fixtures for the bodies (read); the answer 200: memory.
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import type { SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

/** The secret is `user:password`. */
export const schemes: SchemeSet = {
  'postmark-basic': {
    algorithm: 'equal',
    key: 'text',
    signature: { header: 'authorization', encoding: 'base64', prefix: 'Basic ' },
    signs: '',
  },
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent'],
  ackStatus: 200,
};

/** A message is opened and clicked more than once, so the time belongs to the key. */
function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const type = body?.text('RecordType');
  const message = body?.text('MessageID');
  if (body === undefined || type === undefined || message === undefined) return undefined;
  const times = ['DeliveredAt', 'BouncedAt', 'ReceivedAt', 'ChangedAt'];
  const parts = [body.text('ID'), body.text(...times), body.text('Recipient', 'Email'), body.text('OriginalLink')];
  return {
    key: [type, message, ...parts.map((part) => part ?? '')].join(':'),
    keyIsSigned: true,
    type,
    occurredAtMs: body.instant(...times),
    account: body.text('ServerID'),
    subject: message,
  };
}
