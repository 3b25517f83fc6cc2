/**
 * GitHub webhooks: HMAC over the raw body, a delivery id that no signature covers, JSON or form.
 *
 * @source https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries (read); 25 MB and the form
 * signature: memory.
 * @module
 */
import { bodyHash, DeliveryBody, formBody, jsonBody } from '../../core/delivery-body.js';
import { parseJsonObject } from '../../core/json.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

/** `X-Hub-Signature` (SHA-1) is sent too, for old receivers, and never accepted here. */
export const schemes: SchemeSet = {
  'github-hmac-sha256': hmacRow({ header: 'x-hub-signature-256', prefix: 'sha256=' }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  handshake({ headers, verified }) {
    if (!verified || headers['x-github-event'] !== 'ping') return undefined;
    return { status: 200, headers: {}, body: 'pong', keep: true };
  },
  storedHeaders: [
    'content-type',
    'user-agent',
    'x-github-delivery',
    'x-github-event',
    'x-github-hook-id',
    'x-github-hook-installation-target-id',
    'x-github-hook-installation-target-type',
  ],
  bodyLimitBytes: 26_214_400,
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = payload(delivery);
  const event = delivery.headers['x-github-event'];
  if (body === undefined || event === undefined) return undefined;
  const id = delivery.headers['x-github-delivery'];
  const action = body.text('action');
  return {
    key: id ?? bodyHash(delivery),
    keyIsSigned: id === undefined,
    type: action === undefined ? event : `${event}.${action}`,
    occurredAtMs: body.instant(
      'head_commit.timestamp',
      'comment.updated_at',
      'issue.updated_at',
      'pull_request.updated_at',
    ),
    account: body.text('organization.login', 'repository.owner.login', 'installation.account.login', 'sender.login'),
    subject: subjectOf(body),
  };
}

/** With content type `form` the JSON is the field `payload`. */
function payload(delivery: Delivery): DeliveryBody | undefined {
  const form = formBody(delivery);
  if (form === undefined) return jsonBody(delivery);
  const value = parseJsonObject(Buffer.from(form.get('payload') ?? ''));
  return value === undefined ? undefined : new DeliveryBody(value);
}

function subjectOf(body: DeliveryBody): string | undefined {
  const repository = body.text('repository.full_name');
  const number = body.text('issue.number', 'pull_request.number', 'number');
  return repository !== undefined && number !== undefined ? `${repository}#${number}` : repository;
}
