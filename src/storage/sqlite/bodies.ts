/**
 * Headers and bodies, kept in segments: neighbouring events share one blob, because one large row costs far less than
 * many rows that each leave half a page empty. A segment carries a CRC-32 that is checked whenever it is read.
 *
 * @module
 */
import { crc32 } from 'node:zlib';
import { AppError } from '../../core/errors.js';
import type { Numbers } from './numbers.js';
import type { Sql } from './sql.js';

/** A segment is written once it holds this much, or when its group ends. */
const SEGMENT_BYTES = 64 * 1024;

/** Segments kept in memory after they were written or read: jobs are mostly claimed soon after their event. */
const CACHED_BYTES_MAX = 4 * 1024 * 1024;

export interface Place {
  segment: number;
  start: number;
}

interface Pending {
  id: number;
  firstEvent: number;
  lastEvent: number;
  parts: Uint8Array[];
  bytes: number;
}

export class Bodies {
  #pending: Pending | undefined;
  readonly #cached = new Map<number, Uint8Array>();
  #cachedBytes = 0;

  constructor(
    readonly sql: Sql,
    readonly numbers: Numbers,
  ) {}

  reset(): void {
    this.#pending = undefined;
    this.forget();
  }

  forget(): void {
    this.#cached.clear();
    this.#cachedBytes = 0;
  }

  append(event: number, headers: Uint8Array, body: Uint8Array, storedAtMs: number): Place {
    if (this.#pending !== undefined && this.#pending.bytes >= SEGMENT_BYTES) this.flush(storedAtMs);
    this.#pending ??= { id: this.numbers.nextSegment(), firstEvent: event, lastEvent: event, parts: [], bytes: 0 };
    const pending = this.#pending;
    const place = { segment: pending.id, start: pending.bytes };
    pending.parts.push(headers, body);
    pending.bytes += headers.length + body.length;
    pending.lastEvent = event;
    return place;
  }

  flush(storedAtMs: number): void {
    if (this.#pending === undefined) return;
    const { id, firstEvent, lastEvent, parts, bytes } = this.#pending;
    this.#pending = undefined;
    const blob = concat(parts, bytes);
    this.sql.run(INSERT, id, firstEvent, lastEvent, storedAtMs, crc32(blob), blob);
    this.#keep(id, blob);
  }

  /** The bytes of a segment; `undefined` once retention has taken it. @throws AppError `store_corrupt` */
  segment(id: number, storedAtMs: number): Uint8Array | undefined {
    if (this.#pending?.id === id) this.flush(storedAtMs);
    const cached = this.#cached.get(id);
    if (cached !== undefined) return cached;
    const row = this.sql.one<{ crc: number; bytes: Uint8Array }>(SELECT, id);
    if (row === undefined) return undefined;
    if (crc32(row.bytes) !== row.crc) {
      throw new AppError('store_corrupt', { problem: `The bodies in segment ${id} are not what was stored.` });
    }
    this.#keep(id, row.bytes);
    return row.bytes;
  }

  #keep(id: number, bytes: Uint8Array): void {
    this.#cached.set(id, bytes);
    this.#cachedBytes += bytes.length;
    for (const [oldest, old] of this.#cached) {
      if (this.#cachedBytes <= CACHED_BYTES_MAX || oldest === id) break;
      this.#cached.delete(oldest);
      this.#cachedBytes -= old.length;
    }
  }
}

/** A plain array: what leaves the store must not behave differently for being a Buffer. */
function concat(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const { buffer, byteOffset } = Buffer.concat(parts, bytes);
  return new Uint8Array(buffer, byteOffset, bytes);
}

const INSERT = `insert into segment (id, first_event, last_event, stored_at, crc, bytes) values (?, ?, ?, ?, ?, ?)`;
const SELECT = `select crc, bytes from segment where id = ?`;
