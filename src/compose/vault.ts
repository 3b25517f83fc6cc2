/** The vault and what is kept in it. @module */
import { ArchiveKeys, fetchReference, KeptSecrets, Vault } from '../auth/index.js';
import type { Gateway } from '../operations/index.js';
import type { Parts } from '../parts.js';
import { SecretPlaces } from './secret-places.js';

export interface ComposedVault {
  kept: KeptSecrets;
  /** What operations see of it. */
  keeping: Pick<Gateway, 'secrets' | 'vault' | 'keys' | 'sealSecret' | 'secretsOf' | 'openBody' | 'sealer' | 'keyId'>;
  places: SecretPlaces;
}

export async function composeVault({
  store,
  keys,
  clock,
  random,
  secrets: handedOut,
  secretSources,
}: Parts): Promise<ComposedVault> {
  const vault = new Vault(keys, random);
  const kept: KeptSecrets = new KeptSecrets({
    secrets: store.secrets,
    vault,
    // A share lies on one machine: where several share a store, the others could not open what this one seals.
    shares: store.capabilities.concurrentWriters ? undefined : keys.shares,
    fetch: (scope, reference) => fetchReference(secretSources, reference, (name) => kept.read(scope, 'named', name)),
    clock,
    random,
    handedOut,
  });
  const archive = await ArchiveKeys.open({ secrets: store.secrets, vault, clock, random });
  const places = new SecretPlaces(vault, archive, secretSources, handedOut, (scope, name) =>
    kept.read(scope, 'named', name),
  );
  const keeping: ComposedVault['keeping'] = {
    secrets: kept,
    vault,
    keys,
    sealSecret: (scope, sourceId, secretId, text) => places.sealSourceSecret(scope, sourceId, secretId, text),
    secretsOf: (row) => Promise.all(row.secrets.map((secret) => places.openSourceSecret(row, secret))),
    openBody: (scope, eventId, body) => places.openBody(scope, eventId, body),
    sealer: places.personal,
    keyId: () => keys.currentKekId(),
  };
  return { kept, places, keeping };
}
