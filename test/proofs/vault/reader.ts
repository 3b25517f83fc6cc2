/**
 * What the proof of the vault looks at after the server has ended: every secret with the keys that lie beside the
 * database, and the same records moved, cut and changed.
 *
 *     node reader.js DATA_DIR EXPECTED.json
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeptSecrets, keyUses, Vault } from '../../../src/auth/index.js';
import { isAppError } from '../../../src/core/errors.js';
import { SecretSet } from '../../../src/core/secret-set.js';
import { openKeyFiles, realClock, realRandom } from '../../../src/host/index.js';
import { openSqliteInProcess } from '../../../src/storage/sqlite/index.js';

const [dataDir = '', expectedFile = ''] = process.argv.slice(2);
const expected = JSON.parse(readFileSync(expectedFile, 'utf8')) as Record<string, string[]>;
const scope = { tenant: 'default', environment: 'sandbox' } as const;
const random = realRandom();
const keys = openKeyFiles(dataDir, { random, clock: realClock });
const store = await openSqliteInProcess(join(dataDir, 'fairlead.db'), { clock: realClock });
const vault = new Vault(keys, random);
const kept = new KeptSecrets({
  secrets: store.secrets,
  vault,
  shares: keys.shares,
  fetch: async () => '',
  clock: realClock,
  random,
  handedOut: new SecretSet(),
  ttlMs: 0,
});

const report = {
  read: 0,
  unreadable: [] as string[],
  swaps: 0,
  cuts: 0,
  opened: [] as string[],
  keys: [] as unknown[],
};
for (const [name, values] of Object.entries(expected)) {
  // A value whose replacement got no answer may be the old one or the new one, and nothing else.
  const value = await kept.read(scope, 'named', name).catch((error: unknown) => `failed: ${String(error)}`);
  if (values.includes(value)) report.read += 1;
  else report.unreadable.push(`${name}: ${value.startsWith('failed') ? value : 'another value'}`);
}

const { rows } = await store.system.sealedRecords({ limit: 40, order: 'oldest' });
const named = rows.filter(({ kind }) => kind === 'named');
const refused = (what: string, name: string, version: number, id: string, sealed: Uint8Array): void => {
  const row = { id, name, version, sealed, kind: 'named' as const, facts: '{}', createdAtMs: 0, updatedAtMs: 0 };
  try {
    new KeptSecrets({ ...partsOf(), vault: new Vault(keys, random) }).open(scope, row);
    report.opened.push(what);
  } catch (error) {
    if (!isAppError(error) || !error.code.startsWith('vault_')) report.opened.push(`${what}: ${String(error)}`);
  }
};
const partsOf = () => ({
  secrets: store.secrets,
  shares: keys.shares,
  fetch: async () => '',
  clock: realClock,
  random,
  handedOut: new SecretSet(),
});
for (const one of named) {
  for (const other of named) {
    if (one === other) continue;
    report.swaps += 1;
    refused(`${one.name} in the place of ${other.name}`, other.name, other.version, other.id, one.sealed);
  }
  report.swaps += 1;
  refused(`${one.name} as another version`, one.name, one.version + 1, one.id, one.sealed);
}
const [sample] = named;
if (sample !== undefined) {
  const { name, version, id, sealed } = sample;
  for (let at = 0; at < sealed.byteLength; at++) {
    report.cuts += 2;
    refused(`cut at ${at}`, name, version, id, sealed.subarray(0, at));
    refused(
      `changed at ${at}`,
      name,
      version,
      id,
      Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte)),
    );
  }
}
report.keys = await keyUses({ system: store.system, keys });
process.stdout.write(JSON.stringify(report));
await store.system.close();
