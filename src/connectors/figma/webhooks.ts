/**
 * Figma webhooks: no signature, a passcode of ours inside the body.
 *
 * @source https://developers.figma.com/docs/rest-api/webhooks-security, figma/rest-api-spec (read). That 202 would count
 * as a failure follows from its "non-200".
 * @module
 */
import { contentHash, jsonBody } from '../../core/delivery-body.js';
import type { SchemeSet } from '../../core/signature/index.js';
import type {
  Delivery,
  EventIdentity,
  HandshakeAnswer,
  HandshakeContext,
  WebhookDefinition,
} from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'figma-passcode': {
    algorithm: 'equal',
    key: 'text',
    signature: { fields: ['passcode'], encoding: 'text' },
    signs: '',
  },
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  handshake,
  storedHeaders: ['content-type', 'user-agent'],
  secretFields: ['passcode'],
  // Figma stops a webhook whose wrong passcode is answered with 400.
  refusalStatus: 400,
  ackStatus: 200,
};

/** A PING only asks whether we are there. */
function handshake(context: HandshakeContext): HandshakeAnswer | undefined {
  if (!context.verified || jsonBody(context)?.text('event_type') !== 'PING') return undefined;
  return { status: 200, headers: {}, body: '', keep: false };
}

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const type = body?.text('event_type');
  if (body === undefined || type === undefined) return undefined;
  return {
    // There is no id, so the content names the event; what may differ between retries stays out.
    key: contentHash(body, ['passcode', 'retries']),
    keyIsSigned: true,
    type,
    occurredAtMs: body.instant('timestamp'),
    account: body.text('webhook_id'),
    subject: body.text('file_key'),
  };
}
