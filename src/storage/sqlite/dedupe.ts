/** Which deliveries are known: 16-byte keys in a space of their own per source, for delivery keys and for bodies. @module */
import type { Engine } from './engine.js';

/** The space of a source's delivery keys. */
export const keySpace = (origin: number): number => origin * 2;

/** The space of a source's body keys. */
export const bodySpace = (origin: number): number => origin * 2 + 1;

/** The event that brought this key first. */
export function findKey(engine: Engine, space: number, key: Uint8Array): number | undefined {
  return engine.sql.one<{ event: number }>(FIND, space, key)?.event;
}

/** @returns false when the key was known, and changes nothing then. */
export function rememberKey(engine: Engine, space: number, key: Uint8Array, event: number): boolean {
  return engine.sql.run(REMEMBER, space, key, event) === 1;
}

export function forgetKey(engine: Engine, space: number, key: Uint8Array, event: number): number {
  return engine.sql.run(FORGET, space, key, event);
}

const FIND = `select event from dedupe where space = ? and key = ?`;
const REMEMBER = `insert into dedupe (space, key, event) values (?, ?, ?) on conflict (space, key) do nothing`;
const FORGET = `delete from dedupe where space = ? and key = ? and event = ?`;
