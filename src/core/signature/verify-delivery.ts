/**
 * The verdict on one delivery under one scheme: a total function over bytes.
 *
 * @module
 */
import { isMethod, isSignedId } from './grammar.js';
import { isBytes } from './input.js';
import { keyOf, planOf, type Plan } from './plan.js';
import { fits, type Attempt } from './proof.js';
import { refuse, type RefusalReason, type Verdict } from './refusals.js';
import { readCandidates, RequestReader, type SignedRequest } from './request.js';
import type { SchemeRow } from './row.js';
import { carriesBodyHash, emptyContent, sortedForm, urlSpellings, type Content } from './signed-content.js';
import { judgeTime } from './time.js';

/**
 * Checks one delivery against one scheme, over the exact bytes of its body. Never throws, whatever it is given.
 *
 * Every readable signature is compared with every secret, in constant time and without stopping at the first match. A
 * time that stands outside the body is judged before anything is computed, so a forged delivery costs at most one HMAC
 * a secret and URL spelling; one inside a signed body is read only when the signature has been accepted.
 */
export function verifyDelivery(row: SchemeRow, request: SignedRequest): Verdict {
  const fault = faultOf(request);
  if (fault !== undefined) return refuse(fault);
  const plan = planOf(row);
  const reader = new RequestReader(request);
  const read = readCandidates(reader, row.signature, plan.grammar, plan.timeItem);
  if (!read.ok) return read;
  let timestamp = read.timestamp;
  let timestampMs: number | undefined;
  if (row.timestamp !== undefined && !plan.lateTime) {
    timestamp ??= timestampIn(row, reader);
    const atMs = judgeTime(row, request, timestamp);
    if (typeof atMs === 'string') return refuse(atMs);
    timestampMs = atMs;
  }
  const content = emptyContent(request.body, timestamp ?? '');
  const urls = fill(content, row, plan, request, reader);
  if (typeof urls === 'string') return refuse(urls);
  const secretIndex = prove({ row, plan, request, content, urls, signatures: read.signatures });
  if (typeof secretIndex === 'string') return refuse(secretIndex);
  if (plan.lateTime) {
    const atMs = judgeTime(row, request, timestampIn(row, reader));
    if (typeof atMs === 'string') return refuse(atMs);
    timestampMs = atMs;
  }
  return { ok: true, secretIndex, timestampMs };
}

/** What is wrong with the call itself. */
function faultOf({ nowMs, body, headers, secrets, toleranceSeconds }: SignedRequest): RefusalReason | undefined {
  if (!Number.isFinite(nowMs)) return 'invalid_clock';
  if (!isBytes(body)) return 'invalid_body';
  if (typeof headers !== 'object' || headers === null) return 'invalid_headers';
  if (!Array.isArray(secrets) || secrets.length === 0) return 'no_secret';
  if (toleranceSeconds === undefined) return undefined;
  return Number.isFinite(toleranceSeconds) && toleranceSeconds >= 0 ? undefined : 'invalid_tolerance';
}

function timestampIn({ timestamp }: SchemeRow, reader: RequestReader): string | undefined {
  return timestamp === undefined || 'item' in timestamp ? undefined : reader.text(timestamp);
}

/** Fills the slots of what is signed; returns the spellings of the URL to try. */
function fill(
  content: Content,
  row: SchemeRow,
  plan: Plan,
  { url, method = 'POST', body }: SignedRequest,
  reader: RequestReader,
): readonly string[] | RefusalReason {
  if (row.id !== undefined) {
    const id = reader.text(row.id);
    if (id === undefined) return 'header' in row.id ? 'missing_header' : 'malformed_body';
    if (!isSignedId(id)) return 'malformed_header';
    content.id = id;
  }
  if (plan.needsMethod && !isMethod(method)) return 'malformed_method';
  content.method = method;
  if (plan.needsForm) {
    const form = sortedForm(body);
    if (form === undefined) return 'malformed_body';
    content.form = form;
  }
  if (!plan.needsUrl) return [''];
  if (typeof url !== 'string' || url === '') return 'url_required';
  if (row.bodyHashIn !== undefined) {
    const carries = carriesBodyHash(url, row.bodyHashIn, body);
    if (carries !== true) return carries === undefined ? 'malformed_url' : 'body_mismatch';
  }
  return urlSpellings(url, row.url) ?? 'malformed_url';
}

/** Nobody rotates through more; without a limit a caller's mistake could cost an HMAC for each. */
const SECRETS_MAX = 64;

/** Tries every secret; the index of the first that fits is the answer, yet all are tried. */
function prove(attempt: Attempt): number | RefusalReason {
  const { secrets } = attempt.request;
  let found = -1;
  let reason: RefusalReason = 'unusable_secret';
  for (let index = 0; index < secrets.length && index < SECRETS_MAX; index++) {
    const secret = secrets[index]!;
    const material = keyOf(attempt.row, attempt.plan, secret);
    if (material === undefined) continue;
    const outcome = fits(attempt, material, secret);
    if (outcome === true && found < 0) found = index;
    // A genuine token with wrong claims tells more than a signature of somebody else.
    if (typeof outcome === 'string') reason = outcome;
    else if (reason === 'unusable_secret') reason = 'bad_signature';
  }
  return found < 0 ? reason : found;
}
