/**
 * Turning the secret strings that callers hold into keys.
 *
 * @module
 */
import { createPublicKey, createSecretKey, hash, type JsonWebKey, type KeyObject } from 'node:crypto';
import { isObject, parseJsonToLookAt, valueAt } from '../json.js';
import { keyedHash, type Digest } from './keyed-hash.js';
import type { Algorithm, SchemeRow } from './row.js';

/** What one secret string holds: one key, or the several public keys of a JWK set, and the label of a labelled key. */
export interface KeyMaterial {
  readonly keys: readonly KeyObject[];
  readonly label: string;
  /** For `equal`: SHA-256 of what the sender must send. */
  readonly expected?: Uint8Array | undefined;
  /** For HMACs: made with the first of `keys`. */
  readonly digest?: Digest | undefined;
}

const SECRET_MAX = 65_536;
const RSA_BITS_MIN = 2048;
const JWKS_MAX = 16;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The keys in one secret string, or `undefined` when it cannot serve the row. */
export function importSecret(row: SchemeRow, secret: unknown): KeyMaterial | undefined {
  if (typeof secret !== 'string' || secret.length > SECRET_MAX) return undefined;
  return row.key === 'text' || row.key === 'base64' ? sharedKey(row, secret) : publicKeys(row, secret);
}

function sharedKey(row: SchemeRow, secret: string): KeyMaterial | undefined {
  // An unset variable must not become the key that everybody knows.
  if (secret.trim() === '' || isPublicText(secret)) return undefined;
  const bytes = row.key === 'base64' ? decodeSecret(secret) : Buffer.from(secret);
  if (bytes === undefined) return undefined;
  const sent = row.signature.encoding === 'base64' ? bytes.toString('base64') : secret;
  const expected = row.algorithm === 'equal' ? hash('sha256', sent, 'buffer') : undefined;
  const digest = row.algorithm.startsWith('hmac-') ? keyedHash(row.algorithm.slice(5), bytes) : undefined;
  return { keys: [createSecretKey(bytes)], label: '', expected, digest };
}

function decodeSecret(secret: string): Buffer | undefined {
  const text = secret.startsWith('whsec_') ? secret.slice(6) : secret;
  if (!BASE64.test(text) || text.length % 4 === 1) return undefined;
  return Buffer.from(text, 'base64');
}

/**
 * A public key in the place of a shared secret would let everybody sign: the confusion behind many JWT forgeries.
 * So nothing that looks like one is ever used as a shared secret.
 */
function isPublicText(secret: string): boolean {
  return secret.startsWith('whpk_') || secret.includes('-----BEGIN ') || secret.includes('"kty"');
}

function publicKeys(row: SchemeRow, secret: string): KeyMaterial | undefined {
  const split = splitLabel(row, secret);
  const keys = split && keysIn(row.algorithm, split[1]).filter((key) => isFor(row.algorithm, key));
  return keys && keys.length > 0 ? { keys, label: split[0] } : undefined;
}

/** The label line, if the row wants one, and the key; `undefined` when the label is missing. */
export function splitLabel(row: SchemeRow, secret: string): [label: string, material: string] | undefined {
  if (row.key === 'public') return ['', secret.trim()];
  const [, label, material] = /^\s*([^\s{-][^\n]*?)\s*\n(.*)$/s.exec(secret) ?? [];
  return material === undefined ? undefined : [label!, material.trim()];
}

function keysIn(algorithm: Algorithm, material: string): KeyObject[] {
  if (material.startsWith('-----BEGIN ')) return isPublicPem(material) ? attempt(material) : [];
  if (material.startsWith('{')) return jsonWebKeys(material);
  const raw = algorithm === 'ed25519' ? rawEd25519(material) : undefined;
  if (raw !== undefined) return attempt(jwk({ kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }));
  if (!BASE64.test(material)) return [];
  return attempt({ key: Buffer.from(material, 'base64'), format: 'der', type: 'spki' });
}

/** A private key would serve, too; who configures one here has confused two things and should be told. */
function isPublicPem(material: string): boolean {
  return /^-----BEGIN (?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)-----/.test(material);
}

function jsonWebKeys(material: string): KeyObject[] {
  const parsed = parseJsonToLookAt(Buffer.from(material), { maxDepth: 8 });
  if (!parsed.ok) return [];
  const keys = valueAt(parsed.value, 'keys');
  const list: unknown[] = Array.isArray(keys) ? keys.slice(0, JWKS_MAX) : [parsed.value];
  // A JWK with `d` is a private one.
  return list.flatMap((key) => (isObject(key) && !('d' in key) ? attempt(jwk(key)) : []));
}

function jwk(key: JsonWebKey): { key: JsonWebKey; format: 'jwk' } {
  return { key, format: 'jwk' };
}

/** 32 bytes as 64 hex digits, or as base64 after an optional `whpk_`. */
function rawEd25519(material: string): Buffer | undefined {
  if (/^[0-9a-fA-F]{64}$/.test(material)) return Buffer.from(material, 'hex');
  const text = material.startsWith('whpk_') ? material.slice(5) : material;
  const raw = BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
  return raw?.length === 32 ? raw : undefined;
}

/** A key of another kind than the algorithm's is no key for it: the row decides the algorithm, never the message. */
export function isFor(
  algorithm: Algorithm,
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
): boolean {
  if (algorithm === 'ed25519') return type === 'ed25519';
  if (algorithm === 'ecdsa-p256') return type === 'ec' && details?.namedCurve === 'prime256v1';
  return type === 'rsa' && (details?.modulusLength ?? 0) >= RSA_BITS_MIN;
}

function attempt(input: Parameters<typeof createPublicKey>[0]): KeyObject[] {
  try {
    return [createPublicKey(input)];
  } catch {
    return [];
  }
}
