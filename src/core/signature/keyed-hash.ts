/**
 * HMAC (RFC 2104) over messages of a webhook's size, as the two plain hashes it is made of.
 *
 * A `Hmac` of node:crypto is an object with a life of its own: making it, and having the garbage collector take it away,
 * costs more than hashing 2 KB does. A plain hash in one call makes none.
 *
 * @module
 */
import { hash } from 'node:crypto';
import { join, type Content, type Part } from './signed-content.js';

/** Makes the digest of what a scheme signs. */
export type Digest = (parts: readonly Part[], content: Content, encoding: 'hex' | 'base64') => string;

/** Of both hashes (FIPS 180-4, figure 1): what a key is filled up to. */
const BLOCK_BYTES = 64;

/** The HMACs under one key, whose two pads are laid out once. */
export function keyedHash(algorithm: string, key: Uint8Array): Digest {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? hash(algorithm, key, 'buffer') : key);
  const inner = block.map((byte) => byte ^ 0x36);
  // Behind the outer pad is the place of the inner hash.
  const outer = Buffer.concat([block.map((byte) => byte ^ 0x5c), hash(algorithm, '', 'buffer')]);
  return (parts, content, encoding) => {
    // By way of a text: a buffer of its own for 32 bytes costs twice as much.
    outer.write(hash(algorithm, join(parts, content, inner), 'binary'), BLOCK_BYTES, 'latin1');
    return hash(algorithm, outer, encoding);
  };
}
