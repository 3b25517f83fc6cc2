/**
 * The operating system's randomness.
 *
 * @module
 */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../core/ports.js';

/** One call for many ids: asking the system for 16 bytes costs almost what 4096 cost. */
const POOL_BYTES = 4096;

/** Randomness from the CSPRNG of node:crypto, fetched in blocks. Bytes that were handed out are wiped from the block. */
export function realRandom(): Random {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;

  const bytes = (length: number): Uint8Array => {
    if (length > POOL_BYTES / 4) return new Uint8Array(randomFillSync(Buffer.allocUnsafeSlow(length)).buffer);
    if (used + length > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const taken = new Uint8Array(length);
    for (let at = 0; at < length; at++, used++) {
      taken[at] = pool[used]!;
      pool[used] = 0;
    }
    return taken;
  };

  return {
    bytes,
    float() {
      const drawn = new DataView(bytes(8).buffer);
      // 53 bits, as many as a double holds.
      return ((drawn.getUint32(0) >>> 11) * 2 ** 32 + drawn.getUint32(4)) / 2 ** 53;
    },
  };
}
