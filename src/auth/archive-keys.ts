/**
 * Keys of ours for what lies in bulk: bodies of events and personal values of the audit log, one key an environment.
 *
 * An archive key is a record like any other secret, wrapped by the key-encryption key. So a rotation rewraps one record
 * in place of a million, and those written to segments or beside sealed leaves stay where they are.
 *
 * @module
 */
import { AppError, isAppError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Clock, Random } from '../core/ports.js';
import { ENVIRONMENTS, type Environment, type Scope } from '../core/scope.js';
import { KEY_BYTES } from '../core/sealed-value.js';
import type { SecretRow } from '../core/secret.js';
import type { SecretVerbs } from '../core/store.js';
import { placeOf, type SecretBinding } from './place.js';
import { Vault } from './vault.js';

const NAME = 'archive';
const KIND = 'archive_key';
/** Belongs to the installation: no tenant is called so. */
const NOBODY = '';

export interface ArchiveKeyParts {
  secrets: Pick<SecretVerbs, 'get' | 'put'>;
  /** Wraps the archive keys. */
  vault: Vault;
  clock: Clock;
  random: Random;
}

interface ArchiveKey {
  id: string;
  key: Uint8Array;
}

export class ArchiveKeys {
  readonly #vaults: Record<Environment, Vault | AppError>;

  private constructor(vaults: Record<Environment, Vault | AppError>) {
    this.#vaults = vaults;
  }

  /**
   * Reads the archive keys into memory, and makes those that are missing. Where the key-encryption key is not here, what
   * lies under it says so when it is needed; the rest of the program runs.
   */
  static async open(parts: ArchiveKeyParts): Promise<ArchiveKeys> {
    const vaults = await Promise.all(ENVIRONMENTS.map((environment) => vaultOf(parts, environment)));
    return new ArchiveKeys({ sandbox: vaults[0]!, live: vaults[1]! });
  }

  /** @throws AppError `vault_sealed` */
  seal(plaintext: Uint8Array, place: SecretBinding & { environment: Environment }): Uint8Array {
    return this.#of(place.environment).seal(plaintext, place);
  }

  /** @throws AppError `vault_sealed`, `vault_tampered` */
  open(sealed: Uint8Array, place: SecretBinding & { environment: Environment }): Uint8Array {
    return this.#of(place.environment).open(sealed, place);
  }

  #of(environment: Environment): Vault {
    const vault = this.#vaults[environment];
    if (vault instanceof AppError) throw vault;
    return vault;
  }
}

async function vaultOf(parts: ArchiveKeyParts, environment: Environment): Promise<Vault | AppError> {
  try {
    const { id, key } = await keyOf(parts, { tenant: NOBODY, environment });
    return new Vault({ currentKekId: () => id, kek: (asked) => (asked === id ? key : undefined) }, parts.random);
  } catch (error) {
    if (isAppError(error, 'vault_sealed') || isAppError(error, 'vault_tampered')) return error;
    throw error;
  }
}

/** Of several nodes that start together one makes the key, and all take the one that is stored. */
async function keyOf(parts: ArchiveKeyParts, scope: Scope): Promise<ArchiveKey> {
  const { secrets, vault, clock, random } = parts;
  const there = await secrets.get(scope, KIND, NAME);
  if (there !== undefined) return opened(vault, scope, there);
  const id = newId('secret', clock, random);
  const key = new Uint8Array(random.bytes(KEY_BYTES));
  const sealed = vault.seal(key, placeOf({ ...scope, kind: KIND, name: NAME, id, version: 1 }, false));
  const put = await secrets.put(scope, KIND, { id, name: NAME, sealed, facts: '{}', expectedVersion: 0 });
  return put.kind === 'stored' ? { id, key } : opened(vault, scope, (await secrets.get(scope, KIND, NAME))!);
}

function opened(vault: Vault, scope: Scope, row: SecretRow): ArchiveKey {
  return { id: row.id, key: vault.open(row.sealed, placeOf({ ...scope, ...row }, false)) };
}
