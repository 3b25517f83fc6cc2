/** What a connector may know of a connection. The secret itself is added later, by `outbound/`. @module */
import type { Environment } from './scope.js';

/** How a connection's credential reaches the provider. Never in a query: addresses end up in logs. */
export type CredentialKind =
  /** `Authorization: Bearer <secret>`. */
  | 'bearer'
  /** `Authorization: Basic base64(<secret>)`, the secret being `user:password`. */
  | 'basic'
  /** The secret stands alone in a header of the provider's own. */
  | 'header'
  /** The secret is itself the URL that is posted to. */
  | 'secret_url'
  /** The connection has no secret. */
  | 'none';

export interface ConnectionView {
  id: string;
  environment: Environment;
  credential: CredentialKind;
  /**
   * Base URL of the API; a sandbox provider or the operator can set another, which then stands for the connector's
   * further `bases`, too. No slash at the end.
   */
  baseUrl: string;
  /** The operator says that this target recognises `Idempotency-Key` (the user's own internal tool). */
  honoursIdempotencyKey?: boolean;
  /** Id of the account at the provider, once the identity request has been answered. */
  account?: string;
}
