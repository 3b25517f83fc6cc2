/**
 * What stands behind a handler's context: its actions become calls with the handler as principal, its transitions go
 * to the store, its log lines to the log. Each effect has the key of its step, so a second run repeats nothing.
 *
 * @module
 */
import { fullJitterMs } from '../core/backoff.js';
import { AppError, isAppError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { ClaimedJob } from '../core/job.js';
import type { CallContext } from '../core/operation.js';
import type { Principal } from '../core/principal.js';
import { redact } from '../core/redact.js';
import {
  entityState,
  runInProcess,
  stepKey,
  type Handler,
  type HandlerFunction,
  type RunResult,
  type StepPort,
  type StepRequest,
  type StepResult,
  type ThreadPool,
} from '../jobs/index.js';
import type { CallResult } from '../core/call.js';
import type { Gateway } from './gateway.js';

/** A step's key must be remembered as long as the job can be resumed. */
const STEP_KEY_TTL_MS = 35 * 86_400_000;
const BUSY_RETRY_MS = 5_000;
/** An outage of the target lasts longer than a call is held, and every look costs an attempt of the job. */
const UNKNOWN_BACKOFF = { baseMs: 1_000, capMs: 3_600_000 };

/** Runs the handler of one claimed job. Never throws. */
export async function runJob(gateway: Gateway, job: ClaimedJob, pool: ThreadPool | undefined): Promise<RunResult> {
  const handler = gateway.handlers.get(job.queue);
  if (handler === undefined) {
    // Parked work must not burn its attempts while the handler is away: it waits in the dead letters, replayable.
    const error = new AppError('handler_missing', { handler: job.queue });
    return { kind: 'stopped', outcome: { outcome: 'dead', error: `${error.code}: ${error.message}` } };
  }
  const port = stepPort(gateway, job, handler);
  try {
    const body = openedBody(gateway, job);
    if (typeof handler.run !== 'function') return await forward(job, handler, body, port);
    if (pool !== undefined) return await pool.run(job, handler, body, port);
    return await runInProcess(job, handler as Handler & { run: HandlerFunction }, body, port, gateway.clock);
  } catch (error) {
    const view = isAppError(error) ? error.view() : undefined;
    return { kind: 'threw', name: 'Error', message: String(error), ...(view === undefined ? {} : { view }) };
  }
}

function openedBody(gateway: Gateway, job: ClaimedJob): Uint8Array | undefined {
  const { body, sealed, id } = job.event;
  return body !== undefined && sealed ? gateway.openBody(job.scope, id, body) : body;
}

/** A forwarder is an action like any other: signed, recorded, retried by the same rules. */
async function forward(
  job: ClaimedJob,
  handler: Handler,
  body: Uint8Array | undefined,
  port: StepPort,
): Promise<RunResult> {
  if (typeof handler.run === 'function' || body === undefined) return { kind: 'completed' };
  const { forwardTo, secret } = handler.run;
  const { event } = job;
  const input = {
    url: forwardTo,
    secret,
    eventId: event.id,
    type: event.type,
    provider: event.provider,
    contentType: (JSON.parse(event.headers) as Record<string, string>)['content-type'] ?? 'application/json',
    bodyBase64: Buffer.from(body).toString('base64'),
  };
  const result = await port({ kind: 'action', action: FORWARD_ACTION, input, ordinal: 1, step: 'forward' });
  if (result.kind === 'output') return { kind: 'completed' };
  if (result.kind === 'stop') return { kind: 'stopped', outcome: result.outcome };
  const { error: view, retryAfterMs: waitMs } = result;
  return { kind: 'threw', name: 'ActionError', message: view.detail, view, ...(waitMs !== undefined && { waitMs }) };
}

/** The generic connector's action that a forwarder uses; every forwarder may use it, by being one. */
export const FORWARD_ACTION = 'http.forward';

function stepPort(gateway: Gateway, job: ClaimedJob, handler: Handler): StepPort {
  return async (request) => {
    try {
      return await perform(gateway, job, handler, request);
    } catch (error) {
      if (isAppError(error)) return { kind: 'failed', error: error.view() };
      gateway.log('error', 'a step failed in a way nobody foresaw', { job: job.id, cause: String(error) });
      return { kind: 'failed', error: new AppError('internal', { id: job.id }).view() };
    }
  };
}

async function perform(gateway: Gateway, job: ClaimedJob, handler: Handler, request: StepRequest): Promise<StepResult> {
  switch (request.kind) {
    case 'action':
      return await act(gateway, job, handler, request);
    case 'state.get':
      return { kind: 'output', output: entityState(await gateway.store.state.get(job.scope, request.entity)) };
    case 'state.transition':
      return { kind: 'output', output: await transition(gateway, job, request) };
    case 'log':
      gateway.log(request.level, request.message, {
        handler: job.queue,
        event: job.event.id,
        fields: redact(request.fields ?? {}),
      });
      return { kind: 'output', output: undefined };
  }
}

async function transition(
  gateway: Gateway,
  job: ClaimedJob,
  { entity, request, ordinal }: Extract<StepRequest, { kind: 'state.transition' }>,
): Promise<unknown> {
  const outcome = await gateway.store.state.transition(job.scope, {
    key: stepKey(job, `state.${entity}`, ordinal, request.step),
    entity,
    from: [...request.from],
    to: request.to,
    keyTtlMs: STEP_KEY_TTL_MS,
    ...(request.data === undefined ? {} : { data: JSON.stringify(request.data) }),
    ...(job.event.occurredAtMs === undefined ? {} : { occurredAtMs: job.event.occurredAtMs }),
  });
  const current = entityState(outcome.row);
  return { applied: outcome.kind === 'applied', ...(current === undefined ? {} : { current }) };
}

async function act(
  gateway: Gateway,
  job: ClaimedJob,
  handler: Handler,
  request: Extract<StepRequest, { kind: 'action' }>,
): Promise<StepResult> {
  const uses = typeof handler.run === 'function' ? handler.uses : [FORWARD_ACTION];
  const principal: Principal = { type: 'handler', id: handler.name, scopes: ['read', 'write'], via: 'webhook' };
  const context: CallContext = {
    scope: job.scope,
    principal,
    callId: newId('call', gateway.clock, gateway.random),
    idempotencyKey: stepKey(job, request.action, request.ordinal, request.step),
    dryRun: false,
    cause: job.event.id,
  };
  const result = await gateway.callAction({ context, action: request.action, input: request.input, uses });
  if (result.state === 'unknown') return unknown(gateway, job, result);
  return stepResult(job, handler, request, result);
}

/** What a call's end means for the run that asked for it. */
function stepResult(
  job: ClaimedJob,
  handler: Handler,
  request: Extract<StepRequest, { kind: 'action' }>,
  result: CallResult,
): StepResult {
  switch (result.state) {
    case 'done':
    case 'replayed':
    case 'previewed':
      return { kind: 'output', output: result.output };
    case 'pending_approval':
      return parked(result);
    case 'running':
      // A run that was cut off with its thread leaves its call under way: that is no failure of this one.
      return putOff(result.retryAfterMs ?? BUSY_RETRY_MS, `the call ${result.callId} still runs elsewhere`);
    default:
      return failed(job, handler, request, result);
  }
}

function parked({ callId }: CallResult): StepResult {
  return { kind: 'stop', outcome: { outcome: 'parked', parkedOn: callId } };
}

function putOff(delayMs: number, reason: string): StepResult {
  return { kind: 'stop', outcome: { outcome: 'wait', delayMs, reason } };
}

function comeBack(delayMs: number, error: string): StepResult {
  return { kind: 'stop', outcome: { outcome: 'retry', delayMs, error } };
}

/**
 * An outcome that a repeat under the same key or a look-up can settle is asked for again at the time the pipeline
 * names; the rest waits for a person, and so does the last try: work that may have been done is never called dead.
 */
function unknown({ random }: Gateway, job: ClaimedJob, result: CallResult): StepResult {
  const { retryAfterMs, error, tooEarly } = result;
  if (retryAfterMs === undefined || job.attempt >= job.maxAttempts) return parked(result);
  const reason = `${error?.code ?? 'outcome_unknown'}: ${error?.detail ?? ''}`;
  // Only the repeat came too early: that says nothing about the call.
  if (tooEarly) return putOff(retryAfterMs, reason);
  const backoffMs = fullJitterMs({ ...UNKNOWN_BACKOFF, attempt: job.attempt }, random);
  return comeBack(Math.max(retryAfterMs, backoffMs), reason);
}

function failed(
  job: ClaimedJob,
  handler: Handler,
  request: Extract<StepRequest, { kind: 'action' }>,
  { error, retryAfterMs, tooEarly }: CallResult,
): StepResult {
  const view = error ?? new AppError('internal', { id: job.id }).view();
  if (view.code === 'idempotency_mismatch') {
    const changed = new AppError('handler_changed', {
      handler: handler.name,
      step: request.step ?? String(request.ordinal),
    });
    return { kind: 'stop', outcome: { outcome: 'dead', error: `${changed.code}: ${changed.message}` } };
  }
  // A name that is looked up before the call is paced like the call; of its refusal there is only the error.
  const heldBackMs = view.data['retryAfterMs'];
  const askedMs = retryAfterMs ?? (typeof heldBackMs === 'number' ? heldBackMs : undefined);
  const isEarly = tooEarly === true || view.code === 'rate_limited' || typeof heldBackMs === 'number';
  return { kind: 'failed', error: view, ...(isEarly && { retryAfterMs: askedMs ?? BUSY_RETRY_MS }) };
}
