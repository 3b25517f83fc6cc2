/**
 * Which deliveries are known: 16-byte keys in a space of their own per source, for delivery keys and for bodies.
 *
 * Keys are random, so putting one into a large tree dirties a page that nothing else of its commit needs. Therefore
 * the keys of the last events are held in memory alone, since their events carry them too, and move to the tree many at
 * a time, neighbours of the tree together, a slice per commit. `keys_moved` says up to which event they have.
 *
 * A new key, which is the usual case, is looked for in memory and not in the tree: a filter knows that it is not there.
 * (Both keys of an event: 15 -> 4 us of the writer, against a list on disk and a look into the tree.)
 *
 * @module
 */
import { KeyFilter } from './key-filter.js';
import { KeyTable } from './key-table.js';
import { RowQueue } from './row-queue.js';
import type { Sql } from './sql.js';

/** Keys in memory move to the tree when there are this many: with those of one more group they fit into 32,768 places. */
const RECENT_MAX = 31 * 1_024;

/** Keys of one slice begin alike; as many slices as this. */
const SLICES = 32;

/** Keys of the tree that are read into the filter in one commit, until it has them all. */
const FILTERED_AT_ONCE = 256;

interface Move {
  readonly keys: KeyTable;
  /** The numbers of its keys in the order in which they move. */
  readonly order: Uint32Array;
  /** The next slice to move. */
  next: number;
}

/** The space of a source's delivery keys. */
export const keySpace = (origin: number): number => origin * 2;

/** The space of a source's body keys. */
export const bodySpace = (origin: number): number => origin * 2 + 1;

export class Dedupe {
  #recent = new KeyTable();
  #move: Move | undefined;
  /** The place of keys that have moved, for the next ones. */
  #spare: KeyTable | undefined;
  #isLoaded = false;
  #filter: KeyFilter | undefined;
  /** How far into the tree the filter has come; `undefined` when it has all of it. */
  #filtered: { space: number; key: Uint8Array } | undefined = { space: -1, key: new Uint8Array() };

  readonly #tree: RowQueue;

  constructor(
    readonly sql: Sql,
    readonly recentMax = RECENT_MAX,
  ) {
    // A move that a crash cut short begins again: what has moved already is there.
    this.#tree = new RowQueue(sql, KEYS, ['space'], 'on conflict (space, key) do nothing');
  }

  /** The filter stays: it may hold more than the tree. */
  reset(): void {
    this.#isLoaded = false;
    this.#tree.reset();
  }

  /** The event that brought this key first. */
  find(space: number, key: Uint8Array): number | undefined {
    this.#load();
    const recent = this.#recent.find(space, key) ?? this.#move?.keys.find(space, key);
    if (recent !== undefined || (this.#filtered === undefined && !this.#filter!.mayHold(key))) return recent;
    return this.sql.one<{ event: number }>(FIND, space, key)?.event;
  }

  /** Remembers a key that is not known; its event's row has to carry it. */
  add(space: number, key: Uint8Array, event: number): void {
    this.#load();
    this.#recent.add(space, key, event);
  }

  /** @returns how many keys were forgotten: 0 or 1. */
  forget(space: number, key: Uint8Array, event: number): number {
    this.#load();
    const recent = this.#recent.forget(space, key, event);
    const moving = this.#move?.keys.forget(space, key, event) === true;
    return Math.max(this.sql.run(FORGET, space, key, event), recent || moving ? 1 : 0);
  }

  /** Before each commit: a step of the move, when there is one, and of the filter. */
  flush(): void {
    if (!this.#isLoaded) return;
    if (this.#filtered !== undefined) this.#filterMore(this.#filtered);
    if (this.#move === undefined && this.#recent.size >= this.recentMax) {
      this.#move = { keys: this.#recent, order: this.#recent.inOrder(), next: 0 };
      this.#recent = this.#spare ?? new KeyTable();
      this.#spare = undefined;
    }
    if (this.#move !== undefined) this.#moveSlice(this.#move);
  }

  #moveSlice(move: Move): void {
    const { keys, order, next } = move;
    const end = (at: number): number => Math.floor((at * order.length) / SLICES);
    const slice = Array.from(order.subarray(end(next), end(next + 1)), (at) => keys.get(at))
      .filter((key) => key !== undefined)
      .toSorted((a, b) => a.space - b.space);
    for (const { space, key, event } of slice) {
      this.#filter!.add(key);
      this.#tree.add(space, key, event);
    }
    this.#tree.flush();
    if (++move.next < SLICES) return;
    this.sql.run(MOVED, move.keys.lastEvent);
    this.#move = undefined;
    this.#spare = keys;
    keys.clear();
  }

  #filterMore({ space, key }: { space: number; key: Uint8Array }): void {
    this.#filter ??= new KeyFilter();
    const rows = this.sql.tuples<[number, Uint8Array]>(NEXT_KEYS, space, key, FILTERED_AT_ONCE);
    for (const [, next] of rows) this.#filter.add(next);
    const last = rows.at(-1);
    this.#filtered = rows.length < FILTERED_AT_ONCE ? undefined : { space: last![0], key: last![1] };
  }

  #load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    this.#move = undefined;
    this.#recent = new KeyTable();
    for (const [seq, origin, key, bodyKey] of this.sql.tuples<RecentEvent>(RECENT)) {
      this.#recent.add(keySpace(origin), key, seq);
      if (bodyKey !== null) this.#recent.add(bodySpace(origin), bodyKey, seq);
    }
  }
}

type RecentEvent = [seq: number, origin: number, key: Uint8Array, bodyKey: Uint8Array | null];

// What retention has forgotten must not come back because its event has not moved yet.
const RECENT = `select seq, origin, dedupe_key, body_key from event where seq >
  (select coalesce(max(value), 0) from meta where name in ('keys_moved', 'keys_pruned')) order by seq`;
const KEYS = `insert into dedupe (space, key, event)`;
const FIND = `select event from dedupe where space = ? and key = ?`;
const FORGET = `delete from dedupe where space = ? and key = ? and event = ?`;
const MOVED = `insert or replace into meta (name, value) values ('keys_moved', ?)`;
const NEXT_KEYS = `select space, key from dedupe where (space, key) > (?, ?) order by space, key limit ?`;
