/** A sealed value, as the store keeps it. The store sees ciphertext only. @module */
import type { Environment } from './scope.js';

/** What a sealed value belongs to. Names are unique within a kind. */
export const SECRET_KINDS = ['named', 'connection', 'archive_key', 'approver', 'signing_key'] as const;

/**
 * `named`: a person gave it a name (API keys, client secrets, webhook secrets). `connection`: the credential of a
 * connection, named by its id. `archive_key`: a key of ours under which bodies and personal values lie. `approver`: what
 * a person who approves is recognised by; their passphrase is in no place. `signing_key`: what signs tokens of ours.
 */
export type SecretKind = (typeof SECRET_KINDS)[number];

export interface SecretRow {
  /** Fresh whenever a name is given to a value for the first time, also after a deletion. */
  id: string;
  kind: SecretKind;
  name: string;
  /** 1 for the first value; each new value counts one up. */
  version: number;
  sealed: Uint8Array;
  /** JSON text of what may be shown: owner, who set it, when it is due. Never a part of the value. */
  facts: string;
  createdAtMs: number;
  updatedAtMs: number;
}

export type SecretSummary = Omit<SecretRow, 'sealed'>;

/** A value to keep, sealed for version `expectedVersion + 1`. */
export interface NewSecret {
  id: string;
  name: string;
  sealed: Uint8Array;
  facts: string;
  /** The version that it replaces; 0 when there is none yet. */
  expectedVersion: number;
}

/** `version` of a conflict is what is there: 0 for nothing, and the same version under another id counts as another. */
export type SecretPut = { kind: 'stored'; version: number } | { kind: 'conflict'; version: number };

/**
 * Anything whose data key is wrapped by a key-encryption key, as a rotation walks over it. For the secret of a source,
 * `name` is the id of the source, `id` that of the secret, and `version` 0.
 */
export interface SealedRecord {
  tenant: string;
  environment: Environment;
  kind: SecretKind | 'source';
  name: string;
  id: string;
  version: number;
  sealed: Uint8Array;
}

/** The same value under another key: written where the sealed bytes are still `was`. */
export interface Rewrap extends Omit<SealedRecord, 'version'> {
  was: Uint8Array;
}
