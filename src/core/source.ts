/** A source: a webhook address of ours for one provider. @module */

/** A secret a source verifies with: sealed by the vault, or a reference that is fetched on use. */
export interface SourceSecret {
  id: string;
  sealed?: Uint8Array;
  /** `env:NAME`, `file:PATH` or `exec:COMMAND`. */
  reference?: string;
  createdAtMs: number;
  /** The id of the principal that set it. */
  createdBy: string;
  expiresAtMs?: number;
}

export interface NewSource {
  id: string;
  provider: string;
  /** Path of the address, e.g. `/in/src_…`, `/webhooks/stripe`. Unique in the installation. */
  path: string;
  /** Name of the signature scheme; absent means the connector's first. */
  scheme?: string;
  /** Why this source takes unsigned deliveries. Present means: no verification. */
  unsignedReason?: string;
  /** Overrides the connector's status for a refused delivery. */
  refusalStatus?: number;
  bodyLimitBytes?: number;
  toleranceSeconds?: number;
  /** The address as the provider knows it, for schemes that sign the URL. */
  publicUrl?: string;
  /** While in the future, a handshake may set the secret. */
  pairingUntilMs?: number;
  secrets: SourceSecret[];
  createdAtMs: number;
  createdBy: string;
}

export interface SourceRow extends NewSource {
  tenant: string;
  environment: string;
  /** Declared by a variable of the environment; not in the store and not deletable. */
  readonly?: boolean;
}
