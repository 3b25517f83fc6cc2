/**
 * Which deliveries are known: 16-byte keys in a space of their own per source, for delivery keys and for bodies.
 *
 * Keys are random, so putting one into a large tree dirties a page that nothing else of its commit needs. Therefore
 * they come into a list first, which is also held in memory, and move to the tree many at a time, neighbours of the
 * tree together, a slice per commit: by then several of them share a page.
 *
 * @module
 */
import type { Sql } from './sql.js';

/** The list is moved to the tree when it has grown to this many. */
const RECENT_MAX = 32_768;

/** Keys of one slice begin alike; as many slices as this. A power of two, at most 256. */
const SLICES = 32;

/** Rows of the list that are deleted in one commit, once they have moved. */
const CLEARED_AT_ONCE = 2_048;

/** By space, then by key: the event that brought it. */
type Keys = Map<number, Map<string, number>>;

interface Move {
  readonly slices: readonly Keys[];
  /** The last number of the list that moves. */
  readonly lastId: number;
  /** The next slice to move. When all have, the list is cleared. */
  next: number;
}

/** The space of a source's delivery keys. */
export const keySpace = (origin: number): number => origin * 2;

/** The space of a source's body keys. */
export const bodySpace = (origin: number): number => origin * 2 + 1;

/** The number of a key in the list: its event's, and which of the event's two keys it is. */
const idOf = (space: number, event: number): number => event * 2 + (space % 2);

const noSlices = (): Keys[] => Array.from({ length: SLICES }, () => new Map());

export class Dedupe {
  #recent = noSlices();
  #count = 0;
  #lastId = 0;
  #move: Move | undefined;
  #isLoaded = false;

  constructor(
    readonly sql: Sql,
    readonly recentMax = RECENT_MAX,
  ) {}

  reset(): void {
    this.#isLoaded = false;
  }

  /** The event that brought this key first. */
  find(space: number, key: Uint8Array): number | undefined {
    this.#load();
    const text = textOf(key);
    const slice = sliceOf(key);
    return (
      this.#recent[slice]!.get(space)?.get(text) ??
      this.#move?.slices[slice]!.get(space)?.get(text) ??
      this.sql.one<{ event: number }>(FIND, space, key)?.event
    );
  }

  /** Remembers a key that is not known. */
  add(space: number, key: Uint8Array, event: number): void {
    this.#load();
    this.sql.run(ADD, idOf(space, event), space, key);
    this.#note(space, key, event);
  }

  /** @returns how many keys were forgotten: 0 or 1. */
  forget(space: number, key: Uint8Array, event: number): number {
    this.#load();
    const text = textOf(key);
    const slice = sliceOf(key);
    this.#recent[slice]!.get(space)?.delete(text);
    this.#move?.slices[slice]!.get(space)?.delete(text);
    const listed = this.sql.run('delete from recent_key where id = ?', idOf(space, event));
    return Math.max(listed, this.sql.run(FORGET, space, key, event));
  }

  /** Before each commit: a step of the move, when there is one. */
  flush(): void {
    if (this.#move === undefined && this.#count >= this.recentMax) this.#beginMove();
    if (this.#move === undefined) return;
    if (this.#move.next < SLICES) this.#moveSlice(this.#move.slices[this.#move.next++]!);
    else if (this.sql.run(CLEAR, this.#move.lastId, CLEARED_AT_ONCE) < CLEARED_AT_ONCE) this.#move = undefined;
  }

  #beginMove(): void {
    this.#move = { slices: this.#recent, lastId: this.#lastId, next: 0 };
    this.#recent = noSlices();
    this.#count = 0;
  }

  #moveSlice(slice: Keys): void {
    for (const [space, events] of slice) {
      for (const text of [...events.keys()].sort()) {
        this.sql.run(MOVE, space, Buffer.from(text, 'latin1'), events.get(text)!);
      }
    }
  }

  #note(space: number, key: Uint8Array, event: number): void {
    const slice = this.#recent[sliceOf(key)]!;
    let events = slice.get(space);
    if (events === undefined) slice.set(space, (events = new Map()));
    events.set(textOf(key), event);
    this.#count += 1;
    this.#lastId = Math.max(this.#lastId, idOf(space, event));
  }

  #load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    this.#move = undefined;
    this.#recent = noSlices();
    this.#count = 0;
    for (const [id, space, key] of this.sql.tuples<[number, number, Uint8Array]>(RECENT)) {
      this.#note(space, key, Math.floor(id / 2));
    }
  }
}

function sliceOf(key: Uint8Array): number {
  return Math.floor((key[0]! * SLICES) / 256);
}

/** Bytes as a string that a Map can hold: one character a byte, in the same order. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

const RECENT = `select id, space, key from recent_key`;
const FIND = `select event from dedupe where space = ? and key = ?`;
const ADD = `insert into recent_key (id, space, key) values (?, ?, ?)`;
const FORGET = `delete from dedupe where space = ? and key = ? and event = ?`;
// A move that a crash cut short begins again: what has moved already is there.
const MOVE = `insert into dedupe (space, key, event) values (?, ?, ?) on conflict (space, key) do nothing`;
const CLEAR = `delete from recent_key where id in (select id from recent_key where id <= ? order by id limit ?)`;
