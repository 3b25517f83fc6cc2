/**
 * Genuine deliveries under every scheme, with the keys that belong to them: what mutations start from.
 *
 * @module
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SAMPLES } from '../../src/connectors/samples.generated.js';
import { SCHEMES } from '../../src/connectors/schemes.generated.js';
import type { SchemeRow } from '../../src/core/signature/index.js';
import type { SeededRandom } from '../../src/core/seeded-random.js';
import { sign, type VerifyInput } from '../../src/verify.js';

/** A scheme of a provider, and the keys of both sides. */
export interface Subject {
  provider: string;
  scheme: string;
  row: SchemeRow;
  signingSecret: string;
  secret: string;
}

/** A delivery as the caller of `verify` has it. Header names are lower-case. */
export interface Genuine extends VerifyInput {
  headers: Record<string, string>;
  body: Buffer;
  secrets: string[];
  scheme: string;
  url: string;
  method: string;
}

export const NOW_MS = 1_767_225_600_000;
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const seedOf = (name: string): Buffer => createHash('sha256').update(name).digest();
const pem = (key: KeyObject): string => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();

/** One RSA and one EC pair for all, made at the start: making them is slow, and a test has no use for known ones. */
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const rsaPem = rsa.export({ type: 'pkcs8', format: 'pem' }).toString();
const ecPem = ec.export({ type: 'pkcs8', format: 'pem' }).toString();

function keysFor(name: string, row: SchemeRow): { signingSecret: string; secret: string } {
  const seed = seedOf(name);
  const both = (secret: string): { signingSecret: string; secret: string } => ({ signingSecret: secret, secret });
  if (row.key === 'base64') return both(`whsec_${seed.toString('base64')}`);
  if (row.key === 'text')
    return both(row.signature.prefix === 'Basic ' ? `fairlead:${seed.toString('hex')}` : seed.toString('hex'));
  if (row.algorithm === 'ecdsa-p256') {
    const der = createPublicKey(ec).export({ type: 'spki', format: 'der' });
    return { signingSecret: ecPem, secret: der.toString('base64') };
  }
  if (row.algorithm === 'ed25519') {
    const key = createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' });
    const raw = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x!, 'base64url');
    const hex = row.signature.encoding === 'hex';
    return {
      signingSecret: seed.toString('hex'),
      secret: hex ? raw.toString('hex') : `whpk_${raw.toString('base64')}`,
    };
  }
  const label = row.claims?.email === undefined ? '8PT597110X687430LKGECATA' : 'push@example.iam.gserviceaccount.com';
  return { signingSecret: `${label}\n${rsaPem}`, secret: `${label}\n${pem(rsa)}` };
}

export const SUBJECTS: readonly Subject[] = Object.entries(SCHEMES).flatMap(([provider, schemes]) =>
  Object.entries(schemes).map(([scheme, row]) => ({ provider, scheme, row, ...keysFor(`${provider} ${scheme}`, row) })),
);

export function subjectOf(provider: string, scheme?: string): Subject {
  return SUBJECTS.find((one) => one.provider === provider && (scheme === undefined || one.scheme === scheme))!;
}

/** A sample of the provider, signed by us. */
export function genuine(subject: Subject, random: SeededRandom): Genuine {
  const { provider, scheme, signingSecret, secret } = subject;
  const samples = SAMPLES[provider]!;
  const type = samples.types[random.int(samples.types.length)]!;
  const id = Buffer.from(random.bytes(8)).toString('hex');
  const sample = samples.sample(type, id, NOW_MS);
  const body = scheme === 'twilio-sha1-bodysha256' ? JSON.stringify({ id, type }) : sample.body;
  const url = `https://hooks.example.test/in/${provider}?tenant=${id}`;
  const signed = sign(provider, {
    body,
    secret: signingSecret,
    nowMs: NOW_MS,
    scheme,
    url,
    method: 'POST',
    headers: sample.headers,
  });
  if (!signed.ok) throw new TypeError(`${provider} ${scheme} cannot be signed: ${signed.reason}`);
  return {
    headers: { ...sample.headers, ...signed.headers },
    body: Buffer.from(signed.body),
    secrets: [secret],
    nowMs: NOW_MS,
    scheme,
    url: signed.url ?? url,
    method: 'POST',
  };
}
