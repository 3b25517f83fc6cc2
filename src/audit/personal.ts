/**
 * Personal values in the audit log: the record holds a salted commitment, salt and value lie sealed beside it. When
 * the sealed part is gone the value is forgotten, and the tree and every proof stay as they were.
 *
 * @module
 */
import { hash } from 'node:crypto';
import { AppError } from '../core/errors.js';
import { parseJsonObject, valueAt } from '../core/json.js';
import type { Random } from '../core/ports.js';
import type { Scope } from '../core/scope.js';

/** What seals and opens small values. The vault fits; `binding` says where the value belongs and must match on opening. */
export interface Sealer {
  seal(plain: Uint8Array, binding: string): Uint8Array;
  open(sealed: Uint8Array, binding: string): Uint8Array;
}

/** Personal values by the dotted path of the record member that commits to them, e.g. `actor.name$`. */
export type PersonalValues = Record<string, string>;

const SALT_BYTES = 16;

/** Commits to values one by one and seals them together. */
export class PersonalPart {
  readonly #random: Random;
  readonly #salted: Record<string, [salt: string, value: string]> = {};

  constructor(random: Random) {
    this.#random = random;
  }

  /** `c:<hex of SHA-256(salt || value)>`, or `undefined` for an absent value. */
  commit(path: string, value: string | undefined): string | undefined {
    if (value === undefined) return undefined;
    const salt = Buffer.from(this.#random.bytes(SALT_BYTES)).toString('hex');
    this.#salted[path] = [salt, value];
    return commitment(salt, value);
  }

  /** The sealed salts and values; `undefined` when nothing was committed to. */
  sealed(sealer: Sealer, binding: string): Uint8Array | undefined {
    if (Object.keys(this.#salted).length === 0) return undefined;
    return sealer.seal(Buffer.from(JSON.stringify(this.#salted)), binding);
  }
}

/** Where the personal part of an entry belongs; a part moved to another entry, tenant or environment does not open. */
export function personalBinding(scope: Scope, entryId: string): string {
  return `audit-personal|${scope.tenant}|${scope.environment}|${entryId}`;
}

/**
 * Opens the personal part of an entry and checks every value against its commitment in the record.
 *
 * @throws AppError `vault_tampered` when a value is not the one the record commits to, or whatever the sealer throws.
 */
export function openPersonal(sealer: Sealer, sealed: Uint8Array, scope: Scope, record: string): PersonalValues {
  const parsed = parseJsonObject(Buffer.from(record)) ?? {};
  const id = String(parsed['id']);
  const salted = parseJsonObject(sealer.open(sealed, personalBinding(scope, id))) ?? {};
  const values: PersonalValues = {};
  for (const [path, pair] of Object.entries(salted)) {
    const [salt, value] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof salt !== 'string' || typeof value !== 'string' || valueAt(parsed, path) !== commitment(salt, value)) {
      throw new AppError('vault_tampered', { what: `${path} of ${id}` });
    }
    values[path] = value;
  }
  return values;
}

function commitment(saltHex: string, value: string): string {
  const committed = Buffer.concat([Buffer.from(saltHex, 'hex'), Buffer.from(value)]);
  return `c:${hash('sha256', committed, 'hex')}`;
}
