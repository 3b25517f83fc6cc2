/**
 * Credentials: the vault, references to secrets that lie elsewhere, and the connections that carry them.
 *
 * @module
 */
export {
  EnvironmentConnections,
  type ConnectionSettings,
  type DeclaredConnection,
  type SecretReader,
} from './connections.js';
export {
  fetchReference,
  FetchedSecrets,
  looksLikePlaceholder,
  parseSecretText,
  showReference,
  type FetchedSecretsParts,
  type SecretReference,
  type SecretText,
} from './secret-reference.js';
export { kekIdOf, Vault, type SecretBinding } from './vault.js';
