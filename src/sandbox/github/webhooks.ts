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
  pageAtCursor,
  type OutgoingWebhook,
  type Routes,
  type SandboxReply,
  type WebhookForm,
  type WebhookSubscription,
} from '../kit/index.js';
import { invalid, notFound, refused, type GithubCall } from './answers.js';
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
function listDeliveries({ webhooks, params, query, state, address, request }: GithubCall): SandboxReply {
  const size = boundedCount(query['per_page'], { fallback: 30, max: 100 });
  const own = webhooks.deliveries.filter(({ subscription }) => subscription.id === params['id']);
  const page = pageAtCursor(attemptsOf(own, webhooks.deliveries, state), textOf(query['cursor']), size);
  if (page === undefined) return refused(422, 'Invalid cursor');
  const shapes = page.items.map(({ delivery, ...attempt }) => deliveryShape(delivery, attempt));
  if (page.next === undefined) return jsonReply(200, shapes);
  const target = `${address}${request.path}?per_page=${size}&cursor=${page.next}`;
  return jsonReply(200, shapes, { link: `<${target}>; rel="next"` });
}

interface DeliveryAttempt {
  id: number;
  redelivery: boolean;
  atMs: number;
}

/** Every delivery, and every time it was asked for again, newest first. */
function attemptsOf(
  own: readonly OutgoingWebhook[],
  all: readonly OutgoingWebhook[],
  { redeliveries }: GithubState,
): (DeliveryAttempt & { delivery: OutgoingWebhook })[] {
  const attempts = own.flatMap((delivery) => [
    { delivery, id: all.indexOf(delivery) + 1, redelivery: false, atMs: delivery.createdAtMs },
    ...redeliveries
      .filter(({ guid }) => guid === delivery.id)
      .map(({ id, atMs }) => ({ delivery, id, redelivery: true, atMs })),
  ]);
  return attempts.sort((a, b) => b.atMs - a.atMs || b.id - a.id);
}

function deliveryShape({ id: guid, type, body, tries }: OutgoingWebhook, { id, redelivery, atMs }: DeliveryAttempt) {
  const status = tries.at(-1)?.status ?? 0;
  const action = /"action":"(\w+)"/.exec(Buffer.from(body).toString('utf8'))?.[1];
  return {
    id,
    guid,
    delivered_at: instant(atMs),
    redelivery,
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

function redeliver({ webhooks, params, nowMs, state }: GithubCall): SandboxReply {
  const wanted = Number(params['delivery']);
  const again = state.redeliveries.find(({ id }) => id === wanted)?.guid;
  const delivery = webhooks.deliveries.find(({ id }, index) => index + 1 === wanted || id === again);
  if (delivery === undefined || delivery.subscription.id !== params['id']) return notFound();
  webhooks.redeliver(delivery.id, nowMs);
  state.redeliveries.push({ id: nextId(state), guid: delivery.id, atMs: nowMs });
  return jsonReply(202, {});
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
