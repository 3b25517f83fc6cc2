/** Operations on events: verified inbound webhooks. @module */
import { z } from 'zod';
import { AppError } from '../core/errors.js';
import type { EventFilter, EventRow, EventSummary } from '../core/event.js';
import { newId } from '../core/ids.js';
import type { Requeue } from '../core/job.js';
import { parseJson } from '../core/json.js';
import type { CallContext, TextStream } from '../core/operation.js';
import { cursorOf } from '../core/page-cursor.js';
import { redact } from '../core/redact.js';
import { auditRowsFrom } from '../audit/index.js';
import { jobOf } from '../jobs/index.js';
import { cursor, iso, limit, present, when, whenMs } from './fields.js';
import { followCursor, jsonLines, placeOf } from './following.js';
import { operation, type Gateway } from './gateway.js';

const EVENT_STATES = ['received', 'processing', 'completed', 'failed', 'dead', 'unhandled'] as const;

const summary = z.object({
  id: z.string(),
  provider: z.string(),
  type: z.string(),
  state: z.enum(EVENT_STATES),
  receivedAt: z.string(),
  occurredAt: z.string().optional(),
  key: z.string(),
  source: z.string(),
  account: z.string().optional(),
  subject: z.string().optional(),
  duplicates: z.number(),
  bytes: z.number(),
  jobs: z.array(
    z.object({
      id: z.string(),
      handler: z.string(),
      state: z.string(),
      attempts: z.number(),
      error: z.string().optional(),
    }),
  ),
});

function summarise(event: EventSummary): z.input<typeof summary> {
  return {
    id: event.id,
    provider: event.provider,
    type: event.type,
    state: event.state,
    receivedAt: iso(event.receivedAtMs),
    key: event.key,
    source: event.sourceId,
    duplicates: event.duplicates,
    bytes: event.bodyBytes,
    jobs: event.jobs.map(({ queue, ...job }) => ({ ...job, handler: queue })),
    ...present({ account: event.account, subject: event.subject }),
    ...(event.occurredAtMs === undefined ? {} : { occurredAt: iso(event.occurredAtMs) }),
  };
}

const selection = {
  provider: z.string().optional(),
  type: z.string().optional(),
  source: z.string().optional(),
  state: z.enum(EVENT_STATES).optional(),
  since: when.optional(),
  until: when.optional(),
  key: z.string().optional().describe("the provider's id of the delivery or event"),
};

type Selection = z.output<z.ZodObject<typeof selection>>;

function filterOf(gateway: Gateway, input: Selection, ids?: string[]): EventFilter {
  const nowMs = gateway.clock.nowMs();
  for (const field of ['since', 'until'] as const) {
    if (input[field] !== undefined && whenMs(input[field], nowMs) === undefined) {
      throw new AppError('invalid_argument', {
        argument: field,
        problem: 'not a time; use 2026-01-31T12:00:00Z or 24h',
      });
    }
  }
  return present({
    ids,
    provider: input.provider,
    type: input.type,
    sourceId: input.source,
    state: input.state,
    sinceMs: whenMs(input.since, nowMs),
    untilMs: whenMs(input.until, nowMs),
    key: input.key,
  }) as EventFilter;
}

const list = operation({
  name: 'events.list',
  summary: 'Lists events, newest first',
  input: z.strictObject({ ...selection, limit, cursor }),
  output: z.object({ events: z.array(summary), cursor: z.string().optional() }),
  effect: 'read',
  scope: 'read',
  errors: ['invalid_argument'],
  audit: { target: () => ({ type: 'event', id: '*' }) },
  http: { method: 'GET', path: '/v1/events' },
  cli: {
    words: 'event list',
    table: { rows: 'events', columns: ['id', 'provider', 'type', 'state', 'receivedAt'] },
    examples: ['fairlead event list --state dead --since 24h'],
  },
  async run(gateway, context, input) {
    const page = { limit: input.limit, ...present({ cursor: input.cursor }) };
    const { rows, cursor: next } = await gateway.store.events.list(context.scope, filterOf(gateway, input), page);
    return { events: rows.map(summarise), ...present({ cursor: next }) };
  },
});

const tail = operation({
  name: 'events.tail',
  summary: 'Shows the events behind a cursor, and with follow each new one as it is received',
  input: z.strictObject({
    provider: z.string().optional(),
    type: z.string().optional(),
    follow: z.boolean().default(false).describe('wait for more'),
    cursor: followCursor,
  }),
  output: z.custom<TextStream>(),
  effect: 'read',
  scope: 'read',
  errors: ['invalid_argument'],
  audit: { target: () => ({ type: 'event', id: '*' }) },
  streams: () => 'application/x-ndjson',
  resumes: ({ cursor: place }) => String(place),
  http: { method: 'GET', path: '/v1/events/stream' },
  cli: { words: 'event tail', examples: ['fairlead event tail --follow', 'fairlead event tail --follow --type push'] },
  async run(gateway, context, input) {
    await gateway.sequenceAudit();
    const { size } = await gateway.store.system.auditTree(context.scope.environment);
    const behind = placeOf(input.cursor, size) ?? size - 1;
    return jsonLines(eventsFrom(gateway, context, input, behind + 1), behind);
  },
});

/** In the order in which they were committed, each with its place. The audit log keeps that order; a list does not. */
async function* eventsFrom(
  gateway: Gateway,
  { scope, signal }: CallContext,
  { provider, type, follow }: { provider?: string | undefined; type?: string | undefined; follow: boolean },
  start: number,
): AsyncGenerator<z.input<typeof summary> & { cursor: string }> {
  const parts = { system: gateway.store.system, clock: gateway.clock };
  for await (const { receipt, index = 0 } of auditRowsFrom(parts, scope, start, { follow, ...present({ signal }) })) {
    const isMeant = (provider ?? receipt?.provider) === receipt?.provider && (type ?? receipt?.type) === receipt?.type;
    if (receipt === undefined || !isMeant) continue;
    const { rows } = await gateway.store.events.list(scope, { ids: [receipt.eventId] }, { limit: 1 });
    for (const event of rows) yield { ...summarise(event), cursor: cursorOf(index) };
  }
}

const MASK = '[masked]';

/** The body for eyes: text, with the connector's secret fields and everything secret-shaped masked. */
function bodyView(gateway: Gateway, context: CallContext, event: EventRow): { body?: unknown; bodyText?: string } {
  if (event.body === undefined) return {};
  const bytes = event.sealed ? gateway.openBody(context.scope, event.id, event.body) : event.body;
  const parsed = parseJson(bytes);
  if (!parsed.ok) return { bodyText: String(redact(Buffer.from(bytes).toString('utf8'))) };
  for (const path of gateway.webhooks[event.provider]?.secretFields ?? []) mask(parsed.value, path.split('.'));
  return { body: redact(parsed.value) };
}

function mask(value: unknown, [field, ...rest]: string[]): void {
  if (typeof value !== 'object' || value === null || field === undefined || !Object.hasOwn(value, field)) return;
  const holder = value as Record<string, unknown>;
  if (rest.length > 0) mask(holder[field], rest);
  else holder[field] = MASK;
}

const get = operation({
  name: 'events.get',
  summary: 'Shows one event with its jobs, headers and body',
  input: z.strictObject({ id: z.string() }),
  output: summary.extend({
    headers: z.record(z.string(), z.string()),
    body: z.unknown().optional(),
    bodyText: z.string().optional(),
    bodySha256: z.string(),
    verifiedWith: z.string().optional(),
  }),
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: { target: (input) => ({ type: 'event', id: input.id }) },
  http: { method: 'GET', path: '/v1/events/{id}' },
  cli: { words: 'event get', positional: ['id'] },
  async run(gateway, context, input) {
    const event = await gateway.store.events.get(context.scope, input.id);
    if (event === undefined) throw new AppError('not_found', { what: 'event', id: input.id });
    return {
      ...summarise(event),
      headers: redact(JSON.parse(event.headers)) as Record<string, string>,
      ...bodyView(gateway, context, event),
      bodySha256: Buffer.from(event.bodySha256).toString('hex'),
      ...present({ verifiedWith: event.secretId }),
    };
  },
});

const REPLAY_PAGE = 500;
const replayOutput = z.object({
  matched: z.number().describe('events the selection names'),
  requeued: z.number().describe('jobs that run again'),
  skipped: z.number().describe('jobs left alone: they wait or run already, or no handler is there'),
  dryRun: z.boolean(),
});

interface ReplayOptions {
  /** A new generation: effects take place again. */
  again: boolean;
  ratePerSecond?: number | undefined;
  only?: 'dead';
}

/**
 * Walks a selection page by page, oldest first, and makes the jobs of each event run again. The dry run takes the same
 * walk and counts what the real one would requeue.
 */
async function replay(
  gateway: Gateway,
  context: CallContext,
  filter: EventFilter,
  options: ReplayOptions,
): Promise<z.output<typeof replayOutput>> {
  const total = { matched: 0, requeued: 0, skipped: 0, dryRun: context.dryRun };
  // New events keep coming: the walk ends at the moment it began, or it would chase them.
  const untilMs = Math.min(filter.untilMs ?? Infinity, gateway.clock.nowMs() + 1);
  let next: string | undefined;
  do {
    const page = { limit: REPLAY_PAGE, order: 'oldest' as const, ...present({ cursor: next }) };
    const { rows, cursor: following } = await gateway.store.events.list(context.scope, { ...filter, untilMs }, page);
    for (const event of rows) await replayOne(gateway, context, event, options, total);
    next = following;
    if (context.signal?.aborted === true) throw new AppError('cancelled', { operation: 'events.replay' });
  } while (next !== undefined);
  if (!context.dryRun && total.requeued > 0) gateway.wake();
  return total;
}

const named = (ids: readonly string[] | undefined): ids is readonly string[] => ids !== undefined && ids.length > 0;

/** @throws AppError `not_found` when none of the events that were named is there. */
async function replaySelected(
  gateway: Gateway,
  context: CallContext,
  { ids, ...selected }: Selection & { ids?: string[] | undefined },
  options: ReplayOptions,
): Promise<z.output<typeof replayOutput>> {
  const filter = filterOf(gateway, selected, named(ids) ? ids : undefined);
  const result = await replay(gateway, context, filter, options);
  if (named(ids) && result.matched === 0) throw new AppError('not_found', { what: 'event', id: ids.join(', ') });
  return result;
}

/** Runs the handlers of one event again, from where they stopped. @returns how many jobs were made ready */
export async function replayFinished(gateway: Gateway, context: CallContext, eventId: string): Promise<number> {
  return (await replaySelected(gateway, context, { ids: [eventId] }, { again: false })).requeued;
}

async function replayOne(
  gateway: Gateway,
  context: CallContext,
  event: EventSummary,
  options: ReplayOptions,
  total: z.output<typeof replayOutput>,
): Promise<void> {
  const items = itemsOf(gateway, event, options, total.requeued);
  total.matched += 1;
  const wanted = items.filter(({ runnable }) => runnable);
  const requeued = context.dryRun
    ? wanted.length
    : (
        await gateway.store.jobs.requeue(
          context.scope,
          wanted.map(({ item }) => item),
        )
      ).requeued;
  total.requeued += requeued;
  total.skipped += items.length - requeued;
}

function itemsOf(
  gateway: Gateway,
  event: EventSummary,
  options: ReplayOptions,
  before: number,
): { item: Requeue; runnable: boolean }[] {
  const handlers = gateway.handlers.match(event.provider, event.type);
  return handlers.flatMap((handler, index) => {
    const job = event.jobs.find(({ queue }) => queue === handler.name);
    if (options.only === 'dead' && job?.state !== 'dead') return [];
    const identity = {
      key: event.key,
      keyIsSigned: true,
      type: event.type,
      ...present({ subject: event.subject, account: event.account }),
    };
    const { queue, maxAttempts, ...order } = jobOf(handler, identity);
    const delayMs =
      options.ratePerSecond === undefined ? 0 : Math.floor(((before + index) * 1_000) / options.ratePerSecond);
    const item: Requeue = {
      eventId: event.id,
      queue,
      jobId: newId('job', gateway.clock, gateway.random),
      maxAttempts,
      again: options.again,
      delayMs,
      ...order,
    };
    // A finished job is resumed too: its actions answer from the ledger. What waits or runs is left alone.
    return [{ item, runnable: job === undefined || job.state === 'completed' || job.state === 'dead' }];
  });
}

const replayEvents = operation({
  name: 'events.replay',
  summary: 'Runs the handlers of past events again; finished actions are not repeated unless again is set',
  input: z.strictObject({
    ids: z.array(z.string()).max(1_000).optional().describe('events by id'),
    ...selection,
    again: z.boolean().default(false).describe('a new generation: effects take place again'),
    rate: z.coerce.number().min(0.01).max(10_000).optional().describe('jobs a second'),
  }),
  output: replayOutput,
  effect: 'update',
  scope: 'operate',
  errors: ['invalid_argument', 'not_found'],
  previews: true,
  audit: { target: (input) => ({ type: 'event', id: input.ids?.length === 1 ? input.ids[0]! : '*' }) },
  http: { method: 'POST', path: '/v1/events/replay' },
  cli: {
    words: 'event replay',
    positional: ['ids'],
    examples: [
      'fairlead event replay evt_01...',
      'fairlead event replay --type invoice.paid --since 24h --dry-run',
      'fairlead event replay --state unhandled --provider github --rate 5',
    ],
  },
  async run(gateway, context, { ids, again, rate, ...rest }) {
    if (!named(ids) && Object.values(rest).every((value) => value === undefined)) {
      throw new AppError('invalid_argument', {
        argument: 'ids',
        problem: 'name events, or a selection such as --since 24h',
      });
    }
    return await replaySelected(gateway, context, { ids, ...rest }, { again, ratePerSecond: rate });
  },
});

const deadReplay = operation({
  name: 'dead.replay',
  summary: 'Runs dead letters again, from where they stopped',
  input: z.strictObject({
    ids: z.array(z.string()).max(1_000).optional().describe('ids of the events, not of their jobs'),
    ...selection,
    rate: z.coerce.number().min(0.01).max(10_000).optional(),
  }),
  output: replayOutput,
  effect: 'update',
  scope: 'operate',
  errors: ['invalid_argument', 'not_found'],
  previews: true,
  audit: { target: (input) => ({ type: 'event', id: input.ids?.length === 1 ? input.ids[0]! : '*' }) },
  http: { method: 'POST', path: '/v1/dead/replay' },
  cli: {
    words: 'dead replay',
    positional: ['ids'],
    examples: ['fairlead dead replay --dry-run', 'fairlead dead replay --rate 10'],
  },
  async run(gateway, context, { ids, rate, ...rest }) {
    const selected = { ids, ...rest, state: rest.state ?? ('dead' as const) };
    return await replaySelected(gateway, context, selected, { again: false, ratePerSecond: rate, only: 'dead' });
  },
});

export const EVENT_OPERATIONS = [list, tail, get, replayEvents, deadReplay];
