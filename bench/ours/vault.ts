/** The vault and what is kept in it, for bench/vault.mjs: keys in memory, a store of one row. @module */
import { KeptSecrets, Vault } from '../../src/auth/index.js';
import type { SecretRow } from '../../src/core/secret.js';
import { SecretSet } from '../../src/core/secret-set.js';
import { realClock, realRandom } from '../../src/host/index.js';
import { memoryKeys } from '../../src/testing/index.js';

export interface VaultUnderTest {
  /** The next value of a record. */
  sealNext(plaintext: Uint8Array): Uint8Array;
  /** A first value, with a data key of its own. */
  seal(plaintext: Uint8Array): Uint8Array;
  open(sealed: Uint8Array): Uint8Array;
  /** What calls do: from memory. */
  read(): string | undefined;
}

export async function openVault(token: string): Promise<VaultUnderTest> {
  const random = realRandom();
  const keys = memoryKeys(random);
  const vault = new Vault(keys, random);
  const place = { tenant: 'default', environment: 'live', kind: 'connection', id: 'con_1', field: 'sec_1', version: 1 };
  const first = vault.seal(new TextEncoder().encode(token), place);
  const scope = { tenant: 'default', environment: 'live' } as const;
  let row: SecretRow | undefined;
  const kept = new KeptSecrets({
    secrets: {
      get: async () => row,
      delete: async () => false,
      list: async () => ({ rows: [] }),
      async put(_scope, kind, { expectedVersion, ...secret }) {
        row = { ...secret, kind, version: expectedVersion + 1, createdAtMs: 0, updatedAtMs: 0 };
        return { kind: 'stored', version: row.version };
      },
    },
    vault,
    shares: keys.shares,
    fetch: async () => '',
    clock: realClock,
    random,
    handedOut: new SecretSet(),
    ttlMs: 3_600_000,
  });
  await kept.create(scope, 'connection', 'con_1', token, {});
  await kept.read(scope, 'connection', 'con_1');
  return {
    sealNext: (plaintext) => vault.sealNext(first, plaintext, place),
    seal: (plaintext) => vault.seal(plaintext, place),
    open: (sealed) => vault.open(sealed, place),
    read: () => kept.cached(scope, 'connection', 'con_1'),
  };
}
