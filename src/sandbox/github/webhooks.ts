/**
 * How the simulated GitHub writes and signs its webhooks, and the routes by which they are set up and sent again.
 *
 * @source docs.github.com validating-webhook-deliveries, repository webhooks (REST)
 * @module
 */
import { hash } from 'node:crypto';
import { isObject } from '../../core/json.js';
import { hmacRow } from '../../core/signature/index.js';
import {
  boundedCount,
  emptyReply,
  jsonReply,
  type OutgoingWebhook,
  type Routes,
  type SandboxReply,
  type WebhookForm,
  type WebhookSubscription,
} from '../kit/index.js';
import { invalid, notFound, type GithubCall } from './answers.js';
import { listReply } from './lists.js';
import { inRepository } from './repositories.js';
import { instant, repositoryShape, repoUrl, userShape } from './shapes.js';
import { nextId, type GithubState, type Repository } from './state.js';

export const webhookForm: WebhookForm = {
  scheme: hmacRow({ header: 'x-hub-signature-256', prefix: 'sha256=' }),
  idOf: (number) => guid(number),
  compose: ({ type, payload, id, subscription }) => ({
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/sandbox',
      'x-github-event': type,
      'x-github-delivery': id,
      'x-github-hook-id': subscription.id,
    },
    body: JSON.stringify(payload),
  }),
};

/** In the shape of a UUID, the same for the same number. */
function guid(number: number): string {
  const hex = hash('sha256', `delivery ${number}`, 'hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

const SCOPES = ['admin:repo_hook', 'repo'];

export const webhookRoutes: Routes<GithubState> = {
  'GET /repos/:owner/:repo/hooks': {
    scopes: SCOPES,
    run: inRepository((call, repo) =>
      listReply(call, call.webhooks.subscriptions, (one) => subscriptionShape(call, repo, one)),
    ),
  },
  'POST /repos/:owner/:repo/hooks': { scopes: SCOPES, run: inRepository(subscribe) },
  'DELETE /repos/:owner/:repo/hooks/:id': {
    scopes: SCOPES,
    run: inRepository(({ webhooks, params }) => (webhooks.unsubscribe(params['id']!) ? emptyReply(204) : notFound())),
  },
  'GET /repos/:owner/:repo/hooks/:id/deliveries': { scopes: SCOPES, run: inRepository(listDeliveries) },
  'POST /repos/:owner/:repo/hooks/:id/deliveries/:delivery/attempts': { scopes: SCOPES, run: inRepository(redeliver) },
};

/** Answers, and sends a `ping` to the new address. */
function subscribe(call: GithubCall, repo: Repository): SandboxReply {
  const { fields, webhooks, state, nowMs, address } = call;
  const config = isObject(fields['config']) ? fields['config'] : {};
  const { url, secret } = config;
  if (typeof url !== 'string' || !URL.canParse(url))
    return invalid({ resource: 'Hook', field: 'url', code: 'missing_field' });
  const events = Array.isArray(fields['events']) ? fields['events'].map(String) : ['push'];
  const id = String(nextId(state));
  const subscription = webhooks.subscribe({ id, url, events, ...(typeof secret === 'string' && { secret }) });
  const shape = subscriptionShape(call, repo, subscription);
  const about = { repository: repositoryShape(address, repo), sender: userShape(address, state.user) };
  const ping = { zen: 'Speak like a human.', hook_id: Number(id), hook: shape, ...about };
  webhooks.publishTo(subscription, 'ping', ping, nowMs);
  return jsonReply(201, shape, { location: shape.url });
}

function subscriptionShape(
  { address, nowMs }: GithubCall,
  repo: Repository,
  { id, url, secret, events }: WebhookSubscription,
) {
  const own = `${repoUrl(address, repo)}/hooks/${id}`;
  return {
    type: 'Repository',
    id: Number(id) || 1,
    name: 'web',
    active: true,
    events: [...events],
    config: { url, content_type: 'json', insecure_ssl: '0', ...(secret !== undefined && { secret: '********' }) },
    updated_at: instant(nowMs),
    created_at: instant(nowMs),
    url: own,
    test_url: `${own}/test`,
    ping_url: `${own}/pings`,
    deliveries_url: `${own}/deliveries`,
    last_response: { code: null, status: 'unused', message: null },
  };
}

/** Newest first. This list pages by cursor, not by number. */
function listDeliveries({ webhooks, params, query }: GithubCall): SandboxReply {
  const size = boundedCount(query['per_page'], { fallback: 30, max: 100 });
  const own = webhooks.deliveries.map((delivery, index) => ({ delivery, number: index + 1 }));
  const wanted = own.filter(({ delivery }) => delivery.subscription.id === params['id']).reverse();
  return jsonReply(
    200,
    wanted.slice(0, size).map(({ delivery, number }) => deliveryShape(delivery, number)),
  );
}

function deliveryShape({ id, type, body, tries, createdAtMs }: OutgoingWebhook, number: number) {
  const status = tries.at(-1)?.status ?? 0;
  const action = /"action":"(\w+)"/.exec(Buffer.from(body).toString('utf8'))?.[1];
  return {
    id: number,
    guid: id,
    delivered_at: instant(tries.at(-1)?.atMs ?? createdAtMs),
    redelivery: tries.length > 1,
    duration: 0.1,
    status:
      status >= 200 && status < 300
        ? 'OK'
        : `${status === 0 ? 'failed to connect' : 'Invalid HTTP Response'}: ${status}`,
    status_code: status,
    event: type,
    action: action ?? null,
    installation_id: null,
    repository_id: null,
  };
}

function redeliver({ webhooks, params, nowMs }: GithubCall): SandboxReply {
  const delivery = webhooks.deliveries[Number(params['delivery']) - 1];
  if (delivery === undefined || delivery.subscription.id !== params['id']) return notFound();
  webhooks.redeliver(delivery.id, nowMs);
  return jsonReply(202, {});
}
