/**
 * What a handler is given: the event, typed actions, state with guarded transitions, a log. The same shape in a worker
 * thread and in-process; what stands behind it is a {@link StepPort}.
 *
 * @module
 */
import { AppError, type ErrorView } from '../core/errors.js';
import type { ClaimedJob } from '../core/job.js';
import { parseJson } from '../core/json.js';
import type { LogLevel } from '../core/ports.js';
import type { StateRow } from '../core/store.js';

/** The event as a handler sees it. Plain data, so that it can cross into a thread. */
export interface HandlerEvent {
  id: string;
  provider: string;
  type: string;
  /** The provider's id of the delivery or event. */
  key: string;
  receivedAtMs: number;
  occurredAtMs?: number;
  account?: string;
  subject?: string;
  headers: Record<string, string>;
  /** The body as JSON; `undefined` when it is none (then use `text`). */
  data: unknown;
  text: string;
  environment: 'sandbox' | 'live';
  tenant: string;
  /** 1 for the first try. */
  attempt: number;
}

export interface StepOptions {
  /** Names the step, so that it keeps its meaning when calls are added before it. Default: the ordinal of the call. */
  step?: string;
}

export interface TransitionRequest extends StepOptions {
  /** States it may come from; `null` stands for "not seen yet". */
  from: readonly (string | null)[];
  to: string;
  data?: unknown;
}

export interface EntityState {
  state: string;
  data: unknown;
  version: number;
  updatedAtMs: number;
  occurredAtMs?: number;
}

export interface HandlerContext<Actions = AnyActions> {
  actions: Actions;
  state: {
    /** What is known of an entity now, whatever order the events came in. */
    get(entity: string): Promise<EntityState | undefined>;
    /** Moves an entity only if it is in one of the `from` states; says whether it did. Runs once per step. */
    transition(entity: string, request: TransitionRequest): Promise<{ applied: boolean; current?: EntityState }>;
  };
  log(level: LogLevel, message: string, fields?: Record<string, unknown>): void;
}

export type AnyActions = Record<string, Record<string, (input: unknown, options?: StepOptions) => Promise<unknown>>>;

/** What a step came to. `stop` ends the run: the job is parked or comes back later. */
export type StepResult =
  | { kind: 'output'; output: unknown }
  /** `retryAfterMs`: it was only too early; a run that ends with this error is put off so long, uncounted. */
  | { kind: 'failed'; error: ErrorView; retryAfterMs?: number }
  | { kind: 'stop'; outcome: StopOutcome };

export type StopOutcome =
  | { outcome: 'parked'; parkedOn: string }
  | { outcome: 'retry'; delayMs: number; error: string }
  /** No attempt is counted. */
  | { outcome: 'wait'; delayMs: number; reason: string }
  | { outcome: 'dead'; error: string };

/** One request of a running handler. `ordinal` counts action and transition calls of the run, from 1. */
export type StepRequest =
  | { kind: 'action'; action: string; input: unknown; ordinal: number; step?: string }
  | { kind: 'state.get'; entity: string }
  | { kind: 'state.transition'; entity: string; request: TransitionRequest; ordinal: number }
  | { kind: 'log'; level: LogLevel; message: string; fields?: Record<string, unknown> };

/** Carries a handler's requests to where effects are made. */
export type StepPort = (request: StepRequest) => Promise<StepResult>;

/** Thrown into a handler when an action failed; the handler may catch it and go on. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  constructor(
    readonly view: ErrorView,
    /**
     * It was only too early for this call: our own pacing, a provider that asks to stay away, an open circuit. A handler
     * that lets the error out runs again when so many milliseconds have passed, and no attempt is counted.
     */
    readonly retryAfterMs?: number,
  ) {
    super(view.detail);
  }
  get code(): string {
    return this.view.code;
  }
  get retryable(): boolean {
    return this.view.retry !== 'never';
  }
}

/**
 * What a handler waits for when a step has ended its run. A new one each time: of one for all, every handler that ever
 * waited for it would be kept, with its event.
 */
const never = (): Promise<never> => new Promise<never>(() => {});

/** Builds the context of one run over a port. `onStop` is called when a step ended the run. */
export function createContext(port: StepPort, onStop: (outcome: StopOutcome) => void): HandlerContext {
  let ordinal = 0;
  let stopped = false;
  const perform = async (request: StepRequest): Promise<unknown> => {
    if (stopped) return never();
    const result = await port(request);
    if (result.kind === 'output') return result.output;
    if (result.kind === 'failed') throw new ActionError(result.error, result.retryAfterMs);
    stopped = true;
    onStop(result.outcome);
    return never();
  };
  const actionsOf = (provider: string): AnyActions[string] =>
    new Proxy({} as AnyActions[string], {
      get: (_, name) => (input: unknown, options?: StepOptions) => {
        const step = options?.step;
        return perform({
          kind: 'action',
          action: `${provider}.${String(name)}`,
          input,
          ordinal: ++ordinal,
          ...(step === undefined ? {} : { step }),
        });
      },
    });
  return {
    actions: new Proxy({} as AnyActions, { get: (_, provider) => actionsOf(String(provider)) }),
    state: {
      get: (entity) => perform({ kind: 'state.get', entity }) as Promise<EntityState | undefined>,
      transition: (entity, request) =>
        perform({ kind: 'state.transition', entity, request, ordinal: ++ordinal }) as Promise<{
          applied: boolean;
          current?: EntityState;
        }>,
    },
    log: (level, message, fields) =>
      void perform({ kind: 'log', level, message, ...(fields === undefined ? {} : { fields }) }),
  };
}

/** The key of a step: what makes an effect the same effect in every run of this job. */
export function stepKey(job: ClaimedJob, what: string, ordinal: number, step: string | undefined): string {
  const generation = job.generation === 0 ? '' : `@${job.generation}`;
  return `${job.event.provider}:${job.event.id}:${job.queue}:${what}:${step ?? ordinal}${generation}`;
}

/** An event that nobody has parsed yet, as it goes into a thread. */
export interface UnreadEvent {
  /** Without its headers and data yet: {@link readEvent} fills them in. */
  event: HandlerEvent;
  /** JSON. */
  headers: string;
  /** Only where the event's text does not say all of it. */
  body?: Uint8Array;
}

/** The event of a claimed job, as its handler sees it. `body` is the opened body. @throws AppError `handler_failed` */
export function handlerEvent(job: ClaimedJob, body: Uint8Array | undefined): HandlerEvent {
  return readEvent(unreadEvent(job, body), body);
}

/** The event of a claimed job, to be read where its handler runs. @throws AppError `handler_failed` */
export function unreadEvent(job: ClaimedJob, body: Uint8Array | undefined): UnreadEvent {
  if (body === undefined) {
    throw new AppError('handler_failed', {
      handler: job.queue,
      problem: 'the body of this event is past its retention and is gone',
    });
  }
  const { event } = job;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return {
    event: {
      id: event.id,
      provider: event.provider,
      type: event.type,
      key: event.key,
      receivedAtMs: event.receivedAtMs,
      ...(event.occurredAtMs === undefined ? {} : { occurredAtMs: event.occurredAtMs }),
      ...(event.account === undefined ? {} : { account: event.account }),
      ...(event.subject === undefined ? {} : { subject: event.subject }),
      headers: {},
      data: undefined,
      text,
      environment: job.scope.environment,
      tenant: job.scope.tenant,
      attempt: job.attempt,
    },
    headers: event.headers,
    // Bytes that are no UTF-8 are no JSON either, which their text does not show. A copy: the buffer holds others, too.
    ...(text.includes('\ufffd') ? { body: Uint8Array.from(body) } : {}),
  };
}

/** @param body the bytes that came, where they are at hand */
export function readEvent({ event, headers, body: sent }: UnreadEvent, body = sent): HandlerEvent {
  event.headers = JSON.parse(headers) as Record<string, string>;
  // Bounded in depth: a signature says who sent the body, not that it can be walked.
  const parsed = parseJson(body ?? Buffer.from(event.text));
  if (parsed.ok) event.data = parsed.value;
  return event;
}

export function entityState(row: StateRow | undefined): EntityState | undefined {
  if (row === undefined) return undefined;
  return {
    state: row.state,
    data: jsonOrUndefined(row.data),
    version: row.version,
    updatedAtMs: row.updatedAtMs,
    ...(row.occurredAtMs === undefined ? {} : { occurredAtMs: row.occurredAtMs }),
  };
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
