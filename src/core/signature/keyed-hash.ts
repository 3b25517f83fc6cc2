/**
 * HMAC (RFC 2104) over messages of a webhook's size, as the two plain hashes it is made of.
 *
 * A `Hmac` of node:crypto is an object with a life of its own: making it, and having the garbage collector take it away,
 * costs more than hashing 2 KB does. A plain hash in one call makes none. What is too large to be copied first is fed to
 * node:crypto as before.
 *
 * @module
 */
import { createHmac, hash, type Hash, type Hmac, type KeyObject } from 'node:crypto';
import { feed, type Content, type Part } from './signed-content.js';

/** Makes the digest of what a scheme signs. */
export type Digest = (parts: readonly Part[], content: Content, encoding: 'hex' | 'base64') => string;

/** Of both hashes (FIPS 180-4, figure 1): what a key is filled up to. */
const BLOCK_BYTES = 64;

/** Scratch for key and message: hashing is synchronous, so one buffer serves every key. */
const SCRATCH = Buffer.alloc(96 * 1024);

/** Where the message in {@link SCRATCH} ends; infinite when it does not fit. */
let end = 0;

const MESSAGE = {
  /** A UTF-16 unit is at most three bytes of UTF-8; what is bytes already is taken for as many. */
  update(data: string | Uint8Array): void {
    if (end + data.length * 3 > SCRATCH.length) end = Infinity;
    else if (typeof data === 'string') end += SCRATCH.write(data, end);
    else {
      SCRATCH.set(data, end);
      end += data.length;
    }
  },
};

/** The HMACs under one key, whose two pads are laid out once. */
export function keyedHash(algorithm: string, key: KeyObject): Digest {
  const bytes = key.export();
  const block = Buffer.alloc(BLOCK_BYTES);
  block.set(bytes.length > BLOCK_BYTES ? hash(algorithm, bytes, 'buffer') : bytes);
  const inner = block.map((byte) => byte ^ 0x36);
  // Behind the outer pad is the place of the inner hash.
  const outer = Buffer.concat([block.map((byte) => byte ^ 0x5c), hash(algorithm, '', 'buffer')]);
  return (parts, content, encoding) => {
    end = BLOCK_BYTES;
    feed(MESSAGE, parts, content);
    if (end > SCRATCH.length) return digestFed(createHmac(algorithm, key), parts, content, encoding);
    SCRATCH.set(inner);
    // By way of a text: a buffer of its own for 32 bytes costs twice as much.
    outer.write(hash(algorithm, SCRATCH.subarray(0, end), 'binary'), BLOCK_BYTES, 'latin1');
    return hash(algorithm, outer, encoding);
  };
}

export function digestFed(sink: Hash | Hmac, ...[parts, content, encoding]: Parameters<Digest>): string {
  feed(sink, parts, content);
  return sink.digest(encoding);
}
