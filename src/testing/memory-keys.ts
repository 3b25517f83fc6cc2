/**
 * Keys in memory.
 *
 * @module
 */
import type { KeySource, Random } from '../core/ports.js';

export interface MemoryKeys extends KeySource {
  /** Makes a new key the current one and gives its id; the old ones stay. */
  rotate(): string;
  /** Takes a key away, as if its file were lost. */
  lose(id: string): void;
}

const KEY_BYTES = 32;
/** PKCS#8 around an Ed25519 seed (RFC 8410, section 7): version, algorithm 1.3.101.112, octet string in octet string. */
const PKCS8_ED25519 = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/** All keys are drawn from `random`, so the same seed gives the same keys, in the order in which they are asked for. */
export function memoryKeys(random: Random): MemoryKeys {
  const keks = new Map<string, Uint8Array>();
  const auditKeys = new Map<string, string>();
  let made = 0;
  let current = '';
  const rotate = (): string => {
    made += 1;
    current = `k${made}`;
    keks.set(current, random.bytes(KEY_BYTES));
    return current;
  };
  rotate();
  return {
    kek: (id) => keks.get(id),
    currentKekId: () => current,
    auditKeyPem(environment) {
      const pem = auditKeys.get(environment) ?? pemOf(random.bytes(KEY_BYTES));
      auditKeys.set(environment, pem);
      return pem;
    },
    rotate,
    lose: (id) => void keks.delete(id),
  };
}

function pemOf(seed: Uint8Array): string {
  const base64 = Buffer.from([...PKCS8_ED25519, ...seed]).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
}
