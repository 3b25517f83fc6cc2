/**
 * Group commit of this process: what arrives while a transaction is under way is the next one. No timer.
 *
 * Events and entries of one environment go together, because a transaction's leaves are of one tree.
 *
 * @module
 */
import type { NewAuditEntry } from '../../core/audit.js';
import { AppError, assert, isAppError } from '../../core/errors.js';
import type { Acceptance, NewEvent } from '../../core/event.js';
import type { Environment, Scope } from '../../core/scope.js';
import { acceptAll, Caution, type Arrival } from './accept.js';
import { GROUP_MAX } from './accept-function.js';
import { appendAll, type Appending } from './append.js';
import type { Database } from './database.js';
import { PLACES } from './functions.js';
import type { Names } from './names.js';
import type { RecentLeaves } from './recent-leaves.js';

/** More than one transaction at a time keeps the server busy while another waits for the disk. */
const UNDER_WAY_MAX = 1;
const GROUP_BYTES_MAX = 8 * 1024 * 1024;

interface Waiting<Item, Result> {
  item: Item;
  bytes: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** Items that wait, and the transactions under way. */
class Lane<Item, Result> {
  #waiting: Waiting<Item, Result>[] = [];
  #underWay = 0;
  #isScheduled = false;
  #idle: (() => void)[] = [];

  /**
   * @param sizeOf how many bytes an item brings
   * @param commit answers every item of a group, or rejects when none is stored
   */
  constructor(
    private readonly sizeOf: (item: Item) => number,
    private readonly commit: (group: Item[]) => Promise<Result[]>,
  ) {}

  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, bytes: this.sizeOf(item), resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // What is submitted in the same breath goes together.
      queueMicrotask(() => {
        this.#isScheduled = false;
        this.#pump();
      });
    });
  }

  /** Resolves when nothing waits and nothing is under way. */
  async idle(): Promise<void> {
    while (this.#underWay > 0 || this.#waiting.length > 0)
      await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #pump(): void {
    while (this.#underWay < UNDER_WAY_MAX && this.#waiting.length > 0) void this.#run(this.#next());
  }

  #next(): Waiting<Item, Result>[] {
    let bytes = 0;
    let count = 0;
    for (const one of this.#waiting) {
      bytes += one.bytes;
      if (count >= GROUP_MAX || (bytes > GROUP_BYTES_MAX && count > 0)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #run(group: Waiting<Item, Result>[]): Promise<void> {
    this.#underWay += 1;
    try {
      await this.#commit(group);
    } finally {
      this.#underWay -= 1;
      this.#pump();
      if (this.#underWay === 0 && this.#waiting.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** A refusal is one item's own: the others are stored without it. */
  async #commit(group: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.commit(group.map(({ item }) => item));
      for (const [at, { resolve }] of group.entries()) resolve(results[at]!);
    } catch (error) {
      if (group.length === 1 || isAppError(error)) for (const { reject } of group) reject(error);
      else for (const one of group) await this.#commit([one]);
    }
  }
}

export class Groups {
  readonly #accept: Record<Environment, Lane<Arrival, Acceptance>>;
  readonly #append: Record<Environment, Lane<Appending, void>>;
  #closed: AppError | undefined;

  constructor(database: Database, names: Names, recent: RecentLeaves, nowMs: () => number | null) {
    const accepting = (environment: Environment): Lane<Arrival, Acceptance> => {
      const caution = new Caution();
      return new Lane(
        ({ event }) => event.body.length,
        (group) =>
          storeDistinct(group, (some) => acceptAll(database, names, recent, caution, nowMs(), environment, some)),
      );
    };
    const appending = (environment: Environment): Lane<Appending, void> =>
      new Lane(sizeOfEntries, (group) => appendAll(database, names, recent, nowMs(), environment, group));
    this.#accept = { sandbox: accepting('sandbox'), live: accepting('live') };
    this.#append = { sandbox: appending('sandbox'), live: appending('live') };
  }

  async accept(scope: Scope, event: NewEvent): Promise<Acceptance> {
    if (this.#closed !== undefined) throw this.#closed;
    return await this.#accept[scope.environment].submit({ scope, event, copies: 1 });
  }

  async append(scope: Scope, entries: readonly NewAuditEntry[]): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    if (entries.length === 0) return;
    assert(entries.length <= PLACES, 'as many entries as one transaction can number');
    await this.#append[scope.environment].submit({ scope, entries });
  }

  /** Takes nothing more; resolves when what was taken has ended. */
  async close(): Promise<void> {
    this.#closed ??= new AppError('store_unavailable', { problem: 'The store is closed.' });
    const { sandbox, live } = this.#accept;
    await Promise.all([sandbox.idle(), live.idle(), this.#append.sandbox.idle(), this.#append.live.idle()]);
  }
}

/** Entries are numbered within their transaction, so a group of appends is small enough for all of its entries. */
function sizeOfEntries({ entries }: Appending): number {
  return (entries.length * GROUP_BYTES_MAX) / PLACES;
}

/**
 * Stores a group in which keys may repeat. Equal deliveries are one row that counts them; of those that share but one
 * of two keys, the later ones are looked at once the earlier have come to something.
 */
async function storeDistinct(
  group: readonly Arrival[],
  store: (group: readonly Arrival[]) => Promise<Acceptance[]>,
): Promise<Acceptance[]> {
  const answers: Acceptance[] = [];
  let rest = [...group.keys()];
  while (rest.length > 0) {
    const { kept, copies, later } = distinct(group, rest);
    const outcomes = await store(kept.map((at) => ({ ...group[at]!, copies: 1 + (copies.get(at)?.length ?? 0) })));
    for (const [index, at] of kept.entries()) {
      const outcome = outcomes[index]!;
      answers[at] = outcome;
      for (const copy of copies.get(at) ?? []) {
        answers[copy] =
          outcome.kind === 'stored' ? { kind: 'duplicate', eventId: group[at]!.event.id, by: 'key' } : outcome;
      }
    }
    rest = later;
  }
  return answers;
}

function distinct(group: readonly Arrival[], at: readonly number[]) {
  const owners = new Map<string, number>();
  const kept: number[] = [];
  const copies = new Map<number, number[]>();
  const later: number[] = [];
  for (const index of at) {
    const { scope, event } = group[index]!;
    const space = `${scope.tenant}\0${event.sourceId}\0`;
    const key = space + textOf(event.dedupeKey);
    const bodyKey = event.bodyKey && `${space}body${textOf(event.bodyKey)}`;
    const owner = owners.get(key);
    const bodyOwner = bodyKey === undefined ? undefined : owners.get(bodyKey);
    if (owner === undefined && bodyOwner === undefined) {
      kept.push(index);
      owners.set(key, index);
      if (bodyKey !== undefined) owners.set(bodyKey, index);
    } else if (owner !== undefined && isSameBodyKey(group[owner]!.event, event)) {
      const found = copies.get(owner);
      if (found === undefined) copies.set(owner, [index]);
      else found.push(index);
    } else later.push(index);
  }
  return { kept, copies, later };
}

function isSameBodyKey(one: NewEvent, other: NewEvent): boolean {
  if (one.bodyKey === undefined || other.bodyKey === undefined) return one.bodyKey === other.bodyKey;
  return Buffer.compare(one.bodyKey, other.bodyKey) === 0;
}

/** Bytes as a string that a Map can hold. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}
