/**
 * How the simulated Resend writes and signs its webhooks, and the routes by which they are set up.
 *
 * @source https://resend.com/docs/webhooks/verify-webhooks-requests, resend-openapi (/webhooks)
 * @module
 */
import { hmacRow } from '../../core/signature/index.js';
import { jsonReply, type Routes, type SandboxReply, type WebhookForm } from '../kit/index.js';
import { invalid, missingField, notFound, type ResendCall } from './answers.js';
import { newUuid, timeText, type ResendState } from './state.js';

const row = hmacRow({
  header: 'svix-signature',
  encoding: 'base64',
  list: { separator: ' ', assign: ',', key: 'v1' },
  id: { header: 'svix-id' },
  timestamp: { header: 'svix-timestamp', unit: 's' },
  signs: '{id}.{timestamp}.{body}',
});

export const webhookForm: WebhookForm = {
  scheme: { ...row, key: 'base64' },
  idOf: (number) => `msg_sandbox${String(number).padStart(8, '0')}`,
  compose: ({ payload }) => ({
    headers: { 'content-type': 'application/json', 'user-agent': 'Svix-Webhooks/1.0' },
    body: JSON.stringify(payload),
  }),
};

const scopes = ['full_access'];

export const webhookRoutes: Routes<ResendState> = {
  'POST /webhooks': { scopes, run: subscribe },
  'GET /webhooks': { scopes, run: list },
  'DELETE /webhooks/:id': { scopes, run: unsubscribe },
};

/** The answer has the secret. */
function subscribe({ fields, random, webhooks }: ResendCall): SandboxReply {
  const { endpoint, events } = fields;
  if (typeof endpoint !== 'string') return missingField('endpoint');
  if (!Array.isArray(events) || events.length === 0) return missingField('events');
  if (!URL.canParse(endpoint)) return invalid('The `endpoint` field is no URL.');
  const secret = `whsec_${Buffer.from(random.bytes(24)).toString('base64')}`;
  const { id } = webhooks.subscribe({ id: newUuid(random), url: endpoint, secret, events: events.map(String) });
  return jsonReply(201, { object: 'webhook', id, signing_secret: secret });
}

function list({ webhooks, nowMs }: ResendCall): SandboxReply {
  const data = webhooks.subscriptions.map(({ id, url, events }) => ({
    id,
    endpoint: url,
    events,
    status: 'enabled',
    created_at: timeText(nowMs),
  }));
  return jsonReply(200, { object: 'list', has_more: false, data });
}

function unsubscribe({ webhooks, params }: ResendCall): SandboxReply {
  const id = params['id'] ?? '';
  return webhooks.unsubscribe(id) ? jsonReply(200, { object: 'webhook', id, deleted: true }) : notFound('Webhook');
}
