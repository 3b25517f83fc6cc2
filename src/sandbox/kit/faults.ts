/** Switches that make a simulated provider misbehave the way real ones do. @module */
import { isObject } from '../../core/json.js';
import { jsonReply, type SandboxReply } from './reply.js';

/** How a wait is written into `Retry-After`. */
const WAIT_FORMS = ['seconds', 'http_date', 'milliseconds', 'none'] as const;
export type WaitForm = (typeof WAIT_FORMS)[number];

export type Fault =
  /** 429 without effect, in the provider's own words. */
  | {
      kind: 'rate_limited';
      retryAfterSeconds?: number;
      /** Default: `seconds` when there is a wait, else `none`. */
      form?: WaitForm;
      /** Text of the header in place of all that, for waits no sane server writes. */
      retryAfter?: string;
    }
  /** A status of failure; without effect unless `afterEffect`. */
  | { kind: 'failure'; status: number; headers?: Record<string, string>; json?: unknown; afterEffect?: boolean }
  /** The effect takes place, the answer comes late. */
  | { kind: 'slow'; delayMs: number }
  /** The connection breaks before anything takes place. */
  | { kind: 'reset' }
  /** The effect takes place, half of the answer arrives. */
  | { kind: 'half_body' }
  /** The effect takes place, the answer never arrives. */
  | { kind: 'lost_answer' }
  /** What the provider refuses or does by its own rules, by a name it knows, e.g. `card_declined`. */
  | { kind: 'business'; name: string };

/** Which requests meet a fault. All that is said must hold; nothing said means: every request with an effect. */
export interface FaultRule {
  method?: string;
  /** Path, `*` standing for any number of characters. */
  path?: string;
}

interface Waiting {
  fault: Fault;
  rule: FaultRule | undefined;
}

const QUEUE_MAX = 10_000;

/** Faults waiting to happen: each request meets the first one whose rule it fits, and uses it up. */
export class Faults {
  #waiting: Waiting[] = [];

  /** The next `times` requests that fit `rule` meet this fault. */
  add(fault: Fault, times = 1, rule?: FaultRule): void {
    const room = QUEUE_MAX - this.#waiting.length;
    for (let i = 0; i < Math.min(times, room); i++) this.#waiting.push({ fault, rule });
  }

  clear(): void {
    this.#waiting = [];
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** The fault this request meets, which happens no more. */
  next(request: { method: string; path: string; hasEffect: boolean }): Fault | undefined {
    const at = this.#waiting.findIndex(({ rule }) => fits(rule, request));
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0]!.fault;
  }
}

function fits(
  rule: FaultRule | undefined,
  { method, path, hasEffect }: { method: string; path: string; hasEffect: boolean },
): boolean {
  if (rule?.method === undefined && rule?.path === undefined) return hasEffect;
  const isMethod = rule.method === undefined || rule.method === method;
  return isMethod && (rule.path === undefined || matchesStars(rule.path, path));
}

function matchesStars(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === text;
  if (!text.startsWith(first)) return false;
  const last = rest.pop()!;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** A fault that stands in the place of the effect, as an answer; `undefined` for faults that let it take place. */
export function answerInPlace(
  fault: Fault | undefined,
  nowMs: number,
  limited: () => SandboxReply,
): SandboxReply | undefined {
  if (fault?.kind === 'rate_limited') {
    const { 'retry-after': _own, ...headers } = limited().headers;
    const wait = waitText(fault, nowMs);
    return { ...limited(), headers: { ...headers, ...(wait !== undefined && { 'retry-after': wait }) } };
  }
  if (fault?.kind === 'failure' && fault.afterEffect !== true) return failureReply(fault);
  return fault?.kind === 'reset' ? { status: 500, headers: {}, body: '', lost: true } : undefined;
}

/** The answer to an effect that took place, before it is kept under a key: a failure in its stead, if so told. */
export function failedAfter(fault: Fault | undefined, reply: SandboxReply): SandboxReply {
  return fault?.kind === 'failure' && fault.afterEffect === true ? failureReply(fault) : reply;
}

/** What the caller gets of an answer. */
export function brokenAnswer(fault: Fault | undefined, reply: SandboxReply): SandboxReply {
  switch (fault?.kind) {
    case 'slow':
      return { ...reply, delayMs: fault.delayMs };
    case 'half_body':
      return { ...reply, cut: true };
    case 'lost_answer':
      return { ...reply, lost: true };
    default:
      return reply;
  }
}

function failureReply({ status, headers = {}, json }: Extract<Fault, { kind: 'failure' }>): SandboxReply {
  if (json !== undefined) return jsonReply(status, json, headers);
  return { status, headers: { 'content-type': 'text/html', ...headers }, body: '<h1>It broke</h1>' };
}

function waitText(fault: Extract<Fault, { kind: 'rate_limited' }>, nowMs: number): string | undefined {
  const { retryAfter, retryAfterSeconds: seconds, form = seconds === undefined ? 'none' : 'seconds' } = fault;
  if (retryAfter !== undefined) return retryAfter;
  if (form === 'none') return undefined;
  const waitMs = (seconds ?? 0) * 1000;
  if (form === 'http_date') return new Date(nowMs + waitMs).toUTCString();
  return String(form === 'milliseconds' ? waitMs : (seconds ?? 0));
}

const isCount = (value: unknown, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
const isTextRecord = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((one) => typeof one === 'string' && !/[\r\n]/.test(one));

/** Reads a fault from JSON; `undefined` when it is none. */
export function parseFault(value: unknown): Fault | undefined {
  if (!isObject(value)) return undefined;
  const { kind, name, delayMs } = value;
  switch (kind) {
    case 'rate_limited':
      return parseRateLimited(value);
    case 'failure':
      return parseFailure(value);
    case 'slow':
      return isCount(delayMs, 600_000) ? { kind, delayMs } : undefined;
    case 'business':
      return typeof name === 'string' ? { kind, name } : undefined;
    default:
      return kind === 'lost_answer' || kind === 'half_body' || kind === 'reset' ? { kind } : undefined;
  }
}

function parseRateLimited({ retryAfterSeconds, form, retryAfter }: Record<string, unknown>): Fault | undefined {
  if (retryAfterSeconds !== undefined && !isCount(retryAfterSeconds, 1e9)) return undefined;
  if (form !== undefined && !WAIT_FORMS.some((known) => known === form)) return undefined;
  if (retryAfter !== undefined && (typeof retryAfter !== 'string' || /[\r\n]/.test(retryAfter))) return undefined;
  return {
    kind: 'rate_limited',
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(form !== undefined && { form: form as WaitForm }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

function parseFailure({ status, headers, json, afterEffect }: Record<string, unknown>): Fault | undefined {
  if (!isCount(status, 599) || status < 400) return undefined;
  if (headers !== undefined && !isTextRecord(headers)) return undefined;
  return {
    kind: 'failure',
    status,
    ...(headers !== undefined && { headers }),
    ...(json !== undefined && { json }),
    ...(afterEffect === true && { afterEffect }),
  };
}

/** Reads a rule from JSON: `undefined` when nothing is said, `false` when it is none. */
export function parseFaultRule(value: unknown): FaultRule | undefined | false {
  if (value === undefined) return undefined;
  if (!isObject(value)) return false;
  const { method, path, ...others } = value;
  const isText = (one: unknown): one is string | undefined => one === undefined || typeof one === 'string';
  if (!isText(method) || !isText(path) || Object.keys(others).length > 0) return false;
  return { ...(method !== undefined && { method }), ...(path !== undefined && { path }) };
}
