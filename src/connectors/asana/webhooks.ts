/**
 * Asana webhooks: HMAC over the raw body under a secret that Asana hands over while our create request is still open.
 *
 * @source asana_oas POST /webhooks (read); the signature header and the heartbeat: memory.
 * @module
 */
import { bodyHash, jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type {
  Delivery,
  EventIdentity,
  HandshakeAnswer,
  HandshakeContext,
  WebhookDefinition,
} from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'asana-hmac-sha256': hmacRow({ header: 'x-hook-signature' }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  handshake,
  split,
  storedHeaders: ['content-type', 'user-agent'],
  ackStatus: 200,
};

const SECRET = /^[\x21-\x7e]{16,256}$/;

/** The secret arrives unsigned, so it is taken only in the pairing window; an empty list of events is a heartbeat. */
function handshake(context: HandshakeContext): HandshakeAnswer | undefined {
  const secret = context.headers['x-hook-secret'];
  if (secret !== undefined && context.pairing && SECRET.test(secret)) {
    return { status: 200, headers: { 'x-hook-secret': secret }, body: '', keep: false, newSecret: secret };
  }
  if (!context.verified || eventsOf(context)?.length !== 0) return undefined;
  return { status: 200, headers: {}, body: '', keep: false };
}

function eventsOf(delivery: Delivery): unknown[] | undefined {
  const events = jsonBody(delivery)?.value['events'];
  return Array.isArray(events) ? events : undefined;
}

/** A retry may bundle the events anew, so each one is a delivery of its own. */
function split(delivery: Delivery): Delivery[] {
  const events = eventsOf(delivery) ?? [];
  if (events.length < 2) return [delivery];
  return events.map((event) => ({ ...delivery, body: Buffer.from(JSON.stringify({ events: [event] })) }));
}

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const action = body?.text('events.0.action');
  if (body === undefined || action === undefined) return undefined;
  return {
    key: bodyHash(delivery),
    keyIsSigned: true,
    type: `${body.text('events.0.resource.resource_type') ?? 'resource'}.${action}`,
    occurredAtMs: body.instant('events.0.created_at'),
    account: body.text('events.0.user.gid'),
    subject: body.text('events.0.resource.gid'),
  };
}
