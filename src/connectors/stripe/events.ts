/**
 * Events, as Stripe keeps them for 30 days: what a webhook should have told, and perhaps did not.
 *
 * @source Stripe's OpenAPI description (event); docs.stripe.com/api/events (30 days)
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, valueAt } from '../../core/json.js';
import { instantOf, listIn, optional, secondsOf } from './answers.js';
import { at } from './endpoint.js';
import { READS } from './keys.js';
import { cursor, nextPage, PAGE_SIZE } from './pages.js';

const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

const listEventsInput = z.strictObject({
  types: z
    .array(z.string().regex(/^[a-z0-9_.]{1,100}$/, 'it is no type of event, e.g. invoice.paid'))
    .min(1)
    .max(20)
    .optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  undeliveredOnly: z.literal(true).optional().describe('only those that some webhook endpoint did not take'),
  cursor,
});

const event = z.strictObject({
  id: z.string(),
  type: z.string(),
  createdAt: z.string(),
  apiVersion: z.string().optional().describe('in whose form `object` is'),
  isLive: z.boolean(),
  account: z.string().optional().describe('of Connect'),
  objectType: z.string().optional(),
  objectId: z.string().optional(),
  object: z.record(z.string(), z.unknown()).describe('as it was then, without client secrets'),
  pendingDeliveries: z.int(),
});
const eventPage = z.strictObject({ events: z.array(event), nextCursor: z.string().optional() });

/** A copy without the secrets of payers, however deep. The depth is bounded by what was parsed. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name]) => name !== 'client_secret' && name !== 'confirmation_secret');
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutSecrets(one)]));
}

function eventFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const object = valueAt(value, 'data.object');
  return {
    id: value['id'],
    type: value['type'],
    createdAt: instantOf(value['created']),
    ...optional('apiVersion', value['api_version']),
    isLive: value['livemode'],
    ...optional('account', value['account']),
    ...optional('objectType', valueAt(object, 'object')),
    ...optional('objectId', valueAt(object, 'id')),
    object: withoutSecrets(object),
    pendingDeliveries: value['pending_webhooks'],
  };
}

export const listEvents = defineAction<z.output<typeof listEventsInput>, z.output<typeof eventPage>>({
  summary: 'Lists what happened at Stripe in the last 30 days, newest first',
  ...READS,
  ...at('GET /v1/events'),
  permissions: ['Events: Read'],
  input: listEventsInput,
  output: eventPage,
  target: () => ({ type: 'event', id: '*' }),
  request: ({ types, since, until, undeliveredOnly, cursor: after }) => ({
    method: 'GET',
    url: '/events',
    query: {
      'types[]': types,
      'created[gte]': since === undefined ? undefined : secondsOf(since),
      'created[lte]': until === undefined ? undefined : secondsOf(until),
      delivery_success: undeliveredOnly === true ? false : undefined,
      limit: PAGE_SIZE,
      starting_after: after,
    },
  }),
  parse: (answer) => ({ events: listIn(answer)?.map(eventFrom), ...nextPage(answer) }),
  maxAnswerBytes: ANSWER_BYTES_MAX,
  pages: { items: 'events' },
});
