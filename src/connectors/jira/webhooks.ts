/**
 * Jira Cloud webhooks: WebSub's signature over the raw body.
 *
 * For webhooks that an app registers itself, one source says a JWT as bearer and another this signature; nobody has seen
 * either checked, so there is no scheme for the JWT until a real delivery shows its claims.
 *
 * @source n8n PR 8822 and nango.dev docs (secondary); X-Atlassian-Webhook-Identifier: mrrefactoring jira.js docs
 * (secondary)
 * @module
 */
import { bodyHash, jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'websub-hmac-sha256': hmacRow({ header: 'x-hub-signature', prefix: 'sha256=' }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: [
    'content-type',
    'user-agent',
    'x-atlassian-webhook-identifier',
    'x-atlassian-webhook-flow',
    'x-atlassian-webhook-retry',
  ],
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const type = body?.text('webhookEvent');
  if (body === undefined || type === undefined) return undefined;
  const id = delivery.headers['x-atlassian-webhook-identifier'];
  return {
    key: id ?? bodyHash(delivery),
    keyIsSigned: id === undefined,
    type,
    occurredAtMs: body.number('timestamp'),
    account: body.text('issue.fields.project.key', 'project.key'),
    subject: body.text('issue.key', 'comment.id', 'project.key', 'sprint.id', 'version.id'),
  };
}
