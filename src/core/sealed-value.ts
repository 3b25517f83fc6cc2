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
  /** The data key under the key-encryption key. */
  wrapped: Uint8Array;
  /** The secret under the data key. */
  payload: Uint8Array;
}

/** `undefined` when the bytes are no sealed value. Views, not copies. */
export function parseSealed(sealed: Uint8Array): SealedValue | undefined {
  const [version, idBytes = 0] = sealed;
  const wrappedAt = 2 + idBytes;
  const payloadAt = wrappedAt + WRAPPED_BYTES;
  if (version !== 1 && version !== 2) return undefined;
  if (sealed.byteLength < payloadAt + NONCE_BYTES + TAG_BYTES) return undefined;
  const kekId = String.fromCharCode(...sealed.subarray(2, wrappedAt));
  if (!KEK_ID.test(kekId)) return undefined;
  const wrapped = sealed.subarray(wrappedAt, payloadAt);
  return { hasShare: version === 2, kekId, wrapped, payload: sealed.subarray(payloadAt) };
}

/** A copy with memory of its own, so that it can be handed to a thread and holds nothing of its neighbours. */
export function renderSealed({ hasShare, kekId, wrapped, payload }: SealedValue): Uint8Array {
  const sealed = new Uint8Array(2 + kekId.length + wrapped.byteLength + payload.byteLength);
  sealed[0] = hasShare ? 2 : 1;
  sealed[1] = kekId.length;
  for (let at = 0; at < kekId.length; at++) sealed[2 + at] = kekId.charCodeAt(at);
  sealed.set(wrapped, 2 + kekId.length);
  sealed.set(payload, 2 + kekId.length + wrapped.byteLength);
  return sealed;
}

/** The id of the key a value is sealed under; `undefined` when it is no sealed value. */
export function kekIdOf(sealed: Uint8Array): string | undefined {
  return parseSealed(sealed)?.kekId;
}
