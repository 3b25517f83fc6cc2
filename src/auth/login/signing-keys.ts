/**
 * The keys that sign tokens of ours: Ed25519, sealed in the vault, a new one each month. The one before stays in the set
 * for as long as a token may live that it has signed.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { isAppError } from '../../core/errors.js';
import type { Clock, Random } from '../../core/ports.js';
import { DEFAULT_TENANT, type Scope } from '../../core/scope.js';
import type { KeptSecrets } from '../kept-secrets.js';

/** Of a private key in PKCS #8, before its 32 bytes (RFC 8410, section 7). */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const DAY_MS = 86_400_000;
export const KEY_LIFE_MS = 30 * DAY_MS;
/** Longer than any token lives, and than verifiers keep the set. */
export const KEY_OVERLAP_MS = DAY_MS;
const PLACE: Scope = { tenant: DEFAULT_TENANT, environment: 'live' };
const NAME = 'sign-in';
const KIND = 'signing_key';

interface StoredKey {
  kid: string;
  /** Base64. */
  seed: string;
  createdAtMs: number;
}

export interface SigningKey {
  kid: string;
  key: KeyObject;
  /** RFC 8037. */
  jwk: { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string; alg: 'EdDSA'; use: 'sig' };
}

export interface SigningKeysParts {
  kept: KeptSecrets;
  clock: Clock;
  random: Random;
}

export class SigningKeys {
  #known: { keys: SigningKey[]; text: string } | undefined;

  constructor(private readonly parts: SigningKeysParts) {}

  /** The newest first: it signs. All of them verify. */
  async all(): Promise<readonly SigningKey[]> {
    const { kept, clock } = this.parts;
    let text = await this.#read();
    const nowMs = clock.nowMs();
    const before = text === undefined ? [] : (JSON.parse(text) as StoredKey[]);
    const newest = before[0];
    if (newest === undefined || newest.createdAtMs + KEY_LIFE_MS <= nowMs) {
      await this.#add(before, nowMs);
      kept.forget(PLACE, KIND, NAME);
      text = (await this.#read())!;
    }
    const known = this.#known;
    if (known?.text === text) return known!.keys;
    const keys = (JSON.parse(text!) as StoredKey[]).map(signingKey);
    this.#known = { text: text!, keys };
    return keys;
  }

  async #read(): Promise<string | undefined> {
    try {
      return await this.parts.kept.read(PLACE, KIND, NAME);
    } catch (error) {
      if (isAppError(error, 'not_found')) return undefined;
      throw error;
    }
  }

  /** Of two that add one at once, the first has: the other takes that. */
  async #add(before: readonly StoredKey[], nowMs: number): Promise<void> {
    const { kept, random } = this.parts;
    const seed = Buffer.from(random.bytes(32)).toString('base64');
    const kid = Buffer.from(random.bytes(12)).toString('base64url');
    const older = before.filter(({ createdAtMs }) => createdAtMs + KEY_LIFE_MS + KEY_OVERLAP_MS > nowMs);
    const text = JSON.stringify([{ kid, seed, createdAtMs: nowMs }, ...older]);
    if (before.length > 0) return void (await kept.replace(PLACE, await kept.row(PLACE, KIND, NAME), text, {}));
    await kept.create(PLACE, KIND, NAME, text, {}).catch((error: unknown) => {
      if (!isAppError(error, 'conflict')) throw error;
    });
  }
}

function signingKey({ kid, seed }: StoredKey): SigningKey {
  const der = Buffer.concat([ED25519_PKCS8, Buffer.from(seed, 'base64')]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return { kid, key, jwk: { kty: 'OKP', crv: 'Ed25519', x: x!, kid, alg: 'EdDSA', use: 'sig' } };
}
