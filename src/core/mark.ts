/**
 * The mark of a call in the forms in which providers take ids from clients. Equal marks give equal ids, so that a repeat
 * is recognised.
 *
 * @module
 */
import { hash } from 'node:crypto';

/** For a key that its provider remembers as long as the thing it made: 100 years. */
export const KEY_LIVES_ON_MS = 100 * 365 * 24 * 60 * 60 * 1000;

/**
 * A UUID of 122 bits of the SHA-256 of the mark, in the form of version 4 (RFC 9562, section 5.4): the only one that
 * some providers take.
 */
export function markAsUuid(mark: string): string {
  const bytes = digest(mark).subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const BASE32_HEX = '0123456789abcdefghijklmnopqrstuv';

/** Lower-case base32hex (RFC 4648, section 7) of the SHA-256 of the mark: 51 characters, 255 bits. */
export function markAsBase32Hex(mark: string): string {
  let value = BigInt(`0x${digest(mark).toString('hex')}`) >> 1n;
  let text = '';
  for (let i = 0; i < 51; i++, value >>= 5n) text = BASE32_HEX[Number(value & 31n)] + text;
  return text;
}

/** 64 characters of lower-case hex. */
export function markAsHex(mark: string): string {
  return digest(mark).toString('hex');
}

function digest(mark: string): Buffer {
  return hash('sha256', `fairlead:${mark}`, 'buffer');
}
