/**
 * Secrets that Fairlead keeps: set, replaced, read, destroyed. Every value is sealed for its name and version, and
 * replaced only by whoever knows which version is there.
 *
 * @module
 */
import { AppError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import { isObject, parseJsonObject } from '../core/json.js';
import type { Clock, KeyShares, Random } from '../core/ports.js';
import type { Scope } from '../core/scope.js';
import { parseSealed } from '../core/sealed-value.js';
import type { NewSecret, SecretKind, SecretRow, SecretSummary } from '../core/secret.js';
import type { SecretSet } from '../core/secret-set.js';
import type { Page, PageRequest, SecretVerbs } from '../core/store.js';
import { placeOf } from './place.js';
import { parseSecretText, showReference } from './secret-reference.js';
import type { Vault } from './vault.js';

/** Which kinds of value have names or belong to connections. */
export type KeptKind = Exclude<SecretKind, 'archive_key'>;

/** What may be shown of a value: the part of its facts that is the same for all kinds. */
export interface ValueFacts {
  /** A value that is a reference is shown, and fetched on use. */
  reference?: string;
  [more: string]: unknown;
}

export interface KeptSecretsParts {
  secrets: SecretVerbs;
  vault: Vault;
  /** Absent where several machines share a store: a share lies on one machine alone. */
  shares: KeyShares | undefined;
  /** Fetches what a reference names, in this scope. */
  fetch: (scope: Scope, reference: string) => Promise<string>;
  clock: Clock;
  random: Random;
  /** What was read is added, so that redaction knows it by value. */
  handedOut: SecretSet;
  /** How long a value is used before the store is asked again. Default 30 s. */
  ttlMs?: number;
}

const TTL_MS = 30_000;
const CACHED_MAX = 10_000;

interface Cached {
  value: string;
  untilMs: number;
}

export class KeptSecrets {
  readonly #parts: KeptSecretsParts;
  readonly #cache = new Map<string, Cached>();
  readonly #ttlMs: number;
  /** Counts what was forgotten: a value that was read before that is not kept. */
  #forgotten = 0;

  constructor(parts: KeptSecretsParts) {
    this.#parts = parts;
    this.#ttlMs = parts.ttlMs ?? TTL_MS;
  }

  /**
   * A first value, sealed and ready to be stored; its share is on the disk. Whoever does not store it calls
   * {@link drop}.
   *
   * @param facts what may be shown
   */
  async seal(scope: Scope, kind: KeptKind, name: string, text: string, facts: ValueFacts): Promise<NewSecret> {
    const { vault, shares, clock, random, handedOut } = this.#parts;
    const shown = JSON.stringify(withReference(facts, text, kind));
    const id = newId('secret', clock, random);
    await shares?.make(id);
    const place = placeOf({ ...scope, kind, name, id, version: 1 }, shares !== undefined);
    handedOut.add(text);
    const sealed = vault.seal(bytesOf(text), place);
    return { id, name, sealed, facts: shown, expectedVersion: 0 };
  }

  /** Takes back what {@link seal} prepared. */
  async drop(secret: NewSecret): Promise<void> {
    await this.#parts.shares?.destroy(secret.id);
  }

  /** @throws AppError `conflict` when there is one of that name */
  async create(scope: Scope, kind: KeptKind, name: string, text: string, facts: ValueFacts): Promise<void> {
    if ((await this.#parts.secrets.get(scope, kind, name)) !== undefined) throw taken(name);
    const secret = await this.seal(scope, kind, name, text, facts);
    const put = await this.#parts.secrets.put(scope, kind, secret);
    if (put.kind === 'stored') return;
    await this.drop(secret);
    throw taken(name);
  }

  /**
   * A new value in the place of the one in `row`.
   *
   * @returns `conflict` when another value had been put there since `row` was read
   * @throws AppError `not_found`, and as {@link read}
   */
  async replace(scope: Scope, row: SecretRow, text: string, facts: ValueFacts): Promise<'stored' | 'conflict'> {
    const kind = row.kind as KeptKind;
    const put = await this.#parts.secrets.put(scope, kind, this.next(scope, row, text, facts));
    this.forget(scope, kind, row.name);
    return put.kind;
  }

  /** A value in the place of the one in `row`, sealed and ready to be stored. @throws AppError as {@link read} */
  next(scope: Scope, row: SecretRow, text: string, facts: ValueFacts): NewSecret {
    const { vault, handedOut } = this.#parts;
    const { id, name, version, sealed: before } = row;
    const kind = row.kind as KeptKind;
    const shown = JSON.stringify(withReference(facts, text, kind));
    handedOut.add(text);
    const place = placeOf({ ...scope, kind, name, id, version: version + 1 }, hasShare(before));
    const sealed = vault.sealNext(before, bytesOf(text), place);
    return { id, name, sealed, facts: shown, expectedVersion: version };
  }

  /** Parts of a value that are secrets of their own, so that redaction knows them, too. */
  handedOut(...parts: readonly (string | undefined)[]): void {
    for (const part of parts) if (part !== undefined) this.#parts.handedOut.add(part);
  }

  /** @throws AppError `not_found` */
  async row(scope: Scope, kind: KeptKind, name: string): Promise<SecretRow> {
    const row = await this.#parts.secrets.get(scope, kind, name);
    if (row === undefined) throw new AppError('not_found', { what: nounOf(kind), id: name.slice(0, 100) });
    return row;
  }

  list(scope: Scope, kind: KeptKind, page: PageRequest): Promise<Page<SecretSummary>> {
    return this.#parts.secrets.list(scope, kind, page);
  }

  /**
   * The value, from memory if it was read a moment ago; a reference is followed.
   *
   * @throws AppError `not_found`, `secret_destroyed`, `vault_sealed`, `vault_tampered`, `secret_unavailable`
   */
  async read(scope: Scope, kind: KeptKind, name: string): Promise<string> {
    const cached = this.cached(scope, kind, name);
    if (cached !== undefined) return cached;
    const forgotten = this.#forgotten;
    const row = await this.row(scope, kind, name);
    const text = this.open(scope, row);
    if (factsOf(row).reference !== undefined) return await this.#parts.fetch(scope, text);
    if (forgotten === this.#forgotten) this.#keep(cacheKey(scope, kind, name), text);
    return text;
  }

  /** What {@link read} would answer without asking the store; `undefined` when it has to ask. */
  cached(scope: Scope, kind: KeptKind, name: string): string | undefined {
    const found = this.#cache.get(cacheKey(scope, kind, name));
    return found !== undefined && found.untilMs > this.#parts.clock.monotonicMs() ? found.value : undefined;
  }

  /** What a text that somebody gave means: itself, or what it refers to. @throws AppError `secret_unavailable` */
  async follow(scope: Scope, text: string): Promise<string> {
    const value = parseSecretText(text).is === 'literal' ? text : await this.#parts.fetch(scope, text);
    this.#parts.handedOut.add(value);
    return value;
  }

  /** The text of a row, a reference as it is. @throws AppError as {@link read} */
  open(scope: Scope, row: SecretRow): string {
    const { vault, handedOut } = this.#parts;
    const bytes = vault.open(row.sealed, placeOf({ ...scope, ...row }, hasShare(row.sealed)));
    const text = new TextDecoder().decode(bytes);
    bytes.fill(0);
    handedOut.add(text);
    return text;
  }

  /**
   * Destroys a value: first its share, and with it every copy there is, then the row. A crash in between leaves a row
   * that opens nowhere; doing it again ends it.
   *
   * @throws AppError `not_found`
   */
  async delete(scope: Scope, kind: KeptKind, name: string): Promise<void> {
    await this.shred(scope, kind, await this.row(scope, kind, name));
    await this.#parts.secrets.delete(scope, kind, name);
  }

  /** Destroys what opens a row, wherever a copy of it lies; the row itself stays. */
  async shred(scope: Scope, kind: KeptKind, { id, name }: Pick<SecretRow, 'id' | 'name'>): Promise<void> {
    await this.#parts.shares?.destroy(id);
    this.#parts.vault.forget();
    this.forget(scope, kind, name);
  }

  /** The next {@link read} asks the store; for a value that the provider has just refused. */
  forget(scope: Scope, kind: KeptKind, name: string): void {
    this.#forgotten += 1;
    this.#cache.delete(cacheKey(scope, kind, name));
  }

  #keep(key: string, value: string): void {
    if (this.#cache.size >= CACHED_MAX) this.#cache.delete(this.#cache.keys().next().value!);
    this.#cache.set(key, { value, untilMs: this.#parts.clock.monotonicMs() + this.#ttlMs });
  }
}

/** The facts of a row; what is no JSON object says nothing. */
export function factsOf(row: Pick<SecretSummary, 'facts'>): ValueFacts {
  const facts = parseJsonObject(bytesOf(row.facts));
  return isObject(facts) ? facts : {};
}

/** A kept secret that named another could name itself in the end. */
function withReference(facts: ValueFacts, text: string, kind: KeptKind): ValueFacts {
  const { reference: _before, ...rest } = facts;
  const parsed = parseSecretText(text);
  if (parsed.is === 'reference' && parsed.reference.kind === 'vault' && kind === 'named') {
    throw new AppError('invalid_argument', { argument: 'value', problem: 'it names another secret of the vault' });
  }
  if (parsed.is === 'malformed') throw new AppError('invalid_argument', { argument: 'value', problem: parsed.problem });
  return parsed.is === 'reference' ? { ...rest, reference: showReference(parsed.reference) } : rest;
}

const hasShare = (sealed: Uint8Array): boolean => parseSealed(sealed)?.hasShare === true;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const cacheKey = ({ tenant, environment }: Scope, kind: string, name: string): string =>
  `${environment} ${kind} ${tenant} ${name}`;
const NOUNS: Record<KeptKind, string> = {
  named: 'secret',
  connection: 'credential of connection',
  approver: 'approver',
  signing_key: 'signing key',
};
const nounOf = (kind: KeptKind): string => NOUNS[kind];

function taken(name: string): AppError {
  const problem = 'there is one already; replace its value with fairlead secret rotate';
  return new AppError('conflict', { what: `secret ${name}`, problem });
}
