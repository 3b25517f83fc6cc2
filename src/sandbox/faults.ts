/** Switches that make a simulated provider misbehave the way real ones do. @module */
import type { SandboxReply } from './reply.js';

export type Fault =
  /** 429 without effect. */
  | { kind: 'rate_limited'; retryAfterSeconds: number }
  /** A status of failure, without effect. */
  | { kind: 'failure'; status: number }
  /** The effect takes place, the answer comes late. */
  | { kind: 'slow'; delayMs: number }
  /** The effect takes place, the answer never arrives. */
  | { kind: 'lost_answer' };

const QUEUE_MAX = 10_000;

/** Faults waiting to happen, one for each request that would have an effect, in order. */
export class Faults {
  readonly #waiting: Fault[] = [];

  /** The next `times` requests with an effect meet this fault. */
  add(fault: Fault, times = 1): void {
    const room = QUEUE_MAX - this.#waiting.length;
    for (let i = 0; i < Math.min(times, room); i++) this.#waiting.push(fault);
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Answers a request that has an effect, with the next fault if one waits.
   *
   * @param limited what this provider's 429 looks like.
   */
  meet(effect: () => SandboxReply, limited: () => SandboxReply): SandboxReply {
    const fault = this.#waiting.shift();
    switch (fault?.kind) {
      case undefined:
        return effect();
      case 'rate_limited': {
        const reply = limited();
        return { ...reply, headers: { ...reply.headers, 'retry-after': String(fault.retryAfterSeconds) } };
      }
      case 'failure':
        return { status: fault.status, headers: { 'content-type': 'text/html' }, body: '<h1>It broke</h1>' };
      case 'slow':
        return { ...effect(), delayMs: fault.delayMs };
      default:
        return { ...effect(), lost: true };
    }
  }
}

/** Reads a fault from JSON; `undefined` when it is none. */
export function parseFault(value: unknown): Fault | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, retryAfterSeconds, status, delayMs } = value as Record<string, unknown>;
  const isCount = (number: unknown, max: number): number is number =>
    typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= max;
  if (kind === 'rate_limited' && isCount(retryAfterSeconds, 1e9)) return { kind, retryAfterSeconds };
  if (kind === 'failure' && isCount(status, 599) && status >= 400) return { kind, status };
  if (kind === 'slow' && isCount(delayMs, 600_000)) return { kind, delayMs };
  return kind === 'lost_answer' ? { kind } : undefined;
}
