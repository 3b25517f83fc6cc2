/**
 * Credentials: the vault, references to secrets that lie elsewhere, and the connections that carry them.
 *
 * @module
 */
export {
  EnvironmentConnections,
  refuseForeignKeys,
  type ConnectionSettings,
  type DeclaredConnection,
  type SecretReader,
} from './connections.js';
export { fetchReference, FetchedSecrets, looksLikePlaceholder, type FetchedSecretsParts } from './secret-reference.js';
export { type SecretBinding } from './place.js';
export { Vault, type VaultKeySource } from './vault.js';
