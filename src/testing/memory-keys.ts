/**
 * Keys in memory.
 *
 * @module
 */
import { AppError } from '../core/errors.js';
import type { KekFacts, KeySource, Random } from '../core/ports.js';

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
  const facts = new Map<string, KekFacts>();
  const shares = new Map<string, Uint8Array>();
  const auditKeys = new Map<string, string>();
  let made = 0;
  let current = '';
  const rotate = (): string => {
    made += 1;
    current = `k${made}`;
    keks.set(current, new Uint8Array(random.bytes(KEY_BYTES)));
    facts.set(current, { id: current, createdAtMs: made });
    return current;
  };
  rotate();
  return {
    kek: (id) => keks.get(id),
    currentKekId: () => current,
    keks: () => [...facts.values()],
    addKek: async () => rotate(),
    async retireKek(id) {
      const fact = facts.get(id);
      if (fact === undefined || id === current)
        throw new AppError('conflict', { what: `key ${id}`, problem: 'current' });
      facts.set(id, { ...fact, retiredAtMs: made });
    },
    async destroyKek(id) {
      if (facts.get(id)?.retiredAtMs === undefined)
        throw new AppError('conflict', { what: `key ${id}`, problem: 'it is in use' });
      facts.delete(id);
      keks.delete(id);
    },
    shares: {
      get: (id) => shares.get(id),
      async make(id) {
        const share = shares.get(id) ?? new Uint8Array(random.bytes(KEY_BYTES));
        shares.set(id, share);
        return share;
      },
      destroy: async (id) => void shares.delete(id),
    },
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
