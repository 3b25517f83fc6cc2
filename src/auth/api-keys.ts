/**
 * Keys of Fairlead's own, for programs and agents: made here, shown once, kept as a hash, recognised, limited.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { isApiKey, type ApiKeyFacts, type ApiKeyRow, type KeyRing, type KnownKey } from '../core/api-key.js';
import { AppError } from '../core/errors.js';
import { conformsAtMs, taken } from '../core/gcra.js';
import { isObject, parseJsonObject } from '../core/json.js';
import type { Clock, Log, Random } from '../core/ports.js';
import type { Scope } from '../core/scope.js';
import type { ApiKeyVerbs, SystemVerbs } from '../core/store.js';

const KEY_BYTES = 32;
const PREFIX_CHARACTERS = 10;

export const RATE_PER_MINUTE_DEFAULT = 600;
/** The part of a minute's requests that may come at once. */
const BURST_PART = 0.1;
/** A key in steady use is noted this often. */
const NOTED_EVERY_MS = 60_000;
const REMEMBERED_MAX = 10_000;

export interface ApiKeysParts {
  verbs: ApiKeyVerbs;
  system: Pick<SystemVerbs, 'apiKey'>;
  clock: Clock;
  random: Random;
  log: Log;
}

interface Use {
  theoreticalMs: number;
  notedAtMs: number;
}

export class ApiKeys implements KeyRing {
  readonly #parts: ApiKeysParts;
  readonly #uses = new Map<string, Use>();

  constructor(parts: ApiKeysParts) {
    this.#parts = parts;
  }

  /** A fresh key, and what is kept of it. */
  mint(): { key: string; hash: Uint8Array; prefix: string } {
    const key = `flk_${Buffer.from(this.#parts.random.bytes(KEY_BYTES)).toString('base64url')}`;
    return { key, hash: hashOf(key), prefix: key.slice(0, PREFIX_CHARACTERS) };
  }

  /**
   * Whose key this is.
   *
   * @throws AppError `unauthenticated` for one that is unknown, revoked or over; `key_limited`
   */
  async identify(token: string): Promise<KnownKey> {
    const { system, clock } = this.#parts;
    const row = isApiKey(token) ? await system.apiKey(hashOf(token)) : undefined;
    const facts = row && factsOfKey(row);
    if (row === undefined || facts === undefined || !isUsable(row, clock.nowMs())) throw unknownKey();
    this.#count(row, facts);
    const { tenant, environment, id } = row;
    return { tenant, environment, id, type: facts.type, scopes: facts.scopes };
  }

  /** Whether a key still opens anything; what is no key of ours does. */
  async isUsable(scope: Scope, id: string): Promise<boolean> {
    if (!id.startsWith('key_')) return true;
    const row = await this.#parts.verbs.get(scope, id);
    return row !== undefined && isUsable(row, this.#parts.clock.nowMs());
  }

  #count(row: ApiKeyRow, { ratePerMinute = RATE_PER_MINUTE_DEFAULT }: ApiKeyFacts): void {
    const { clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    const rate = { ratePerSecond: ratePerMinute / 60, burst: Math.max(1, Math.ceil(ratePerMinute * BURST_PART)) };
    const use = this.#useOf(row.id);
    const retryAfterMs = conformsAtMs(use.theoreticalMs, 1, rate, nowMs) - nowMs;
    if (retryAfterMs > 0) throw new AppError('key_limited', { key: row.id, retryAfterMs: Math.ceil(retryAfterMs) });
    use.theoreticalMs = taken(use.theoreticalMs, 1, rate, nowMs);
    if (nowMs - use.notedAtMs < NOTED_EVERY_MS) return;
    use.notedAtMs = nowMs;
    this.#note(row);
  }

  /** Nobody waits for it, and nobody fails by it. */
  #note({ tenant, environment, id }: ApiKeyRow): void {
    const { verbs, log } = this.#parts;
    verbs.used({ tenant, environment }, id).catch((cause: unknown) => {
      log('warn', 'the use of a key could not be noted', { key: id, cause });
    });
  }

  #useOf(id: string): Use {
    const known = this.#uses.get(id);
    if (known !== undefined) return known;
    if (this.#uses.size >= REMEMBERED_MAX) this.#uses.delete(this.#uses.keys().next().value!);
    const use = { theoreticalMs: 0, notedAtMs: -NOTED_EVERY_MS };
    this.#uses.set(id, use);
    return use;
  }
}

/** What may be shown of a key; `undefined` for a row that nobody here has written. */
export function factsOfKey({ facts }: Pick<ApiKeyRow, 'facts'>): ApiKeyFacts | undefined {
  const parsed = parseJsonObject(new TextEncoder().encode(facts));
  return isObject(parsed) && Array.isArray(parsed['scopes']) ? (parsed as unknown as ApiKeyFacts) : undefined;
}

function isUsable({ revokedAtMs, expiresAtMs }: ApiKeyRow, nowMs: number): boolean {
  return revokedAtMs === undefined && (expiresAtMs === undefined || expiresAtMs > nowMs);
}

function hashOf(key: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(key).digest());
}

/** The same for all three: a key that is over says no more than one that never was. */
function unknownKey(): AppError {
  return new AppError('unauthenticated', { problem: 'The key is not one of ours, or it is over.' });
}
