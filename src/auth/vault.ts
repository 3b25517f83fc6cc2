/**
 * The vault: seals a secret so that it opens only with our key and only in the place it was sealed for.
 *
 * Every record has a random data key of its own, wrapped by a key-encryption key (KEK) that lies outside the database;
 * both layers are AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces and 128-bit tags. The form is in
 * core/sealed-value.ts. The place (tenant, environment, kind, id, field) is authenticated by both layers, the KEK id by
 * the wrapping, the version by the value: what is moved to another row, tenant, field, environment or put back in the
 * place of a newer value does not open.
 *
 * A value with a share is encrypted under HMAC-SHA256(data key, share). The share lies outside the database and its
 * backups, so destroying it destroys every copy of the value (crypto-shredding).
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { AppError } from '../core/errors.js';
import type { KeySource, Random } from '../core/ports.js';
import {
  headBytes,
  KEY_BYTES,
  NONCE_BYTES,
  parseSealed,
  TAG_BYTES,
  writeHead,
  type SealedHead,
  type SealedValue,
} from '../core/sealed-value.js';
import { isSamePlace, keyContext, valueContext, type SecretBinding } from './place.js';

/** The part of a key source that the vault uses. */
export interface VaultKeySource extends Pick<KeySource, 'kek' | 'currentKekId'> {
  /** Absent where nothing has shares. */
  shares?: Pick<KeySource['shares'], 'get'>;
}

/** Data keys in memory: those of the records that are used again and again. */
const DATA_KEYS_MAX = 1_000;
const CIPHER = 'aes-256-gcm';
const OPTIONS = { authTagLength: TAG_BYTES };

/** A data key that opened a value, and the place of that value, ready to be authenticated again. */
interface Remembered {
  key: KeyObject;
  binding: SecretBinding;
  context: Uint8Array;
}

/** Seals and opens. Keys come from the {@link KeySource}; of those that were unwrapped it remembers the last ones. */
export class Vault {
  readonly #keys: VaultKeySource;
  readonly #random: Random;
  /** By their wrapped form, which is as unique as they are. */
  readonly #dataKeys = new Map<string, Remembered>();

  constructor(keys: VaultKeySource, random: Random) {
    this.#keys = keys;
    this.#random = random;
  }

  /**
   * Seals under the current key, with a new data key.
   *
   * @throws AppError `vault_sealed` when the current key is not here, `secret_destroyed` when the share is not
   */
  seal(plaintext: Uint8Array, binding: SecretBinding): Uint8Array {
    const kekId = this.#keys.currentKekId();
    const dataKey = this.#random.bytes(KEY_BYTES);
    try {
      const wrapped = this.#encrypt(this.#kek(kekId), dataKey, keyContext(binding, kekId));
      const head = { hasShare: binding.share !== undefined, kekId, wrapped };
      return this.#sealUnder(this.#valueKey(dataKey, binding), head, plaintext, binding);
    } finally {
      dataKey.fill(0);
    }
  }

  /**
   * Seals the next value of a record under the data key of the one before.
   *
   * @param before a value that was sealed for the same place, of any version
   * @throws AppError as {@link open}
   */
  sealNext(before: Uint8Array, plaintext: Uint8Array, binding: SecretBinding): Uint8Array {
    const parts = partsOf(before, binding);
    const key = this.#dataKeys.get(parts.keyName)?.key ?? this.#dataKeyOf(parts, binding);
    const { hasShare, kekId, bytes, wrappedAt, payloadAt } = parts;
    const head = { hasShare, kekId, wrapped: bytes.subarray(wrappedAt, payloadAt) };
    return this.#sealUnder(key, head, plaintext, binding);
  }

  /**
   * Opens what was sealed for this place.
   *
   * @throws AppError `vault_sealed` when the key it names is not here, `secret_destroyed` when its share is not,
   *   `vault_tampered` when it was changed, cut, or belongs elsewhere. No part of the plaintext leaves before all of it
   *   is authenticated.
   */
  open(sealed: Uint8Array, binding: SecretBinding): Uint8Array {
    const parts = partsOf(sealed, binding);
    const known = this.#dataKeys.get(parts.keyName);
    const isSame = known !== undefined && isSamePlace(known.binding, binding);
    const key = known?.key ?? this.#dataKeyOf(parts, binding);
    const context = isSame ? known.context : valueContext(binding);
    const plaintext = decrypt(key, parts.bytes, parts.payloadAt, parts.bytes.byteLength, context) ?? refuse(binding);
    if (!isSame) this.#remember(parts, { key, binding, context });
    return plaintext;
  }

  /**
   * The same secret under the current key: only the data key is wrapped anew, so this costs the same for any size and
   * shows no plaintext. Returns `sealed` itself when it is under the current key already.
   *
   * @throws AppError as {@link open}
   */
  rewrap(sealed: Uint8Array, binding: SecretBinding): Uint8Array {
    const parts = partsOf(sealed, binding);
    const kekId = this.#keys.currentKekId();
    if (parts.kekId === kekId) return sealed;
    const dataKey = this.#unwrap(parts, binding);
    try {
      const wrapped = this.#encrypt(this.#kek(kekId), dataKey, keyContext(binding, kekId));
      const at = headBytes(kekId);
      const payload = parts.bytes.subarray(parts.payloadAt);
      const moved = new Uint8Array(at + payload.byteLength);
      writeHead(moved, { hasShare: parts.hasShare, kekId, wrapped });
      moved.set(payload, at);
      return moved;
    } finally {
      dataKey.fill(0);
    }
  }

  /** Forgets the data keys it remembers; for what was just destroyed. */
  forget(): void {
    this.#dataKeys.clear();
  }

  #dataKeyOf(parts: SealedValue, binding: SecretBinding): KeyObject {
    const dataKey = this.#unwrap(parts, binding);
    try {
      return this.#valueKey(dataKey, binding);
    } finally {
      dataKey.fill(0);
    }
  }

  /** Only what has been authenticated: a data key that was put here by other hands must not push ours out. */
  #remember({ keyName }: SealedValue, { binding, ...rest }: Remembered): void {
    if (this.#dataKeys.size >= DATA_KEYS_MAX) this.#dataKeys.delete(this.#dataKeys.keys().next().value!);
    this.#dataKeys.set(keyName, { ...rest, binding: { ...binding } });
  }

  #unwrap({ kekId, bytes, wrappedAt, payloadAt }: SealedValue, binding: SecretBinding): Uint8Array {
    return decrypt(this.#kek(kekId), bytes, wrappedAt, payloadAt, keyContext(binding, kekId)) ?? refuse(binding);
  }

  /** What the value itself is encrypted under. */
  #valueKey(dataKey: Uint8Array, { share: id, kind, id: row }: SecretBinding): KeyObject {
    if (id === undefined) return createSecretKey(dataKey);
    const share = this.#keys.shares?.get(id);
    if (share === undefined) throw new AppError('secret_destroyed', { what: `${kind} ${row}` });
    const mixed = createHmac('sha256', dataKey).update('fairlead vault share').update(share).digest();
    const key = createSecretKey(mixed);
    mixed.fill(0);
    return key;
  }

  #kek(id: string): Uint8Array {
    const key = this.#keys.kek(id);
    if (key?.byteLength !== KEY_BYTES) throw new AppError('vault_sealed', { keyId: id });
    return key;
  }

  #sealUnder(key: KeyObject, head: SealedHead, plaintext: Uint8Array, binding: SecretBinding): Uint8Array {
    const sealed = this.#encrypt(key, plaintext, valueContext(binding), headBytes(head.kekId));
    writeHead(sealed, head);
    return sealed;
  }

  /**
   * Nonce, ciphertext and tag, after `room` bytes that the caller fills. With memory of its own, so that it can be
   * handed to a thread and holds nothing of its neighbours.
   */
  #encrypt(key: Uint8Array | KeyObject, plaintext: Uint8Array, context: Uint8Array, room = 0): Uint8Array {
    const nonce = this.#random.bytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS);
    cipher.setAAD(context);
    const encrypted = cipher.update(plaintext);
    // GCM is a stream: final() yields nothing more, it only makes the tag.
    cipher.final();
    const bodyAt = room + NONCE_BYTES;
    const box = new Uint8Array(bodyAt + encrypted.byteLength + TAG_BYTES);
    box.set(nonce, room);
    box.set(encrypted, bodyAt);
    box.set(cipher.getAuthTag(), bodyAt + encrypted.byteLength);
    return box;
  }
}

/**
 * What lies between two places as nonce, ciphertext and tag. `undefined` when it does not authenticate; then what was
 * decrypted so far is wiped, not returned.
 */
function decrypt(
  key: Uint8Array | KeyObject,
  bytes: Uint8Array,
  from: number,
  to: number,
  context: Uint8Array,
): Uint8Array | undefined {
  const bodyAt = from + NONCE_BYTES;
  const tagAt = to - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(from, bodyAt), OPTIONS);
  decipher.setAAD(context);
  decipher.setAuthTag(bytes.subarray(tagAt, to));
  const plaintext = decipher.update(bytes.subarray(bodyAt, tagAt));
  try {
    decipher.final();
    return ownBytes(plaintext);
  } catch {
    plaintext.fill(0);
    return undefined;
  }
}

/** The cipher's answer has memory of its own; should it ever share some, it is copied and wiped. */
function ownBytes(plaintext: Buffer): Uint8Array {
  const { buffer, byteOffset, byteLength } = plaintext;
  if (buffer.byteLength === byteLength) return new Uint8Array(buffer, byteOffset, byteLength);
  const copy = new Uint8Array(plaintext);
  plaintext.fill(0);
  return copy;
}

/** A value with a share in a place without one, or the reverse, was not sealed for this place. */
function partsOf(sealed: Uint8Array, binding: SecretBinding): SealedValue {
  const parts = parseSealed(sealed);
  return parts !== undefined && parts.hasShare === (binding.share !== undefined) ? parts : refuse(binding);
}

function refuse({ kind, id, field }: SecretBinding): never {
  throw new AppError('vault_tampered', { what: `${field} of ${kind} ${id}` });
}
