/**
 * Notion webhooks: HMAC over the raw body under a token that Notion itself hands over, unsigned, in its first request.
 *
 * @source notion-sdk-js src/webhooks.ts, https://developers.notion.com/reference/webhooks (read)
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type {
  Delivery,
  EventIdentity,
  HandshakeAnswer,
  HandshakeContext,
  WebhookDefinition,
} from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'notion-hmac-sha256': hmacRow({ header: 'x-notion-signature', prefix: 'sha256=' }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  handshake,
  storedHeaders: ['content-type', 'user-agent'],
  secretFields: ['verification_token'],
  ackStatus: 200,
};

const TOKEN = /^[\x21-\x7e]{16,256}$/;

/** Whoever posts first sets the key, so this is heard only while an operator holds the pairing window open. */
function handshake(context: HandshakeContext): HandshakeAnswer | undefined {
  if (!context.pairing || 'x-notion-signature' in context.headers) return undefined;
  const token = jsonBody(context)?.text('verification_token');
  if (token === undefined || !TOKEN.test(token)) return undefined;
  return { status: 200, headers: {}, body: '', keep: false, newSecret: token };
}

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const key = body?.text('id');
  const type = body?.text('type');
  if (body === undefined || key === undefined || type === undefined) return undefined;
  return {
    key,
    keyIsSigned: true,
    type,
    occurredAtMs: body.instant('timestamp'),
    account: body.text('workspace_id'),
    subject: body.text('entity.id'),
  };
}
