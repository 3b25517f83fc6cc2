/**
 * Mailgun webhooks: the signature stands inside the body and covers a timestamp and a one-time token, not the event.
 *
 * @source https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks (read), symfony and
 * django-anymail fixtures (read); the retry schedule of 8 h and the answer 200: memory.
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import type { SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

/**
 * `parent-signature` is made with the main account's key for events of a subaccount. The provider warns against a narrow
 * tolerance, and nothing says that retries are signed anew, so the past side spans the retries; the token admits one
 * event however long it lives.
 */
export const schemes: SchemeSet = {
  'mailgun-body': {
    algorithm: 'hmac-sha256',
    key: 'text',
    signature: { fields: ['signature.signature', 'signature.parent-signature'], encoding: 'hex' },
    timestamp: { field: 'signature.timestamp', unit: 's' },
    id: { field: 'signature.token' },
    signs: '{timestamp}{id}',
    toleranceSeconds: 9 * 3600,
    futureSeconds: 300,
  },
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent'],
  secretFields: ['signature'],
  ackStatus: 200,
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const key = body?.text('event-data.id');
  const type = body?.text('event-data.event');
  if (body === undefined || key === undefined || type === undefined) return undefined;
  return {
    key,
    keyIsSigned: false,
    signedKey: body.text('signature.token'),
    type,
    occurredAtMs: body.seconds('event-data.timestamp'),
    account: body.text('event-data.account.id', 'event-data.recipient-domain'),
    subject: body.text('event-data.message.headers.message-id', 'event-data.recipient'),
  };
}
