/**
 * GitLab webhooks: a secret token sent in the clear, or, newer, a signing token that is Standard Webhooks.
 *
 * @source gitlab-org/gitlab MRs 230944 and 231325 (read; behind a feature flag when merged); X-Gitlab-Token and the
 * delivery ids: secondary.
 * @module
 */
import { bodyHash, jsonBody, type DeliveryBody } from '../../core/delivery-body.js';
import { standardWebhooks, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'standard-webhooks-v1': standardWebhooks('webhook'),
  'gitlab-token': {
    algorithm: 'equal',
    key: 'text',
    signature: { header: 'x-gitlab-token', encoding: 'text' },
    signs: '',
  },
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: [
    'content-type',
    'user-agent',
    'idempotency-key',
    'webhook-id',
    'webhook-timestamp',
    'x-gitlab-event',
    'x-gitlab-event-uuid',
    'x-gitlab-webhook-uuid',
    'x-gitlab-instance',
  ],
};

/** `webhook-id` is signed; the ids beside it belong to the token scheme, which signs nothing at all. */
function identify(delivery: Delivery): EventIdentity | undefined {
  const { headers } = delivery;
  const body = jsonBody(delivery);
  const kind = body?.text('object_kind', 'event_name');
  if (body === undefined || kind === undefined) return undefined;
  const action = body.text('object_attributes.action', 'action');
  return {
    key: headers['webhook-id'] ?? headers['idempotency-key'] ?? headers['x-gitlab-event-uuid'] ?? bodyHash(delivery),
    keyIsSigned: true,
    type: action === undefined ? kind : `${kind}.${action}`,
    occurredAtMs: body.instant('object_attributes.updated_at'),
    account: body.text('project.path_with_namespace', 'group_path'),
    subject: subjectOf(body),
  };
}

function subjectOf(body: DeliveryBody): string | undefined {
  const project = body.text('project.path_with_namespace');
  const number = body.text('object_attributes.iid');
  return project !== undefined && number !== undefined ? `${project}#${number}` : (body.text('ref') ?? project);
}
