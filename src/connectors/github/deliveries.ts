/**
 * Webhook deliveries that GitHub made, and asking for one again: it never tries again by itself.
 *
 * @source @octokit/openapi (repos/list-webhook-deliveries, repos/redeliver-webhook-delivery)
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, parseJson } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { found, next, NOT_FOUND, UNDECIDED } from '../../core/verdict.js';
import { optional } from './answers.js';
import { CLOCK_SKEW_MS } from './look-up.js';
import { cursor, nextPage, PAGE_SIZE, placeAt } from './pages.js';
import { repository, repositoryPath, touchesRepository } from './repository.js';

const hookId = z.int().positive().describe('id of the webhook, in its settings page and in X-GitHub-Hook-ID');
const guid = z.string().regex(/^[0-9a-f-]{36}$/i, 'it is no X-GitHub-Delivery');

const delivery = z.strictObject({
  id: z.string().describe('of this attempt; what redelivery wants'),
  guid: z.string().describe('of the delivery, the same for all its attempts: X-GitHub-Delivery'),
  event: z.string(),
  action: z.string().optional(),
  deliveredAt: z.string(),
  isRedelivery: z.boolean(),
  statusCode: z.int().describe('0 when there was no answer'),
  status: z.string().describe("GitHub's words for it"),
});

/** Ids have 64 bits, of which a number keeps 53. A quote inside of a text is escaped, so only real fields fit. */
function deliveriesIn({ body }: Pick<HttpAnswer, 'body'>): unknown[] | undefined {
  const text = Buffer.from(body)
    .toString('utf8')
    .replaceAll(/("id"\s*:\s*)(\d{1,20})/g, '$1"$2"');
  const parsed = parseJson(Buffer.from(text));
  return parsed.ok && Array.isArray(parsed.value) ? parsed.value : undefined;
}

function deliveryFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    id: value['id'],
    guid: value['guid'],
    event: value['event'],
    ...optional('action', value['action']),
    deliveredAt: value['delivered_at'],
    isRedelivery: value['redelivery'],
    statusCode: value['status_code'],
    status: value['status'],
  };
}

interface OfHook {
  repository: string;
  hookId: number;
}

const deliveriesPath = (input: OfHook): string => `${repositoryPath(input)}/hooks/${input.hookId}/deliveries`;
const pageOf = (input: OfHook, place?: string) =>
  ({ method: 'GET', url: deliveriesPath(input), query: { per_page: PAGE_SIZE, ...placeAt(place) } }) as const;

const listInput = z.strictObject({ repository, hookId, cursor });
const deliveryPage = z.strictObject({ deliveries: z.array(delivery), nextCursor: z.string().optional() });

export const listWebhookDeliveries = defineAction<z.output<typeof listInput>, z.output<typeof deliveryPage>>({
  summary: 'Lists what a webhook of a GitHub repository has delivered, newest first',
  effect: 'read',
  endpoint: 'GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries',
  permissions: ['repository_hooks:read'],
  input: listInput,
  output: deliveryPage,
  target: ({ repository, hookId }) => ({ type: 'webhook', id: `${repository}/${hookId}` }),
  touches: touchesRepository,
  request: (input) => pageOf(input, input.cursor),
  parse: (answer) => ({ deliveries: deliveriesIn(answer)?.map(deliveryFrom), ...nextPage(answer) }),
  idempotency: 'none',
  settleMs: 0,
  pages: { items: 'deliveries' },
});

const redeliverInput = z.strictObject({
  repository,
  hookId,
  deliveryId: z.string().regex(/^\d{1,20}$/, 'it is no id of a delivery'),
  guid: guid.optional().describe('of the same delivery: with it a lost answer can be looked up'),
});
const redeliverOutput = z.strictObject({ isRequested: z.literal(true) });

export const redeliverWebhookDelivery = defineAction<z.output<typeof redeliverInput>, z.output<typeof redeliverOutput>>(
  {
    summary: 'Asks GitHub to send a webhook delivery again',
    effect: 'send',
    endpoint: 'POST /repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts',
    permissions: ['repository_hooks:write'],
    input: redeliverInput,
    output: redeliverOutput,
    target: ({ deliveryId }) => ({ type: 'delivery', id: deliveryId }),
    touches: touchesRepository,
    request: (input) => ({ method: 'POST', url: `${deliveriesPath(input)}/${input.deliveryId}/attempts` }),
    parse: () => ({ isRequested: true }),
    idempotency: 'none',
    reconcile: {
      isPossible: ({ guid }) => guid !== undefined,
      request: (input) => pageOf(input),
      read(answer, input, _marker, _step, sinceMs) {
        const read = z.array(delivery).safeParse(deliveriesIn(answer)?.map(deliveryFrom));
        if (!read.success) return UNDECIDED;
        const fromMs = sinceMs - CLOCK_SKEW_MS;
        const isOurs = (one: z.output<typeof delivery>): boolean => one.isRedelivery && one.guid === input.guid;
        const recent = read.data.filter(({ deliveredAt }) => Date.parse(deliveredAt) >= fromMs);
        if (recent.some(isOurs)) return found({ isRequested: true } as const);
        const { nextCursor } = nextPage(answer);
        if (recent.length < read.data.length || nextCursor === undefined) return NOT_FOUND;
        return next(pageOf(input, nextCursor));
      },
    },
    settleMs: 60_000,
    settleSource: 'memory: no page says it; a redelivery is queued and listed once it was sent',
  },
);
