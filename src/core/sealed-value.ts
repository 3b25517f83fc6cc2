/**
 * The form of a sealed value, without any key: what a rotation and a count need to know of it.
 *
 *     version 1 | kekId length 1 | kekId | nonce 12 | wrapped data key 32 | tag 16 | nonce 12 | ciphertext | tag 16
 *
 * Version 1 needs the key-encryption key, version 2 also the share of its record.
 *
 * @module
 */

export const NONCE_BYTES = 12;
/** Always given to the cipher: without it Node takes tags down to four bytes. */
export const TAG_BYTES = 16;
export const KEY_BYTES = 32;

const WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;
const KEK_ID = /^[A-Za-z0-9_-]{1,64}$/;

export interface SealedValue {
  hasShare: boolean;
  kekId: string;
  /** Key id and wrapped data key together, a letter a byte: as unique as the data key. */
  keyName: string;
  /** All of it. */
  bytes: Buffer;
  /** Where the data key lies in it, under the key-encryption key; it ends where the payload begins. */
  wrappedAt: number;
  /** Where the secret begins, under the data key. */
  payloadAt: number;
}

/** `undefined` when the bytes are no sealed value. A view, no copy. */
export function parseSealed(sealed: Uint8Array): SealedValue | undefined {
  const [version, idBytes = 0] = sealed;
  const wrappedAt = 2 + idBytes;
  const payloadAt = wrappedAt + WRAPPED_BYTES;
  if (version !== 1 && version !== 2) return undefined;
  if (sealed.byteLength < payloadAt + NONCE_BYTES + TAG_BYTES) return undefined;
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const keyName = bytes.toString('latin1', 2, payloadAt);
  const kekId = keyName.slice(0, idBytes);
  if (!KEK_ID.test(kekId)) return undefined;
  return { hasShare: version === 2, kekId, keyName, bytes, wrappedAt, payloadAt };
}

/** What stands before the payload. */
export interface SealedHead extends Pick<SealedValue, 'hasShare' | 'kekId'> {
  wrapped: Uint8Array;
}

/** Bytes before the payload. */
export function headBytes(kekId: string): number {
  return 2 + kekId.length + WRAPPED_BYTES;
}

/** Writes all but the payload to the beginning of `sealed`. */
export function writeHead(sealed: Uint8Array, { hasShare, kekId, wrapped }: SealedHead): void {
  sealed[0] = hasShare ? 2 : 1;
  sealed[1] = kekId.length;
  for (let at = 0; at < kekId.length; at++) sealed[2 + at] = kekId.charCodeAt(at);
  sealed.set(wrapped, 2 + kekId.length);
}

/** The id of the key a value is sealed under; `undefined` when it is no sealed value. */
export function kekIdOf(sealed: Uint8Array): string | undefined {
  return parseSealed(sealed)?.kekId;
}
