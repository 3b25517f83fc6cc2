/**
 * Slack requests: Events API (JSON), interactivity and slash commands (forms), all signed alike.
 *
 * @source https://api.slack.com/authentication/verifying-requests-from-slack, python-slack-sdk signature/__init__.py,
 * slack-api-specs events-api (read). The tolerance is two-sided there; bolt-js looks at the past only.
 * @module
 */
import { bodyHash, DeliveryBody, formBody, jsonBody } from '../../core/delivery-body.js';
import { parseJsonObject } from '../../core/json.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type {
  Delivery,
  EventIdentity,
  HandshakeAnswer,
  HandshakeContext,
  WebhookDefinition,
} from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'slack-v0': hmacRow({
    header: 'x-slack-signature',
    prefix: 'v0=',
    timestamp: { header: 'x-slack-request-timestamp', unit: 's' },
    signs: 'v0:{timestamp}:{body}',
    toleranceSeconds: 300,
  }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  secretVariable: 'SLACK_SIGNING_SECRET',
  identify,
  handshake,
  storedHeaders: ['content-type', 'user-agent', 'x-slack-retry-num', 'x-slack-retry-reason'],
  // The legacy verification token proves nothing any more, and a response_url lets its holder post.
  secretFields: ['token', 'response_url'],
};

const CHALLENGE_MAX = 1024;

/** The URL check is signed like any request; the challenge goes back as plain text, so that no browser runs it. */
function handshake(context: HandshakeContext): HandshakeAnswer | undefined {
  if (!context.verified) return undefined;
  const body = jsonBody(context);
  const challenge = body?.text('type') === 'url_verification' ? body.text('challenge') : undefined;
  if (challenge === undefined || challenge.length > CHALLENGE_MAX) return undefined;
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  return { status: 200, headers, body: challenge, keep: false };
}

function identify(delivery: Delivery): EventIdentity | undefined {
  const form = formBody(delivery);
  if (form?.has('command')) return command(delivery, form);
  const body = form === undefined ? jsonBody(delivery) : interaction(form);
  if (body === undefined) return undefined;
  return form === undefined ? event(delivery, body) : interactive(delivery, body);
}

function event(delivery: Delivery, body: DeliveryBody): EventIdentity | undefined {
  const type = body.text('event.type', 'type');
  if (type === undefined) return undefined;
  const subtype = body.text('event.subtype');
  return {
    key: body.text('event_id') ?? bodyHash(delivery),
    keyIsSigned: true,
    type: subtype === undefined ? type : `${type}.${subtype}`,
    occurredAtMs: body.seconds('event_time'),
    account: body.text('team_id', 'enterprise_id'),
    subject: body.text('event.channel', 'event.channel.id', 'event.item.channel', 'event.user', 'event.user.id'),
  };
}

function interaction(form: ReadonlyMap<string, string>): DeliveryBody | undefined {
  const value = parseJsonObject(Buffer.from(form.get('payload') ?? ''));
  return value === undefined ? undefined : new DeliveryBody(value);
}

function interactive(delivery: Delivery, body: DeliveryBody): EventIdentity | undefined {
  const type = body.text('type');
  if (type === undefined) return undefined;
  return {
    key: body.text('trigger_id') ?? bodyHash(delivery),
    keyIsSigned: true,
    type,
    account: body.text('team.id', 'enterprise.id'),
    subject: body.text('channel.id', 'user.id'),
  };
}

function command(delivery: Delivery, form: ReadonlyMap<string, string>): EventIdentity {
  return {
    key: form.get('trigger_id') ?? bodyHash(delivery),
    keyIsSigned: true,
    type: `command.${form.get('command')!}`,
    account: form.get('team_id'),
    subject: form.get('channel_id'),
  };
}
