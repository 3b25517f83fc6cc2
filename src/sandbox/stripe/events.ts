/**
 * Events: kept, listed, and told to webhook endpoints, signed.
 *
 * @source Stripe's OpenAPI description (event, webhook_endpoint), docs.stripe.com/webhooks/signature
 * @module
 */
import { hmacRow } from '../../core/signature/index.js';
import type { Routes, SandboxReply, WebhookForm } from '../kit/index.js';
import { invalid, missing, type StripeCall } from './answers.js';
import { LIST_PARAMS, listReply, objectReply, pageReply, showObject, withObject } from './objects.js';
import { mergedMetadata, taking, textOf } from './params.js';
import { all, newId, put, type StripeObject, type StripeState } from './state.js';
import { DEFAULT_VERSION, inVersion } from './versions.js';

export const webhookForm: WebhookForm = {
  scheme: hmacRow({
    header: 'stripe-signature',
    list: { separator: ',', assign: '=', key: 'v1' },
    timestamp: { item: 't', unit: 's' },
    signs: '{timestamp}.{body}',
  }),
  compose: ({ payload }) => ({
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    },
    body: JSON.stringify(payload, undefined, 2),
  }),
};

/** Something happened to an object. */
export function emit(call: StripeCall, type: string, object: StripeObject, previous?: Record<string, unknown>): void {
  const { state, nowMs, requestId, request, random } = call;
  const event = put(state, {
    id: newId(random, 'evt'),
    object: 'event',
    api_version: DEFAULT_VERSION,
    created: Math.floor(nowMs / 1000),
    data: {
      object: inVersion(structuredClone(withoutHidden(object)), DEFAULT_VERSION),
      ...(previous && { previous_attributes: previous }),
    },
    livemode: false,
    pending_webhooks: call.webhooks.subscriptions.length,
    request: { id: requestId, idempotency_key: request.headers['idempotency-key'] ?? null },
    type,
  });
  call.emit(type, event);
}

/** Events carry no client secret of an invoice. */
function withoutHidden({
  confirmation_secret: _secret,
  payments: _payments,
  line_items: _items,
  ...object
}: StripeObject) {
  return object;
}

export const eventRoutes: Routes<StripeState> = {
  'GET /v1/events': taking(`${LIST_PARAMS} type types delivery_success`, listEvents),
  'GET /v1/events/:id': taking('', showObject('event')),
  'GET /v1/webhook_endpoints': taking(LIST_PARAMS, (call) => listReply(call, 'webhook_endpoint')),
  'GET /v1/webhook_endpoints/:id': taking('', showObject('webhook_endpoint')),
  'POST /v1/webhook_endpoints': taking('url enabled_events description metadata api_version connect', createEndpoint),
  'DELETE /v1/webhook_endpoints/:id': taking('', withObject('webhook_endpoint', deleteEndpoint)),
};

function listEvents(call: StripeCall): SandboxReply {
  const { type, types, created } = call.query;
  if (type === undefined && types === undefined) return listReply(call, 'event');
  const names = (Array.isArray(types) ? types : [type]).map(String);
  const isWanted = (event: StripeObject): boolean =>
    names.some(
      (name) => name === event['type'] || (name.endsWith('*') && String(event['type']).startsWith(name.slice(0, -1))),
    );
  const since = Number((created as Record<string, unknown> | undefined)?.['gte'] ?? 0);
  return pageReply(
    call,
    all(call.state, 'event').filter((event) => isWanted(event) && event.created >= since),
  );
}

/** The only answer that has the secret. */
function createEndpoint(call: StripeCall): SandboxReply {
  const { url, enabled_events: events, description, metadata } = call.fields;
  if (typeof url !== 'string') return missing('url');
  if (!URL.canParse(url))
    return invalid('Invalid URL: An explicit scheme (such as https) must be provided.', {
      param: 'url',
      code: 'url_invalid',
    });
  if (!Array.isArray(events) || events.length === 0) return missing('enabled_events');
  const id = newId(call.random, 'we');
  const secret = newId(call.random, 'whsec');
  const endpoint = put(call.state, {
    id,
    object: 'webhook_endpoint',
    api_version: null,
    application: null,
    created: Math.floor(call.nowMs / 1000),
    description: textOf(description),
    enabled_events: events.map(String),
    livemode: false,
    metadata: mergedMetadata({}, metadata),
    status: 'enabled',
    url,
  });
  call.webhooks.subscribe({ id, url, secret, events: events.map(String) });
  return objectReply(call, { ...endpoint, secret });
}

function deleteEndpoint(call: StripeCall, { id }: StripeObject): SandboxReply {
  call.state.objects.delete(id);
  call.webhooks.unsubscribe(id);
  return objectReply(call, { id, object: 'webhook_endpoint', deleted: true });
}
