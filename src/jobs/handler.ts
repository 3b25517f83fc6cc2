/**
 * Handlers: what runs for an event, and the table that finds them by provider and type.
 *
 * @module
 */
import { AppError } from '../core/errors.js';
import type { NewJob } from '../core/event.js';
import type { EventIdentity } from '../core/webhook.js';
import type { HandlerContext, HandlerEvent } from './context.js';

export interface HandlerOptions {
  /** The handler's name: its queue, and part of the key of everything it does. Default `<provider>.<type>`. */
  name?: string;
  /** Actions it may call in live, e.g. `['slack.sendMessage']`. */
  uses?: readonly string[];
  /** Events with the same key run one after the other, in the order they were stored. */
  orderKey?: (event: EventIdentity) => string | undefined;
  /** How many jobs of one order key may run at once. Default 1. */
  orderLimit?: number;
  /** What happens to the rest of the key when one of its jobs dies. Default `skip`. */
  onDead?: 'skip' | 'hold';
  /** Tries before the job waits in the dead letters. Default 10. */
  maxAttempts?: number;
  /** A try that takes longer is stopped. Default 30,000. */
  deadlineMs?: number;
}

export type HandlerFunction = (event: HandlerEvent, context: HandlerContext) => unknown;

/** Sends the event on, signed, instead of running code. */
export interface Forward {
  forwardTo: string;
  /** Reference to the signing secret (Standard Webhooks), e.g. `env:FORWARD_SECRET`. */
  secret: string;
}

export interface HandlerDefinition {
  provider: string;
  /** An exact type, `invoice.*`, or `*`. */
  type: string;
  options: HandlerOptions;
  run: HandlerFunction | Forward;
}

export interface Handler extends Required<Omit<HandlerOptions, 'orderKey'>> {
  provider: string;
  type: string;
  orderKey: HandlerOptions['orderKey'];
  run: HandlerFunction | Forward;
}

const DEFAULTS = { uses: [], orderLimit: 1, onDead: 'skip', maxAttempts: 10, deadlineMs: 30_000 } as const;
const NAME = /^[A-Za-z0-9_.:*-]{1,100}$/;

/** Every handler of a configuration, checked and findable. */
export class HandlerTable {
  readonly #byName = new Map<string, Handler>();
  readonly #routes = new Map<string, Handler[]>();

  constructor(
    definitions: readonly HandlerDefinition[],
    readonly maxAttemptsDefault = DEFAULTS.maxAttempts as number,
  ) {
    for (const definition of definitions) this.#add(definition);
  }

  #add(definition: HandlerDefinition): void {
    const name = definition.options.name ?? `${definition.provider}.${definition.type}`;
    const where = `handler ${name}`;
    if (!NAME.test(name)) throw invalid(where, 'a name has 1 to 100 of the characters A-Z a-z 0-9 _ . : * -');
    if (this.#byName.has(name)) {
      throw invalid(where, 'two handlers have this name; give one of them another with {name: "..."}');
    }
    const handler: Handler = {
      ...DEFAULTS,
      maxAttempts: this.maxAttemptsDefault,
      ...definition.options,
      orderKey: definition.options.orderKey,
      name,
      provider: definition.provider,
      type: definition.type,
      run: definition.run,
    };
    if (!Number.isInteger(handler.maxAttempts) || handler.maxAttempts < 1 || handler.maxAttempts > 100) {
      throw invalid(where, 'maxAttempts is a whole number from 1 to 100');
    }
    if (!(handler.deadlineMs >= 10 && handler.deadlineMs <= 3_600_000)) {
      throw invalid(where, 'deadlineMs is from 10 to 3,600,000');
    }
    this.#byName.set(name, handler);
  }

  get(name: string): Handler | undefined {
    return this.#byName.get(name);
  }

  list(): Handler[] {
    return [...this.#byName.values()];
  }

  /** The handlers for a provider and type, in the order of the configuration. */
  match(provider: string, type: string): readonly Handler[] {
    const key = `${provider} ${type}`;
    const known = this.#routes.get(key);
    if (known !== undefined) return known;
    const found = this.list().filter((handler) => handler.provider === provider && covers(handler.type, type));
    // Types come from outside: a flood of invented ones must not fill the memory.
    if (this.#routes.size < 10_000) this.#routes.set(key, found);
    return found;
  }

  /** The jobs an event gives rise to. */
  jobsFor(provider: string, identity: EventIdentity): Omit<NewJob, 'id'>[] {
    return this.match(provider, identity.type).map((handler) => jobOf(handler, identity));
  }
}

/** The job of one handler for one event. */
export function jobOf(handler: Handler, identity: EventIdentity): Omit<NewJob, 'id'> {
  const { name: queue, maxAttempts, orderLimit, onDead } = handler;
  const orderKey = handler.orderKey?.(identity);
  return orderKey === undefined ? { queue, maxAttempts } : { queue, maxAttempts, orderKey, orderLimit, onDead };
}

function covers(pattern: string, type: string): boolean {
  if (pattern === '*' || pattern === type) return true;
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
}

function invalid(where: string, problem: string): AppError {
  return new AppError('config_invalid', { where, problem });
}
