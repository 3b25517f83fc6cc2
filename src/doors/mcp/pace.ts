/**
 * How fast one caller may use one tool, and how often it may say the very same thing: a model that goes in circles is
 * told so, and stops costing others. Counted in this process, as the rates of keys are.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.js';
import { conformsAtMs, taken, type Rate } from '../../core/gcra.js';
import type { Clock } from '../../core/ports.js';
import type { Principal } from '../../core/principal.js';

export interface PaceLimits {
  /** Calls of one tool by one caller. */
  toolCallsPerMinute: number;
  /** Calls of one tool with the same arguments by one caller. */
  sameToolCallsPerMinute: number;
}

const PACE_LIMITS: PaceLimits = { toolCallsPerMinute: 600, sameToolCallsPerMinute: 30 };

/** What a server asks before each call. @returns why not */
export type Pacing = (tool: string, given: Readonly<Record<string, unknown>>) => AppError | undefined;

const KNOWN_MAX = 20_000;

export class Pace {
  /** By bucket, the theoretical arrival time of gcra.ts; the one that was used longest ago stands first. */
  readonly #known = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: PaceLimits = PACE_LIMITS,
  ) {}

  /** @param who whatever tells callers apart */
  of(who: string): Pacing {
    const { toolCallsPerMinute, sameToolCallsPerMinute } = this.limits;
    return (tool, given) => {
      const what = createHash('sha256').update(JSON.stringify(given)).digest('base64url');
      const sameMs = this.#waitMs(`${who} ${tool} ${what}`, sameToolCallsPerMinute);
      if (sameMs > 0) {
        return limited(
          `${tool} with the same arguments, a loop after ${sameToolCallsPerMinute} calls a minute,`,
          sameMs,
        );
      }
      const waitMs = this.#waitMs(`${who} ${tool}`, toolCallsPerMinute);
      return waitMs > 0 ? limited(`${tool}, ${toolCallsPerMinute} times a minute at most,`, waitMs) : undefined;
    };
  }

  #waitMs(text: string, perMinute: number): number {
    const rate: Rate = { ratePerSecond: perMinute / 60, burst: Math.max(1, perMinute) };
    const bucket = createHash('sha256').update(text).digest('base64url');
    const nowMs = this.clock.monotonicMs();
    const theoreticalMs = this.#known.get(bucket) ?? 0;
    const waitMs = conformsAtMs(theoreticalMs, 1, rate, nowMs) - nowMs;
    if (waitMs > 0) return waitMs;
    this.#known.delete(bucket);
    this.#known.set(bucket, taken(theoreticalMs, 1, rate, nowMs));
    const [oldest] = this.#known.size > KNOWN_MAX ? this.#known.keys() : [];
    if (oldest !== undefined) this.#known.delete(oldest);
    return 0;
  }
}

/** Callers as limits tell them apart: an agent in each of its sessions. */
export function callerOf({ type, id, onBehalfOf, agent }: Principal, tenant: string): string {
  return JSON.stringify([tenant, type, id, onBehalfOf?.id, agent?.session]);
}

function limited(what: string, waitMs: number): AppError {
  return new AppError('too_many_attempts', { what, retryAfterMs: Math.ceil(waitMs) });
}
