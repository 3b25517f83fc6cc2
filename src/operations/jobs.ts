/** Operations on jobs and their queues. @module */
import { z } from 'zod';
import { AppError } from '../core/errors.js';
import type { CallContext } from '../core/operation.js';
import type { JobRow } from '../core/job.js';
import { cursor, iso, limit, present } from './fields.js';
import { operation, type Gateway } from './gateway.js';

const JOB_STATES = ['ready', 'blocked', 'running', 'parked', 'completed', 'dead'] as const;

const shown = z.object({
  id: z.string(),
  event: z.string(),
  handler: z.string(),
  state: z.enum(JOB_STATES),
  attempts: z.number(),
  maxAttempts: z.number(),
  generation: z.number(),
  orderKey: z.string().optional(),
  dueAt: z.string(),
  updatedAt: z.string(),
  error: z.string().optional(),
  waitsFor: z.string().optional(),
  waiting: z.string().optional().describe('until when it is put off without an attempt, and why'),
  pastAttempts: z.array(z.object({ attempt: z.number(), endedAt: z.string(), error: z.string() })),
});

function show(job: JobRow): z.input<typeof shown> {
  return {
    id: job.id,
    event: job.eventId,
    handler: job.queue,
    state: job.state,
    attempts: job.attempts,
    maxAttempts: job.maxAttempts,
    generation: job.generation,
    dueAt: iso(job.dueAtMs),
    updatedAt: iso(job.updatedAtMs),
    pastAttempts: job.pastAttempts.map(({ endedAtMs, ...past }) => ({ ...past, endedAt: iso(endedAtMs) })),
    ...present({ orderKey: job.orderKey, error: job.error, waitsFor: job.parkedOn, waiting: waitingOf(job) }),
  };
}

function waitingOf({ state, waitingSinceMs, dueAtMs, error }: JobRow): string | undefined {
  if (state !== 'ready' || waitingSinceMs === undefined) return undefined;
  return `until ${iso(dueAtMs)}, because ${error ?? 'it came too early'}`;
}

interface JobFilter {
  handler?: string | undefined;
  state?: JobRow['state'] | undefined;
  event?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

const jobPage = z.object({ jobs: z.array(shown), cursor: z.string().optional() });

async function page(gateway: Gateway, { scope }: CallContext, filter: JobFilter): Promise<z.input<typeof jobPage>> {
  const { handler, state, event, limit: most, cursor: from } = filter;
  const wanted = present({ queue: handler, state, eventId: event });
  const found = await gateway.store.jobs.list(scope, wanted, { limit: most, ...present({ cursor: from }) });
  return { jobs: found.rows.map(show), ...present({ cursor: found.cursor }) };
}

const list = operation({
  name: 'jobs.list',
  summary: 'Lists jobs, newest first',
  input: z.strictObject({
    handler: z.string().optional(),
    state: z.enum(JOB_STATES).optional(),
    event: z.string().optional(),
    limit,
    cursor,
  }),
  output: jobPage,
  effect: 'read',
  scope: 'read',
  errors: [],
  audit: { target: () => ({ type: 'job', id: '*' }) },
  http: { method: 'GET', path: '/v1/jobs' },
  cli: {
    words: 'job list',
    table: { rows: 'jobs', columns: ['id', 'handler', 'state', 'attempts', 'waiting', 'error'] },
  },
  run: page,
});

const get = operation({
  name: 'jobs.get',
  summary: 'Shows one job with its past attempts',
  input: z.strictObject({ id: z.string() }),
  output: shown,
  effect: 'read',
  scope: 'read',
  errors: ['not_found'],
  audit: { target: (input) => ({ type: 'job', id: input.id }) },
  http: { method: 'GET', path: '/v1/jobs/{id}' },
  cli: { words: 'job get', positional: ['id'] },
  async run(gateway, context, input) {
    const job = await gateway.store.jobs.get(context.scope, input.id);
    if (job === undefined) throw new AppError('not_found', { what: 'job', id: input.id });
    return show(job);
  },
});

const dead = operation({
  name: 'dead.list',
  summary: 'Lists dead letters: jobs that used up their attempts, with the reason',
  input: z.strictObject({ handler: z.string().optional(), limit, cursor }),
  output: jobPage,
  effect: 'read',
  scope: 'read',
  errors: [],
  audit: { target: () => ({ type: 'job', id: '*' }) },
  http: { method: 'GET', path: '/v1/dead' },
  cli: { words: 'dead list', table: { rows: 'jobs', columns: ['id', 'event', 'handler', 'attempts', 'error'] } },
  run: (gateway, context, input) => page(gateway, context, { ...input, state: 'dead' }),
});

const depths = z.object({
  queues: z.array(
    z.object({
      handler: z.string(),
      paused: z.boolean(),
      ready: z.number(),
      blocked: z.number(),
      running: z.number(),
      parked: z.number(),
      dead: z.number(),
      oldestDueAt: z.string().optional(),
    }),
  ),
});

const depth = operation({
  name: 'queues.list',
  summary: 'Shows how much waits for each handler, and since when',
  input: z.strictObject({}),
  output: depths,
  effect: 'read',
  scope: 'read',
  errors: [],
  audit: { target: () => ({ type: 'queue', id: '*' }) },
  http: { method: 'GET', path: '/v1/queues' },
  cli: {
    words: 'queue list',
    table: {
      rows: 'queues',
      columns: ['handler', 'ready', 'blocked', 'running', 'parked', 'dead', 'paused', 'oldestDueAt'],
    },
  },
  async run(gateway, context) {
    const queues = await gateway.store.jobs.depth(context.scope);
    return {
      queues: queues.map(({ queue, paused, counts, oldestDueAtMs }) => ({
        handler: queue,
        paused,
        ready: counts.ready,
        blocked: counts.blocked,
        running: counts.running,
        parked: counts.parked,
        dead: counts.dead,
        ...(oldestDueAtMs === undefined ? {} : { oldestDueAt: iso(oldestDueAtMs) }),
      })),
    };
  },
});

const switchQueue = (verb: 'pause' | 'resume', summary: string) =>
  operation({
    name: `queues.${verb}`,
    summary,
    input: z.strictObject({ handler: z.string().optional().describe('all of them when absent') }),
    output: z.object({ paused: z.boolean() }),
    effect: 'update',
    scope: 'operate',
    errors: [],
    audit: { target: (input: { handler?: string | undefined }) => ({ type: 'queue', id: input.handler ?? '*' }) },
    http: { method: 'POST', path: `/v1/queues/${verb}` },
    cli: { words: `queue ${verb}`, positional: ['handler'] },
    async run(gateway, context, input: { handler?: string | undefined }) {
      await gateway.store.jobs.setPaused(context.scope, input.handler, verb === 'pause');
      if (verb === 'resume') gateway.wake();
      return { paused: verb === 'pause' };
    },
  });

export const JOB_OPERATIONS = [
  list,
  get,
  dead,
  depth,
  switchQueue('pause', 'Stops claiming jobs of a handler; what runs ends, what comes waits'),
  switchQueue('resume', 'Lets a paused handler go on'),
];
