/**
 * Parcels, kept in segments: what is large of an event, its headers and its body, followed by the SHA-256 of the body.
 * Neighbouring events share one blob, because one large row costs far less than many rows that each leave half a page
 * empty. A segment carries a CRC-32 that is checked whenever it is read.
 *
 * @module
 */
import { crc32 } from 'node:zlib';
import { AppError } from '../../core/errors.js';
import { HASH_BYTES } from '../../core/merkle.js';
import type { Numbers } from './numbers.js';
import type { Sql } from './sql.js';

/** A segment is written once it holds this much, or when its group ends: what 64 senders bring at a time fits into one. */
const SEGMENT_BYTES = 128 * 1024;

/** Segments of usual groups are put together in one place that stays: a buffer for each would be most of all garbage. */
const SCRATCH_BYTES = 2 * SEGMENT_BYTES;

/** Segments kept in memory after they were read: jobs that were claimed together came together. */
const CACHED_BYTES_MAX = 1024 * 1024;

export interface Place {
  segment: number;
  start: number;
}

/** Views into a segment. */
export interface Parcel {
  headers: string;
  body: Uint8Array;
  bodySha256: Uint8Array;
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
  #scratch: Buffer | undefined;
  readonly #cached = new Map<number, Buffer<ArrayBuffer>>();
  #cachedBytes = 0;

  /**
   * Told of each segment that leaves the cache. Views into it may still be about, in answers of the open group: whoever
   * takes the memory back waits for those.
   */
  onLeft: (bytes: ArrayBuffer) => void = () => {};

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

  append(event: number, headers: Uint8Array, body: Uint8Array, bodySha256: Uint8Array, storedAtMs: number): Place {
    if (this.#pending !== undefined && this.#pending.bytes >= SEGMENT_BYTES) this.flush(storedAtMs);
    this.#pending ??= { id: this.numbers.nextSegment(), firstEvent: event, lastEvent: event, parts: [], bytes: 0 };
    const pending = this.#pending;
    const place = { segment: pending.id, start: pending.bytes };
    pending.parts.push(headers, body, bodySha256);
    pending.bytes += headers.length + body.length + HASH_BYTES;
    pending.lastEvent = event;
    return place;
  }

  flush(storedAtMs: number): void {
    if (this.#pending === undefined) return;
    const { id, firstEvent, lastEvent, parts, bytes } = this.#pending;
    this.#pending = undefined;
    const blob = this.#joined(parts, bytes);
    this.sql.run(INSERT, id, firstEvent, lastEvent, storedAtMs, crc32(blob), blob);
  }

  /** `undefined` once retention has taken it. @throws AppError `store_corrupt` */
  parcel(
    segment: number,
    start: number,
    headersBytes: number,
    bodyBytes: number,
    storedAtMs: number,
  ): Parcel | undefined {
    const bodyStart = start + headersBytes;
    const bodyEnd = bodyStart + bodyBytes;
    const bytes = this.segment(segment, bodyEnd + HASH_BYTES, storedAtMs);
    if (bytes === undefined) return undefined;
    return {
      headers: bytes.toString('utf8', start, bodyStart),
      body: view(bytes, bodyStart, bodyEnd),
      bodySha256: view(bytes, bodyEnd, bodyEnd + HASH_BYTES),
    };
  }

  /**
   * The segment with all its parcels, each of which is headers, body and hash in a row; `undefined` once retention has
   * taken it. Not to be changed.
   *
   * @param least how long it must be, for what is looked for to lie in it
   * @throws AppError `store_corrupt`
   */
  segment(id: number, least: number, storedAtMs: number): Buffer | undefined {
    const bytes = this.#segment(id, storedAtMs);
    if (bytes !== undefined && bytes.length < least) {
      throw new AppError('store_corrupt', { problem: `Segment ${id} is shorter than what lies in it.` });
    }
    return bytes;
  }

  /** Good until the next call. */
  #joined(parts: readonly Uint8Array[], bytes: number): Buffer {
    if (bytes > SCRATCH_BYTES) return Buffer.concat(parts, bytes);
    const scratch = (this.#scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES));
    let at = 0;
    for (const part of parts) {
      scratch.set(part, at);
      at += part.length;
    }
    return scratch.subarray(0, bytes);
  }

  #segment(id: number, storedAtMs: number): Buffer<ArrayBuffer> | undefined {
    if (this.#pending?.id === id) this.flush(storedAtMs);
    const cached = this.#cached.get(id);
    if (cached !== undefined) return cached;
    const row = this.sql.one<{ crc: number; bytes: Uint8Array<ArrayBuffer> }>(SELECT, id);
    if (row === undefined) return undefined;
    if (crc32(row.bytes) !== row.crc) {
      throw new AppError('store_corrupt', { problem: `The bodies in segment ${id} are not what was stored.` });
    }
    const bytes = Buffer.from(row.bytes.buffer, row.bytes.byteOffset, row.bytes.length);
    this.#keep(id, bytes);
    return bytes;
  }

  #keep(id: number, bytes: Buffer<ArrayBuffer>): void {
    this.#cached.set(id, bytes);
    this.#cachedBytes += bytes.length;
    for (const [oldest, old] of this.#cached) {
      if (this.#cachedBytes <= CACHED_BYTES_MAX || oldest === id) break;
      this.#cached.delete(oldest);
      this.#cachedBytes -= old.length;
      if (old.length === old.buffer.byteLength) this.onLeft(old.buffer);
    }
  }
}

/** A plain array: what leaves the store must not behave differently for being a Buffer. */
function view({ buffer, byteOffset }: Buffer, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, end - start);
}

const INSERT = `insert into segment (id, first_event, last_event, stored_at, crc, bytes) values (?, ?, ?, ?, ?, ?)`;
const SELECT = `select crc, bytes from segment where id = ?`;
