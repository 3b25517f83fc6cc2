/**
 * Discord interactions and webhook events: Ed25519 over timestamp and raw body.
 *
 * @source discord-interactions-js, webhook-events.mdx (read). Discord probes with bad signatures and wants 401.
 * @module
 */
import { bodyHash, jsonBody } from '../../core/delivery-body.js';
import type { SchemeSet } from '../../core/signature/index.js';
import type {
  Delivery,
  EventIdentity,
  HandshakeAnswer,
  HandshakeContext,
  WebhookDefinition,
} from '../../core/webhook.js';

/** The secret is the application's public key in hex. No tolerance is documented; five minutes is ours. */
export const schemes: SchemeSet = {
  'discord-ed25519': {
    algorithm: 'ed25519',
    key: 'public',
    signature: { header: 'x-signature-ed25519', encoding: 'hex' },
    timestamp: { header: 'x-signature-timestamp', unit: 's' },
    signs: '{timestamp}{body}',
  },
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  handshake,
  storedHeaders: ['content-type', 'user-agent'],
  // An interaction's token lets its holder answer in our name.
  secretFields: ['token'],
  refusalStatus: 401,
  ackStatus: 204,
};

/** A PING is type 1 among interactions and type 0 among webhook events, where type 1 is an event. */
function handshake(context: HandshakeContext): HandshakeAnswer | undefined {
  const body = context.verified ? jsonBody(context) : undefined;
  const type = body?.number('type');
  if (type === 0) return { status: 204, headers: {}, body: '', keep: false };
  if (type !== 1 || body?.has('event')) return undefined;
  return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"type":1}', keep: false };
}

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const type = body?.text('event.type') ?? interactionType(body?.number('type'));
  if (body === undefined || type === undefined) return undefined;
  return {
    key: body.text('id') ?? bodyHash(delivery),
    keyIsSigned: true,
    type,
    occurredAtMs: body.instant('event.timestamp'),
    account: body.text('application_id'),
    subject: body.text('guild_id', 'channel_id'),
  };
}

function interactionType(type: number | undefined): string | undefined {
  return type === undefined ? undefined : `interaction.${type}`;
}
