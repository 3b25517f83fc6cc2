/**
 * Signature vectors: the providers' own, read in place, and ours for the schemes they publish none of.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerifyInput } from '../../src/verify.js';

export interface Vector {
  id: string;
  provider: string;
  scheme: string;
  /** `published` by the provider or its SDK, or `derived` from a documented scheme. */
  kind: 'published' | 'derived';
  secret?: string;
  public_key?: string;
  secrets_also_configured?: string[];
  headers: Record<string, string>;
  body?: string;
  body_base64?: string;
  url?: string;
  method?: string;
  /** Unix seconds; absent where the scheme has no time. */
  now?: number;
  tolerance_s?: number;
  expect: 'accept' | 'reject';
  why?: string;
}

/** A time for vectors without one. */
const SOME_DAY = 1_767_225_600;

/** Every vector below the folder of specifications. */
export function providerVectors(folder: string): Vector[] {
  const files = readdirSync(folder).map((provider) => join(folder, provider, 'signature-vectors.json'));
  return files.filter(existsSync).flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as Vector[]);
}

/** Made with openssl and Python, so that no code of ours has signed them; their keys are gone. */
export function ownVectors(): Vector[] {
  return JSON.parse(readFileSync(new URL('own-vectors.json', import.meta.url), 'utf8')) as Vector[];
}

export function bodyOf(vector: Vector): Buffer {
  return vector.body_base64 === undefined ? Buffer.from(vector.body ?? '') : Buffer.from(vector.body_base64, 'base64');
}

export function inputOf(vector: Vector): VerifyInput & { body: Buffer } {
  return {
    headers: vector.headers,
    body: bodyOf(vector),
    secrets: [vector.secret ?? vector.public_key ?? '', ...(vector.secrets_also_configured ?? [])],
    nowMs: (vector.now ?? SOME_DAY) * 1000,
    url: vector.url,
    method: vector.method,
    scheme: vector.scheme,
    toleranceSeconds: vector.tolerance_s,
  };
}
