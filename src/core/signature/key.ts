/**
 * Turning the secret strings that callers hold into keys.
 *
 * @module
 */
import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { isObject, parseJson } from '../json.js';
import type { Algorithm, SchemeRow } from './row.js';

/** What one secret string holds: one key, or the several public keys of a JWK set, and the label of a labelled key. */
export interface KeyMaterial {
  readonly keys: readonly KeyObject[];
  readonly label: string;
}

const SECRET_MAX = 65_536;
const RSA_BITS_MIN = 2048;
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
  return bytes === undefined ? undefined : { keys: [createSecretKey(bytes)], label: '' };
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
  return (
    secret.startsWith('whpk_') ||
    secret.includes('-----BEGIN ') ||
    (secret.trimStart().startsWith('{') && (secret.includes('"kty"') || secret.includes('"keys"')))
  );
}

function publicKeys(row: SchemeRow, secret: string): KeyMaterial | undefined {
  const { label, material } =
    row.key === 'labelled-public' ? splitLabel(secret) : { label: '', material: secret.trim() };
  if (row.key === 'labelled-public' && label === '') return undefined;
  const keys = keysIn(row.algorithm, material).filter((key) => fits(row.algorithm, key));
  return keys.length === 0 ? undefined : { keys, label };
}

/** `label`, a line end, and the key. */
export function splitLabel(secret: string): { label: string; material: string } {
  const end = secret.indexOf('\n');
  const first = end < 0 ? '' : secret.slice(0, end).trim();
  const isKey = first.startsWith('-----BEGIN ') || first.startsWith('{');
  return isKey ? { label: '', material: '' } : { label: first, material: secret.slice(end + 1).trim() };
}

function keysIn(algorithm: Algorithm, material: string): KeyObject[] {
  if (material.startsWith('-----BEGIN ')) return isPublicPem(material) ? attempt(() => createPublicKey(material)) : [];
  if (material.startsWith('{')) return jsonWebKeys(material);
  if (algorithm === 'ed25519') {
    const raw = rawEd25519(material);
    if (raw !== undefined) return attempt(() => createPublicKey(ed25519Jwk(raw)));
  }
  if (!BASE64.test(material)) return [];
  return attempt(() => createPublicKey({ key: Buffer.from(material, 'base64'), format: 'der', type: 'spki' }));
}

/** A private key would serve, too; who configures one here has confused two things and should be told. */
function isPublicPem(material: string): boolean {
  return /^-----BEGIN (?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)-----/.test(material);
}

function jsonWebKeys(material: string): KeyObject[] {
  const parsed = parseJson(Buffer.from(material), { maxDepth: 8 });
  if (!parsed.ok || !isObject(parsed.value)) return [];
  const list: unknown[] = Array.isArray(parsed.value['keys']) ? parsed.value['keys'] : [parsed.value];
  return list
    .slice(0, 16)
    .flatMap((jwk) => (isObject(jwk) && jwk['d'] === undefined ? attempt(() => createPublicKey(jwkInput(jwk))) : []));
}

function jwkInput(jwk: Record<string, unknown>): { key: JsonWebKey; format: 'jwk' } {
  return { key: jwk, format: 'jwk' };
}

function ed25519Jwk(raw: Buffer): { key: JsonWebKey; format: 'jwk' } {
  return { key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' };
}

/** 32 bytes as 64 hex digits, or as base64 after an optional `whpk_`. */
function rawEd25519(material: string): Buffer | undefined {
  if (/^[0-9a-fA-F]{64}$/.test(material)) return Buffer.from(material, 'hex');
  const text = material.startsWith('whpk_') ? material.slice(5) : material;
  const raw = BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
  return raw?.length === 32 ? raw : undefined;
}

/** A key of another kind than the algorithm's is no key for it: the row decides the algorithm, never the message. */
export function fits(algorithm: Algorithm, key: KeyObject): boolean {
  const details = key.asymmetricKeyDetails;
  if (algorithm === 'ed25519') return key.asymmetricKeyType === 'ed25519';
  if (algorithm === 'ecdsa-p256') return key.asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1';
  return key.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= RSA_BITS_MIN;
}

function attempt(make: () => KeyObject): KeyObject[] {
  try {
    return [make()];
  } catch {
    return [];
  }
}
