/**
 * The people who approve. What a person knows is on no disk: a passphrase makes a key pair, of which the public half is
 * kept, sealed. A decision is signed with the private half, which exists for as long as that takes; so a decision that
 * somebody wrote into the database without the passphrase is none.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, scrypt, sign, verify, type KeyObject } from 'node:crypto';
import { AppError, isAppError } from '../core/errors.js';
import type { Random } from '../core/ports.js';
import type { Scope } from '../core/scope.js';
import type { Attempts } from './attempts.js';
import type { KeptSecrets } from './kept-secrets.js';

export const PASSPHRASE_CHARACTERS_MIN = 12;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u;
const SALT_BYTES = 16;
const SEED_BYTES = 32;
/** About a tenth of a second, and 64 MiB, for each guess. */
const COST = 2 ** 16;
const MEMORY_MAX = 128 * 1024 * 1024;
/** Of a private key in PKCS #8, before its 32 bytes (RFC 8410, section 7). */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const APPROVERS_MAX = 1_000;

interface Recognised {
  v: 1;
  /** Base64. */
  salt: string;
  /** SPKI, base64. */
  publicKey: string;
}

export interface ApproversParts {
  kept: KeptSecrets;
  attempts: Attempts;
  random: Random;
  /** N of scrypt (RFC 7914, section 2), a power of two. Whoever was enrolled with one is unknown under another. */
  cost?: number | undefined;
}

export class Approvers {
  readonly #parts: ApproversParts;

  constructor(parts: ApproversParts) {
    this.#parts = parts;
  }

  /** Names, in the order in which they were enrolled. */
  async names(scope: Scope): Promise<string[]> {
    const page = await this.#parts.kept.list(placeOf(scope), 'approver', { limit: APPROVERS_MAX, order: 'oldest' });
    return page.rows.map(({ name }) => name);
  }

  /** @throws AppError `invalid_argument`, `conflict` for a name that is taken */
  async enrol(scope: Scope, name: string, passphrase: string, by: string): Promise<void> {
    if (!NAME.test(name)) throw invalid('name', 'use letters, digits, dots, dashes and underscores');
    if (passphrase.length < PASSPHRASE_CHARACTERS_MIN) {
      throw invalid('passphrase', `it has fewer than ${PASSPHRASE_CHARACTERS_MIN} characters`);
    }
    const salt = Buffer.from(this.#parts.random.bytes(SALT_BYTES));
    const pair = createPublicKey(await this.#privateKey(passphrase, salt));
    const publicKey = pair.export({ type: 'spki', format: 'der' }).toString('base64');
    const recognised: Recognised = { v: 1, salt: salt.toString('base64'), publicKey };
    await this.#parts.kept.create(placeOf(scope), 'approver', name, JSON.stringify(recognised), { enrolledBy: by });
  }

  /** @throws AppError `not_found` */
  async remove(scope: Scope, name: string): Promise<void> {
    await this.#parts.kept.delete(placeOf(scope), 'approver', name);
  }

  /**
   * Signs what a person decides.
   *
   * @throws AppError `not_an_approver` for a name or a passphrase that is wrong, `too_many_attempts`
   */
  async sign(scope: Scope, name: string, passphrase: string, text: string): Promise<string> {
    await this.#parts.attempts.count('passphrase', `${scope.tenant} ${name}`);
    const wrong = (): AppError =>
      new AppError('not_an_approver', { problem: 'There is no such approver, or the passphrase is wrong.' });
    const recognised = await this.#recognised(scope, name);
    if (recognised === undefined) throw wrong();
    const key = await this.#privateKey(passphrase, Buffer.from(recognised.salt, 'base64'));
    const signature = sign(null, Buffer.from(text), key);
    if (!verify(null, Buffer.from(text), publicKeyOf(recognised), signature)) throw wrong();
    return signature.toString('base64');
  }

  /** Whether this approver, as enrolled now, signed the text. */
  async verify(scope: Scope, name: string, text: string, signature: string): Promise<boolean> {
    const recognised = await this.#recognised(scope, name);
    if (recognised === undefined) return false;
    return verify(null, Buffer.from(text), publicKeyOf(recognised), Buffer.from(signature, 'base64'));
  }

  #privateKey(passphrase: string, salt: Uint8Array): Promise<KeyObject> {
    return privateKey(passphrase, salt, this.#parts.cost ?? COST);
  }

  async #recognised(scope: Scope, name: string): Promise<Recognised | undefined> {
    if (!NAME.test(name)) return undefined;
    try {
      const { kept } = this.#parts;
      const place = placeOf(scope);
      return JSON.parse(kept.open(place, await kept.row(place, 'approver', name))) as Recognised;
    } catch (error) {
      if (isAppError(error, 'not_found')) return undefined;
      throw error;
    }
  }
}

/** The same people decide in both environments. */
function placeOf({ tenant }: Scope): Scope {
  return { tenant, environment: 'live' };
}

function privateKey(passphrase: string, salt: Uint8Array, N: number): Promise<KeyObject> {
  const cost = { N, r: 8, p: 1, maxmem: MEMORY_MAX };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), salt, SEED_BYTES, cost, (error, seed) => {
      if (error) return reject(new AppError('internal', { id: 'scrypt' }, { cause: error }));
      resolve(createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' }));
    });
  });
}

function publicKeyOf({ publicKey }: Recognised): KeyObject {
  return createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}
