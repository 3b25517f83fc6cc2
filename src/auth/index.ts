/**
 * Credentials: the vault, references to secrets that lie elsewhere, and the connections that carry them.
 *
 * @module
 */
export { ApiKeys, factsOfKey, type ApiKeysParts } from './api-keys.js';
export { approvalPath, isSignedLink } from './approval-link.js';
export { Approvers, type ApproversParts } from './approvers.js';
export { ArchiveKeys, type ArchiveKeyParts } from './archive-keys.js';
export { Attempts } from './attempts.js';
export { ConnectionBook } from './connection-book.js';
export {
  EnvironmentConnections,
  refuseForeignKeys,
  type ConnectionSettings,
  type DeclaredConnection,
  type SecretReader,
} from './connections.js';
export { checkCredential, formOf } from './credential.js';
export { factsOf, KeptSecrets, type KeptKind, type KeptSecretsParts, type ValueFacts } from './kept-secrets.js';
export { keyUses, rotate, type KeyUse, type RotationParts, type RotationReport } from './rotation.js';
export {
  fetchReference,
  SECRET_NAME,
  FetchedSecrets,
  looksLikePlaceholder,
  type FetchedSecretsParts,
} from './secret-reference.js';
export { OAuthConnections, type NewOAuthConnection, type TokenStatus } from './oauth-connections.js';
export * from './grants/index.js';
export * from './login/index.js';
export * from './oauth/index.js';
export { type SecretBinding } from './place.js';
export {
  parseFacts,
  StoredConnections,
  type ConnectionFacts,
  type KnownAccount,
  type NewStoredConnection,
  type StoredConnectionsParts,
} from './stored-connections.js';
export { Vault, type VaultKeySource } from './vault.js';
