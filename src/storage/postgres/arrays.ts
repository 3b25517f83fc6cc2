/**
 * Arrays as PostgreSQL sends and receives them in binary: a batch is a few parameters, whatever its size, and nobody
 * escapes or parses text. Format: `array_recv` in PostgreSQL's arrayfuncs.c.
 *
 * @module
 */
import { toStoredText } from '../../core/stored-text.js';

const OID = { bool: 16, bytea: 17, int8: 20, int4: 23, text: 25 } as const;

/** Dimensions, has-nulls, element type, then length and lower bound of the one dimension. */
const HEAD_BYTES = 20;

function head(count: number, bytes: number, type: number, hasNulls: boolean): Buffer {
  const buffer = Buffer.allocUnsafe(HEAD_BYTES + bytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNulls ? 1 : 0, 4);
  buffer.writeInt32BE(type, 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

/** `unnest` of an array without dimensions has no rows, as it should. */
function none(type: number): Buffer {
  const buffer = Buffer.alloc(12);
  buffer.writeInt32BE(type, 8);
  return buffer;
}

/** A unit of UTF-16 is at most this many bytes of UTF-8. */
const BYTES_PER_UNIT = 3;

/** Written into one place: a buffer for each text would cost more than all else about a group of events. */
export function textArray(values: readonly (string | undefined)[]): Buffer {
  if (values.length === 0) return none(OID.text);
  let units = 0;
  let hasNulls = false;
  for (const value of values) {
    if (value === undefined) hasNulls = true;
    // What NUL and its mark become takes two bytes.
    else units += value.length;
  }
  const buffer = head(values.length, values.length * 4 + units * BYTES_PER_UNIT, OID.text, hasNulls);
  let at = HEAD_BYTES;
  for (const value of values) {
    const bytes = value === undefined ? -1 : buffer.write(toStoredText(value), at + 4);
    buffer.writeInt32BE(bytes, at);
    at += 4 + Math.max(0, bytes);
  }
  return buffer.subarray(0, at);
}

export function byteaArray(values: readonly (Uint8Array | undefined)[]): Buffer {
  return variableArray(values, OID.bytea);
}

function variableArray(values: readonly (Uint8Array | undefined)[], type: number): Buffer {
  if (values.length === 0) return none(type);
  let bytes = 0;
  let hasNulls = false;
  for (const value of values) {
    bytes += 4 + (value?.length ?? 0);
    if (value === undefined) hasNulls = true;
  }
  const buffer = head(values.length, bytes, type, hasNulls);
  let at = HEAD_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(value?.length ?? -1, at);
    if (value === undefined) continue;
    buffer.set(value, at);
    at += value.length;
  }
  return buffer;
}

export function int4Array(values: readonly number[]): Buffer {
  if (values.length === 0) return none(OID.int4);
  const buffer = head(values.length, values.length * 8, OID.int4, false);
  let at = HEAD_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(4, at);
    at = buffer.writeInt32BE(value, at);
  }
  return buffer;
}

export function int8Array(values: readonly (number | undefined)[]): Buffer {
  if (values.length === 0) return none(OID.int8);
  const missing = values.filter((value) => value === undefined).length;
  const buffer = head(values.length, values.length * 12 - missing * 8, OID.int8, missing > 0);
  let at = HEAD_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(value === undefined ? -1 : 8, at);
    if (value === undefined) continue;
    // Two halves: a BigInt would cost more than the rest of this line. Negative numbers round down, as two's complement.
    at = buffer.writeInt32BE(Math.floor(value / 2 ** 32), at);
    at = buffer.writeUInt32BE(value - Math.floor(value / 2 ** 32) * 2 ** 32, at);
  }
  return buffer;
}

export function boolArray(values: readonly boolean[]): Buffer {
  if (values.length === 0) return none(OID.bool);
  const buffer = head(values.length, values.length * 5, OID.bool, false);
  let at = HEAD_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(1, at);
    at = buffer.writeUInt8(value ? 1 : 0, at);
  }
  return buffer;
}
