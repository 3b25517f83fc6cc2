/**
 * Zoom webhooks: HMAC over version, timestamp and raw body, and a URL check that wants an HMAC back.
 *
 * @source zoom/webhook-sample index.js (read; it re-serialises the body, we do not). No tolerance is documented; five
 * minutes is ours. The answer 200: memory.
 * @module
 */
import { bodyHash, hmacHex, jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type {
  Delivery,
  EventIdentity,
  HandshakeAnswer,
  HandshakeContext,
  WebhookDefinition,
} from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'zoom-v0': hmacRow({
    header: 'x-zm-signature',
    prefix: 'v0=',
    timestamp: { header: 'x-zm-request-timestamp', unit: 's' },
    signs: 'v0:{timestamp}:{body}',
  }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  handshake,
  storedHeaders: ['content-type', 'user-agent', 'x-zm-request-timestamp', 'x-zm-trackingid'],
  ackStatus: 200,
};

const TOKEN_MAX = 256;

/** Answered with the secret that signed the question; for anyone else this would be an oracle. */
function handshake(context: HandshakeContext): HandshakeAnswer | undefined {
  const body = context.verified ? jsonBody(context) : undefined;
  const plainToken = body?.text('event') === 'endpoint.url_validation' ? body.text('payload.plainToken') : undefined;
  const secret = context.secrets[context.secretIndex ?? 0];
  if (plainToken === undefined || plainToken.length > TOKEN_MAX || secret === undefined) return undefined;
  const encryptedToken = hmacHex(secret, plainToken);
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, body: JSON.stringify({ plainToken, encryptedToken }), keep: false };
}

/** The tracking id is a bare header; the body holds the time in milliseconds and is the same on every attempt. */
function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const type = body?.text('event');
  if (body === undefined || type === undefined) return undefined;
  return {
    key: bodyHash(delivery),
    keyIsSigned: true,
    type,
    occurredAtMs: body.number('event_ts'),
    account: body.text('payload.account_id'),
    subject: body.text('payload.object.uuid', 'payload.object.id'),
  };
}
