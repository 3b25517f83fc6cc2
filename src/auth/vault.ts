/**
 * The vault: seals a secret so that it opens only with our key and only in the place it was sealed for.
 *
 * Envelope, version 1. Every record has a data key (DEK) of its own, wrapped by a key-encryption key (KEK) that lies
 * outside the database; both layers are AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces and 128-bit tags:
 *
 *     01 | kekId length | kekId | nonce 12 | wrapped DEK 32 | tag 16 | nonce 12 | ciphertext | tag 16
 *
 * The place (tenant, environment, kind, id, field) is authenticated by both layers, the KEK id by the wrapping, so a
 * cell that is moved to another row, tenant, field or environment does not open.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { AppError } from '../core/errors.js';
import type { KeySource, Random } from '../core/ports.js';

/** The place a secret belongs to. All of it must be the same on opening, byte for byte. */
export interface SecretBinding {
  tenant: string;
  environment: string;
  /** What kind of row, e.g. `source`, `connection`. */
  kind: string;
  /** Which row. */
  id: string;
  /** Which column or part of it. */
  field: string;
}

const VERSION = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
/** Always given to the cipher: without it Node takes tags down to four bytes. */
const TAG_BYTES = 16;
const WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;
const KEK_ID = /^[A-Za-z0-9_-]{1,64}$/;

interface Envelope {
  kekId: string;
  wrapped: Uint8Array;
  payload: Uint8Array;
}

/** Seals and opens. Holds no secret itself; keys come from the {@link KeySource} at each call. */
export class Vault {
  readonly #keys: KeySource;
  readonly #random: Random;

  constructor(keys: KeySource, random: Random) {
    this.#keys = keys;
    this.#random = random;
  }

  /**
   * Seals under the current key.
   *
   * @throws AppError `vault_sealed` when the current key is not here
   */
  seal(plaintext: Uint8Array, binding: SecretBinding): Uint8Array {
    const kekId = this.#keys.currentKekId();
    const dek = this.#random.bytes(KEY_BYTES);
    try {
      const wrapped = this.#encrypt(this.#kek(kekId), dek, wrapContext(binding, kekId));
      const payload = this.#encrypt(dek, plaintext, payloadContext(binding));
      return encode({ kekId, wrapped, payload });
    } finally {
      dek.fill(0);
    }
  }

  /**
   * Opens what was sealed for this place.
   *
   * @throws AppError `vault_sealed` when the key it names is not here, `vault_tampered` when it was changed, cut, or
   *   belongs elsewhere. No part of the plaintext leaves before all of it is authenticated.
   */
  open(sealed: Uint8Array, binding: SecretBinding): Uint8Array {
    const envelope = decode(sealed, binding);
    const dek = this.#unwrap(envelope, binding);
    try {
      return decrypt(dek, envelope.payload, payloadContext(binding)) ?? refuse(binding);
    } finally {
      dek.fill(0);
    }
  }

  /**
   * The same secret under the current key: only the data key is wrapped anew, so this costs the same for any size and
   * shows no plaintext. Returns `sealed` itself when it is under the current key already.
   *
   * @throws AppError as {@link open}
   */
  rewrap(sealed: Uint8Array, binding: SecretBinding): Uint8Array {
    const envelope = decode(sealed, binding);
    const kekId = this.#keys.currentKekId();
    if (envelope.kekId === kekId) return sealed;
    const dek = this.#unwrap(envelope, binding);
    try {
      const wrapped = this.#encrypt(this.#kek(kekId), dek, wrapContext(binding, kekId));
      return encode({ kekId, wrapped, payload: envelope.payload });
    } finally {
      dek.fill(0);
    }
  }

  #unwrap({ kekId, wrapped }: Envelope, binding: SecretBinding): Uint8Array {
    return decrypt(this.#kek(kekId), wrapped, wrapContext(binding, kekId)) ?? refuse(binding);
  }

  #kek(id: string): Uint8Array {
    const key = this.#keys.kek(id);
    if (key?.byteLength !== KEY_BYTES) throw new AppError('vault_sealed', { keyId: id });
    return key;
  }

  #encrypt(key: Uint8Array, plaintext: Uint8Array, context: Uint8Array): Uint8Array {
    const nonce = this.#random.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(context);
    return concat(nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
  }
}

/** The id of the key a record is sealed under, for counting what is left to move; `undefined` when it is no record. */
export function kekIdOf(sealed: Uint8Array): string | undefined {
  return parse(sealed)?.kekId;
}

/** `undefined` when it does not authenticate; then what was decrypted so far is wiped, not returned. */
function decrypt(key: Uint8Array, box: Uint8Array, context: Uint8Array): Uint8Array | undefined {
  if (box.byteLength < NONCE_BYTES + TAG_BYTES) return undefined;
  const tagAt = box.byteLength - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(context);
  decipher.setAuthTag(box.subarray(tagAt));
  const plaintext = decipher.update(box.subarray(NONCE_BYTES, tagAt));
  try {
    // GCM is a stream: final() yields nothing more, it only judges.
    decipher.final();
    return new Uint8Array(plaintext);
  } catch {
    return undefined;
  } finally {
    plaintext.fill(0);
  }
}

function encode({ kekId, wrapped, payload }: Envelope): Uint8Array {
  const id = Buffer.from(kekId, 'latin1');
  return concat(Uint8Array.of(VERSION, id.byteLength), id, wrapped, payload);
}

function decode(sealed: Uint8Array, binding: SecretBinding): Envelope {
  return parse(sealed) ?? refuse(binding);
}

function parse(sealed: Uint8Array): Envelope | undefined {
  const [version, idBytes = 0] = sealed;
  const wrappedAt = 2 + idBytes;
  const payloadAt = wrappedAt + WRAPPED_BYTES;
  if (version !== VERSION || sealed.byteLength < payloadAt + NONCE_BYTES + TAG_BYTES) return undefined;
  const kekId = Buffer.from(sealed.subarray(2, wrappedAt)).toString('latin1');
  if (!KEK_ID.test(kekId)) return undefined;
  return { kekId, wrapped: sealed.subarray(wrappedAt, payloadAt), payload: sealed.subarray(payloadAt) };
}

const wrapContext = (binding: SecretBinding, kekId: string) => context('fairlead vault v1 key', binding, kekId);
const payloadContext = (binding: SecretBinding) => context('fairlead vault v1 secret', binding);

/** Each part with its length in front, or `a` + `bc` and `ab` + `c` would be one place. */
function context(
  purpose: string,
  { tenant, environment, kind, id, field }: SecretBinding,
  ...more: string[]
): Uint8Array {
  const parts = [purpose, tenant, environment, kind, id, field, ...more].map((part) => Buffer.from(part));
  return concat(...parts.flatMap((part) => [lengthOf(part), part]));
}

function lengthOf(part: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(part.byteLength);
  return length;
}

/** A copy with memory of its own, so that it can be transferred to a thread and holds nothing of its neighbours. */
function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

function refuse({ kind, id, field }: SecretBinding): never {
  throw new AppError('vault_tampered', { what: `${field} of ${kind} ${id}` });
}
