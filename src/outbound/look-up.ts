/** Names become ids: the reads that come before a request can be made. @module */
import type { LookedUp } from '../core/call.js';
import type { Connection } from '../core/connection.js';
import type { LookUp } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import type { Clock, Random } from '../core/ports.js';
import { ask, type Asking } from './ask.js';
import type { AttemptParts } from './attempt.js';

/** How long an id that was found is taken for true. Names move seldom, and listings are slow and counted. */
const FRESH_MS = 5 * 60_000;
const REMEMBERED_MAX = 10_000;

/** Ids that were found lately, by connection, kind and name. */
export class KnownIds {
  readonly #clock: Clock;
  readonly #known = new Map<string, { id: string; untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): string | undefined {
    const known = this.#known.get(key);
    return known !== undefined && known.untilMs > this.#clock.monotonicMs() ? known.id : undefined;
  }

  set(key: string, id: string): void {
    this.#known.delete(key);
    if (this.#known.size >= REMEMBERED_MAX) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, { id, untilMs: this.#clock.monotonicMs() + FRESH_MS });
  }
}

export type LookUpParts = AttemptParts & { random: Random; knownIds: KnownIds };

export interface Resolved {
  input: unknown;
  lookups: LookedUp[];
}

/**
 * The input with ids in the place of names.
 *
 * @throws AppError `not_found` for a name the provider does not know, or what kept it from answering
 */
export async function resolveNames(
  parts: LookUpParts,
  asking: Asking,
  lookUps: readonly LookUp<unknown>[],
  given: unknown,
): Promise<Resolved> {
  let input = given;
  const lookups: LookedUp[] = [];
  for (const lookUp of lookUps) {
    const name = lookUp.name(input);
    if (name === undefined) continue;
    const id = await idOf(parts, asking, lookUp, name, input);
    lookups.push({ what: lookUp.what, name, ...(id !== undefined && { id }) });
    if (id !== undefined) input = lookUp.apply(input, id);
  }
  return { input, lookups };
}

async function idOf(
  parts: LookUpParts,
  asking: Asking,
  lookUp: LookUp<unknown>,
  name: string,
  input: unknown,
): Promise<string | undefined> {
  const { what, optional, fresh } = lookUp;
  const key = JSON.stringify([keyOf(asking.connection), what, name]);
  const known = fresh === true ? undefined : parts.knownIds.get(key);
  if (known !== undefined) return known;
  const first = () => lookUp.request(name, input, asking.connection.view);
  const asked = await ask(parts, asking, first, (answer, step) => lookUp.read(answer, name, step));
  if (asked.is === 'found') {
    if (fresh !== true) parts.knownIds.set(key, asked.value);
    return asked.value;
  }
  if (optional === true) return undefined;
  if (asked.is === 'no_answer') throw asked.error;
  throw new AppError('not_found', { what, id: name.slice(0, 200) });
}

/** The same connection id can stand for another account in another environment. */
function keyOf({ provider, view }: Connection): string {
  return `${provider} ${view.environment} ${view.id} ${view.account ?? ''} ${view.baseUrl}`;
}
