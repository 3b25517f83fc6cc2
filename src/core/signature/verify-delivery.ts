/**
 * The verdict on one delivery under one scheme: a total function over bytes.
 *
 * @module
 */
import { createHash, createHmac, createVerify, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { isMethod, isSignedId, parseTimestamp } from './grammar.js';
import { isJwtSignedBy, judgeClaims } from './jwt.js';
import type { KeyMaterial } from './key.js';
import { keyOf, planOf, type Plan } from './plan.js';
import { refuse, type Refusal, type RefusalReason, type Verdict } from './refusals.js';
import { readCandidates, RequestReader, type SignedRequest } from './request.js';
import { DEFAULT_TOLERANCE_SECONDS, type SchemeRow } from './row.js';
import { carriesBodyHash, feed, join, sortedForm, urlSpellings, type Content } from './signed-content.js';

/** The scheme, the request and what was read from it, on its way through the checks. */
interface Case {
  readonly row: SchemeRow;
  readonly plan: Plan;
  readonly request: SignedRequest;
  readonly reader: RequestReader;
  readonly content: Content;
  readonly urls: readonly string[];
  readonly signatures: readonly string[];
}

/**
 * Checks one delivery against one scheme, over the exact bytes of its body. Never throws, whatever it is given.
 *
 * Every readable signature is compared with every secret, in constant time and without stopping at the first match. A
 * time that stands outside the body is judged before anything is computed, so a forged delivery costs at most one HMAC
 * a secret and URL spelling.
 */
export function verifyDelivery(row: SchemeRow, request: SignedRequest): Verdict {
  const fault = faultOf(request);
  if (fault !== undefined) return refuse(fault);
  const plan = planOf(row);
  const reader = new RequestReader(request);
  const read = readCandidates(reader, row.signature, plan.grammar, plan.timestampItem);
  if (!read.ok) return read;
  const timestamp = plan.timeAfterProof ? undefined : (read.timestamp ?? timestampOf(row, reader));
  const early = row.timestamp === undefined || plan.timeAfterProof ? undefined : judgeTime(row, request, timestamp);
  if (early !== undefined && !early.ok) return early;
  const filled = fill(row, plan, request, reader, read.signatures, timestamp ?? '');
  if (!filled.ok) return filled;
  const proof = prove(filled.value);
  if (!proof.ok || row.timestamp === undefined) return proof;
  const time = early ?? judgeTime(row, request, timestampOf(row, reader));
  return time.ok ? { ok: true, secretIndex: proof.secretIndex, timestampMs: time.atMs } : time;
}

/** What is wrong with the call itself. */
function faultOf(request: SignedRequest): RefusalReason | undefined {
  if (!Number.isFinite(request.nowMs)) return 'invalid_clock';
  if (!(request.body instanceof Uint8Array)) return 'invalid_body';
  if (!Array.isArray(request.secrets) || request.secrets.length === 0) return 'no_secret';
  const { toleranceSeconds } = request;
  if (toleranceSeconds === undefined) return undefined;
  return Number.isFinite(toleranceSeconds) && toleranceSeconds >= 0 ? undefined : 'invalid_tolerance';
}

function timestampOf(row: SchemeRow, reader: RequestReader): string | undefined {
  const place = row.timestamp;
  return place === undefined || 'item' in place ? undefined : reader.text(place);
}

function judgeTime(
  row: SchemeRow,
  request: SignedRequest,
  text: string | undefined,
): { ok: true; atMs: number } | Refusal {
  const { unit } = row.timestamp!;
  if (text === undefined) return refuse('missing_timestamp');
  const atMs = parseTimestamp(text, unit);
  if (atMs === undefined) return refuse('malformed_timestamp');
  const { pastMs, futureMs } = tolerances(row, request);
  // A time in whole seconds is compared with the clock in whole seconds, as every sender's library does.
  const nowMs = unit === 's' ? Math.floor(request.nowMs / 1000) * 1000 : request.nowMs;
  if (nowMs - atMs > pastMs) return refuse('stale');
  return atMs - nowMs > futureMs ? refuse('future') : { ok: true, atMs };
}

function tolerances(row: SchemeRow, request: SignedRequest): { pastMs: number; futureMs: number } {
  const past = request.toleranceSeconds ?? row.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS;
  const future = request.toleranceSeconds ?? row.futureSeconds ?? Math.min(past, DEFAULT_TOLERANCE_SECONDS);
  return { pastMs: past * 1000, futureMs: future * 1000 };
}

/** Fills the slots of what is signed. */
function fill(
  row: SchemeRow,
  plan: Plan,
  request: SignedRequest,
  reader: RequestReader,
  signatures: readonly string[],
  timestamp: string,
): { ok: true; value: Case } | Refusal {
  const id = row.id === undefined ? '' : reader.text(row.id);
  if (id === undefined) return refuse('header' in row.id! ? 'missing_header' : 'malformed_body');
  if (row.id !== undefined && !isSignedId(id)) return refuse('malformed_header');
  const method = request.method ?? 'POST';
  if (plan.needsMethod && !isMethod(method)) return refuse('malformed_method');
  let urls: readonly string[] = NO_URL;
  if (plan.needsUrl) {
    if (typeof request.url !== 'string' || request.url === '') return refuse('url_required');
    const spellings = urlSpellings(request.url, row.url ?? 'exact');
    if (spellings === undefined) return refuse('malformed_url');
    urls = spellings;
  }
  if (row.bodyHashParameter !== undefined) {
    const carries = carriesBodyHash(urls[0]!, row.bodyHashParameter, request.body);
    if (carries !== true) return refuse(carries === undefined ? 'malformed_url' : 'body_mismatch');
  }
  const form = plan.needsForm ? sortedForm(request.body) : '';
  if (form === undefined) return refuse('malformed_body');
  const content = { body: request.body, timestamp, id, url: urls[0]!, method, secret: '', label: '', form };
  return { ok: true, value: { row, plan, request, reader, content, urls, signatures } };
}

const NO_URL: readonly string[] = [''];

/** Tries every secret; the first that fits is reported, all are tried. */
function prove(subject: Case): Verdict {
  const { secrets } = subject.request;
  let found = -1;
  let usable = false;
  let claimFault: RefusalReason | undefined;
  for (let index = 0; index < secrets.length; index++) {
    const outcome = proveWith(subject, secrets[index]!);
    if (outcome === 'unusable') continue;
    usable = true;
    if (outcome === true && found < 0) found = index;
    if (typeof outcome === 'string') claimFault ??= outcome;
  }
  if (found >= 0) return { ok: true, secretIndex: found };
  return refuse(usable ? (claimFault ?? 'bad_signature') : 'unusable_secret');
}

type Outcome = boolean | 'unusable' | RefusalReason;

function proveWith(subject: Case, secret: string): Outcome {
  const material = keyOf(subject.row, subject.plan, secret);
  if (material === undefined) return 'unusable';
  switch (subject.row.algorithm) {
    case 'ed25519':
    case 'ecdsa-p256':
    case 'rsa-sha256':
      return provePublic(subject, material);
    case 'jwt-rs256':
    case 'jwt-hs256':
      return proveToken(subject, material);
    case 'equal':
      return proveEqual(subject, secret);
    default:
      return proveDigest(subject, material, secret);
  }
}

function proveDigest({ row, plan, content, urls, signatures }: Case, { keys }: KeyMaterial, secret: string): boolean {
  content.secret = secret;
  let matched = false;
  for (const url of urls) {
    content.url = url;
    const hash = digestFor(row, keys[0]!);
    feed(hash, plan.parts, content);
    const expected = hash.digest(row.signature.encoding as 'hex' | 'base64');
    for (const given of signatures) matched = plan.equal(expected, given) || matched;
  }
  return matched;
}

/** Either a hash or an HMAC: both are fed and read the same way. */
function digestFor(row: SchemeRow, key: KeyObject): ReturnType<typeof createHmac | typeof createHash> {
  if (row.algorithm === 'hmac-sha256') return createHmac('sha256', key);
  return row.algorithm === 'hmac-sha1' ? createHmac('sha1', key) : createHash('sha256');
}

/** Both sides are hashed first, so that not even the length of the secret shows in the time. */
function proveEqual({ row, signatures }: Case, secret: string): boolean {
  const text = row.signature.encoding === 'base64' ? Buffer.from(secret).toString('base64') : secret;
  const expected = createHash('sha256').update(text).digest();
  let matched = false;
  for (const given of signatures) {
    matched = timingSafeEqual(expected, createHash('sha256').update(given).digest()) || matched;
  }
  return matched;
}

function provePublic({ row, plan, content, urls, signatures }: Case, material: KeyMaterial): boolean {
  content.label = material.label;
  let matched = false;
  for (const url of urls) {
    content.url = url;
    for (const given of signatures) {
      const bytes = Buffer.from(given, row.signature.encoding as 'hex' | 'base64');
      for (const key of material.keys) matched = isSignedBy(row, plan, content, key, bytes) || matched;
    }
  }
  return matched;
}

function isSignedBy(row: SchemeRow, plan: Plan, content: Content, key: KeyObject, signature: Buffer): boolean {
  try {
    if (row.algorithm === 'ed25519') return verify(null, join(plan.parts, content), key, signature);
    const verifier = createVerify('sha256');
    feed(verifier, plan.parts, content);
    return verifier.verify(key, signature);
  } catch {
    return false;
  }
}

function proveToken({ row, request, content, signatures }: Case, { keys, label }: KeyMaterial): Outcome {
  const token = signatures[0]!;
  let signed = false;
  for (const key of keys) signed = isJwtSignedBy(token, row.algorithm, key) || signed;
  if (!signed) return false;
  const context = { nowMs: request.nowMs, ...tolerances(row, request), url: content.url, label };
  const verdict = judgeClaims(token, row, context);
  return verdict.ok ? true : verdict.reason;
}
