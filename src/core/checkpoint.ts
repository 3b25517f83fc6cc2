/**
 * Signed checkpoints of a log: the C2SP tlog-checkpoint body (origin, size, root) inside a C2SP signed note with an
 * Ed25519 signature (type 0x01). Whoever keeps one can later tell whether anything before it was changed.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import { AppError } from './errors.js';
import { HASH_BYTES } from './merkle.js';

export interface Checkpoint {
  /** Names the log; also the name of the key that signs it. No spaces, no plus. */
  origin: string;
  /** How many leaves it covers. */
  size: number;
  root: Uint8Array;
}

export type CheckpointVerdict =
  | { ok: true; checkpoint: Checkpoint }
  /** `unknown_key`: well-formed, but not signed by this key; `wrong_origin`: a checkpoint of another log. */
  | { ok: false; reason: 'malformed' | 'wrong_origin' | 'unknown_key' | 'bad_signature' };

const ED25519 = 0x01;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
const NOTE_MAX_CHARACTERS = 64 * 1024;
const SIGNATURES_MAX = 100;
/** DER of SubjectPublicKeyInfo up to the 32 bytes of an Ed25519 key (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** The origin of an environment's log: `fairlead/<installation id>/<environment>`. */
export function checkpointOrigin(installationId: string, environment: string): string {
  return `fairlead/${installationId}/${environment}`;
}

/** The signed note of a checkpoint. @throws AppError `config_invalid` when the key is no Ed25519 private key. */
export function signCheckpoint(checkpoint: Checkpoint, privateKeyPem: string): string {
  const { key, raw } = signingKey(privateKeyPem);
  const text = checkpointText(checkpoint);
  const id = keyId(checkpoint.origin, raw);
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), key)]);
  return `${text}\n— ${checkpoint.origin} ${signature.toString('base64')}\n`;
}

/** The last keys that signed, read: reading one takes ten times as long as signing with it. */
const signingKeys = new Map<string, { key: KeyObject; raw: Buffer }>();
const SIGNING_KEYS_MAX = 4;

function signingKey(privateKeyPem: string): { key: KeyObject; raw: Buffer } {
  const known = signingKeys.get(privateKeyPem);
  if (known !== undefined) return known;
  const key = ed25519(() => createPrivateKey(privateKeyPem));
  const read = { key, raw: rawPublicKey(createPublicKey(key)) };
  if (signingKeys.size === SIGNING_KEYS_MAX) signingKeys.clear();
  signingKeys.set(privateKeyPem, read);
  return read;
}

/** What is signed: three lines. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** The public half of a private key, as SPKI PEM. */
export function publicKeyOf(privateKeyPem: string): string {
  const key = ed25519(() => createPrivateKey(privateKeyPem));
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
}

/** The key as the text other log tools take: `<origin>+<key id>+<base64 of type and key>`. */
export function verifierKey(origin: string, publicKey: string): string {
  const raw = rawPublicKey(publicKeyFrom(publicKey));
  const typed = Buffer.concat([Buffer.from([ED25519]), raw]);
  return `${origin}+${keyId(origin, raw).toString('hex')}+${typed.toString('base64')}`;
}

/**
 * Reads a note without believing it: the three lines, or `undefined` when it is none. Extension lines are ignored, as
 * tlog-checkpoint wants; they are covered by the signature all the same.
 */
export function parseCheckpoint(note: string): Checkpoint | undefined {
  return parseNote(note)?.checkpoint;
}

/** A check of notes of one log against one key, PEM or verifier key. @throws AppError `config_invalid` for a bad key. */
export function checkpointVerifier(origin: string, publicKey: string): (note: string) => CheckpointVerdict {
  const key = publicKeyFrom(publicKey);
  const id = keyId(origin, rawPublicKey(key));
  return (note) => {
    const parsed = parseNote(note);
    if (parsed === undefined) return { ok: false, reason: 'malformed' };
    if (parsed.checkpoint.origin !== origin) return { ok: false, reason: 'wrong_origin' };
    const ours = parsed.signatures.filter(({ name, bytes }) => name === origin && id.equals(bytes.subarray(0, 4)));
    if (ours.length === 0) return { ok: false, reason: 'unknown_key' };
    const text = Buffer.from(parsed.text);
    // signed-note: a signature that claims a known key and fails spoils the whole note.
    const all = ours.every(({ bytes }) => verifies(text, key, bytes.subarray(KEY_ID_BYTES)));
    return all ? { ok: true, checkpoint: parsed.checkpoint } : { ok: false, reason: 'bad_signature' };
  };
}

interface Note {
  text: string;
  checkpoint: Checkpoint;
  signatures: { name: string; bytes: Buffer }[];
}

function parseNote(note: string): Note | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  if (note.length > NOTE_MAX_CHARACTERS || /[\u0000-\u0009\u000b-\u001f\p{Surrogate}]/u.test(note)) return undefined;
  const border = note.lastIndexOf('\n\n');
  if (border === -1 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, border + 1);
  const lines = note.slice(border + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) return undefined;
  const signatures = lines.map(parseSignature);
  const checkpoint = parseBody(text);
  if (checkpoint === undefined || !signatures.every((signature) => signature !== undefined)) return undefined;
  return { text, checkpoint, signatures };
}

function parseSignature(line: string): { name: string; bytes: Buffer } | undefined {
  const match = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line);
  const bytes = match === null ? undefined : base64(match[2]!);
  return bytes === undefined || bytes.length <= KEY_ID_BYTES ? undefined : { name: match![1]!, bytes };
}

function parseBody(text: string): Checkpoint | undefined {
  const [origin, sizeText, rootText, ...rest] = text.slice(0, -1).split('\n');
  if (!origin || !sizeText || !rootText || rest.includes('')) return undefined;
  const size = /^(?:0|[1-9]\d{0,15})$/.test(sizeText) ? Number(sizeText) : NaN;
  const root = base64(rootText);
  if (!Number.isSafeInteger(size) || root?.length !== HASH_BYTES) return undefined;
  return { origin, size, root };
}

/** Strict: the one encoding of these bytes, or nothing. */
function base64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

function verifies(text: Buffer, key: KeyObject, signature: Buffer): boolean {
  return signature.length === SIGNATURE_BYTES && verify(null, text, key, signature);
}

/** signed-note: SHA-256(name || 0x0A || type || public key), the first four bytes. */
function keyId(name: string, rawKey: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), rawKey]);
  return hash('sha256', bytes, 'buffer').subarray(0, KEY_ID_BYTES);
}

function publicKeyFrom(text: string): KeyObject {
  if (text.includes('-----BEGIN')) return ed25519(() => createPublicKey(text));
  const typed = Buffer.from(text.trim().split('+').slice(2).join('+'), 'base64');
  if (typed.length !== 1 + KEY_BYTES || typed[0] !== ED25519) throw badKey();
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, typed.subarray(1)]), format: 'der', type: 'spki' });
}

function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length);
}

function ed25519(load: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = load();
  } catch {
    // The cause is left out: it may quote the key.
    throw badKey();
  }
  if (key.asymmetricKeyType !== 'ed25519') throw badKey();
  return key;
}

function badKey(): AppError {
  return new AppError('config_invalid', { where: 'audit key', problem: 'it is not an Ed25519 key' });
}
