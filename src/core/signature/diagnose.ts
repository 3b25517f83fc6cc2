/**
 * Why a delivery was refused: undoes what usually goes wrong, one thing at a time, and says which undoing helped.
 *
 * It answers only whether a changed delivery would have been accepted. The signature that would be right is never part
 * of an answer.
 *
 * @module
 */
import { bodyVariants } from './body-variants.js';
import { verifyUnder } from './choose.js';
import { diagnosis, type Diagnosis } from './diagnoses.js';
import { parseTimestamp } from './grammar.js';
import { missingHeader, unreadableHeader } from './header-clues.js';
import { REFUSALS, type RefusalReason } from './refusals.js';
import { readCandidates, RequestReader, type SignedRequest } from './request.js';
import type { SchemeRow, SchemeSet } from './row.js';
import { planOf } from './plan.js';
import { verifyDelivery } from './verify-delivery.js';

/** Other secrets the caller has, by a name to show, e.g. those of other sources and environments. */
export type OtherSecrets = Readonly<Record<string, string>>;

/** The likeliest causes first; empty when the delivery is accepted. Never throws. */
export function diagnoseDelivery(
  schemes: SchemeSet,
  request: SignedRequest,
  name?: string,
  others: OtherSecrets = {},
): Diagnosis[] {
  const verdict = verifyUnder(schemes, request, name);
  if (verdict.ok) return [];
  const row = schemes[verdict.scheme ?? ''];
  if (row === undefined) return callProblem(verdict.reason);
  const sibling = siblingScheme(schemes, row, request);
  const found = explain(verdict.reason, { row, schemes, request, others });
  return sibling === undefined ? found : [sibling, ...found];
}

/** For a call that could not even be read. */
export function callProblem(reason: RefusalReason): Diagnosis[] {
  return [diagnosis('call_invalid', REFUSALS[reason])];
}

interface Subject {
  row: SchemeRow;
  schemes: SchemeSet;
  request: SignedRequest;
  others: OtherSecrets;
}

function explain(reason: RefusalReason, subject: Subject): Diagnosis[] {
  const { row, schemes, request } = subject;
  switch (reason) {
    case 'missing_header':
      return missingHeader(row, schemes, request);
    case 'malformed_header':
    case 'unsupported_version':
      return row.signature.header === undefined ? unreadableBody(row) : unreadableHeader(row, request);
    case 'missing_timestamp':
      return [...parsedBody(request), diagnosis('timestamp_missing', timestampName(row))];
    case 'malformed_timestamp':
      return malformedTime(subject);
    case 'stale':
    case 'future':
      return outsideTime(subject, reason);
    case 'bad_signature':
      return wrongSignature(subject);
    case 'no_secret':
      return [diagnosis('secret_absent')];
    case 'unusable_secret':
      return unusableSecret(subject);
    case 'url_required':
      return [diagnosis('url_missing')];
    case 'malformed_url':
      return [diagnosis('url_malformed', row.bodyHashIn ? `it needs ${row.bodyHashIn}` : 'it is not absolute')];
    case 'malformed_body':
      return [...parsedBody(request), ...unreadableBody(row)];
    case 'body_mismatch':
      return wrongSignature(subject);
    case 'wrong_claims':
      return [diagnosis('token_for_other')];
    default:
      return callProblem(reason);
  }
}

function accepts({ row, request }: Subject, change: Partial<SignedRequest>, other: SchemeRow = row): boolean {
  return verifyDelivery(other, { ...request, ...change }).ok;
}

function siblingScheme(schemes: SchemeSet, row: SchemeRow, request: SignedRequest): Diagnosis | undefined {
  const sibling = Object.entries(schemes).find(([, other]) => other !== row && verifyDelivery(other, request).ok);
  return sibling && diagnosis('other_scheme', sibling[0]);
}

// --- time -------------------------------------------------------------------------------------------------------------

function timestampName({ timestamp }: SchemeRow): string {
  if (timestamp === undefined) return 'the claims iat and exp';
  if ('item' in timestamp) return `${timestamp.item} in the signature header`;
  return 'header' in timestamp ? `header ${timestamp.header}` : `body field ${timestamp.field}`;
}

function timestampText(row: SchemeRow, request: SignedRequest): string | undefined {
  const place = row.timestamp;
  if (place === undefined) return undefined;
  const reader = new RequestReader(request);
  if (!('item' in place)) return reader.text(place);
  const read = readCandidates(reader, row.signature, planOf(row).grammar, place.item);
  return read.ok ? read.timestamp : undefined;
}

function malformedTime({ row, request }: Subject): Diagnosis[] {
  const text = timestampText(row, request) ?? '';
  const unit = parseTimestamp(text, 'iso') === undefined ? undefined : 'as ISO 8601 instead of a number';
  if (unit !== undefined) return [diagnosis('timestamp_unit', unit)];
  const digits = row.timestamp?.unit === 'iso' && /^\d+$/.test(text);
  return [digits ? diagnosis('timestamp_unit', 'a number instead of ISO 8601') : diagnosis('timestamp_garbled')];
}

function outsideTime(subject: Subject, reason: 'stale' | 'future'): Diagnosis[] {
  const { row, request } = subject;
  const text = timestampText(row, request);
  const atMs = text === undefined || row.timestamp === undefined ? undefined : parseTimestamp(text, row.timestamp.unit);
  if (text === undefined || atMs === undefined) return [diagnosis('time_outside', distance(reason, undefined))];
  if (request.nowMs < YEAR_1973_MS && isNear(request.nowMs * 1000, atMs)) return [diagnosis('now_in_seconds')];
  const other = otherUnit(text, row.timestamp!.unit, request.nowMs);
  if (other !== undefined) return [diagnosis('timestamp_unit', other)];
  const detail = distance(reason, Math.abs(request.nowMs - atMs));
  const then = { ...subject, request: { ...request, nowMs: atMs } };
  if (accepts(then, {})) return [diagnosis(reason === 'stale' ? 'clock_stale' : 'clock_future', detail)];
  return [diagnosis('time_outside', detail), ...wrongSignature(then)];
}

const HOUR_MS = 3_600_000;
/** Whoever passes an earlier time means seconds. */
const YEAR_1973_MS = 1e11;
const DAY_MS = 24 * HOUR_MS;

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) < DAY_MS;
}

function otherUnit(text: string, unit: 's' | 'ms' | 'iso', nowMs: number): string | undefined {
  if (unit === 's' && isNear(Number(text), nowMs)) return 'milliseconds instead of seconds';
  return unit === 'ms' && isNear(Number(text) * 1000, nowMs) ? 'seconds instead of milliseconds' : undefined;
}

function distance(reason: 'stale' | 'future', differenceMs: number | undefined): string {
  const side = reason === 'stale' ? 'ago' : 'in the future';
  if (differenceMs === undefined) return `it was signed too long ${side}`;
  const hours = Math.round(differenceMs / HOUR_MS);
  const zone = hours >= 1 && hours <= 14 && Math.abs(differenceMs - hours * HOUR_MS) < 120_000;
  return `it was signed ${Math.round(differenceMs / 1000)} s ${side}${zone ? ' (whole hours: a time zone mistake?)' : ''}`;
}

// --- signature --------------------------------------------------------------------------------------------------------

function wrongSignature(subject: Subject): Diagnosis[] {
  const { request } = subject;
  const proven =
    secretVariant(subject) ??
    otherSecret(subject) ??
    urlVariant(subject) ??
    methodVariant(subject) ??
    bodyVariant(subject);
  if (proven !== undefined) return [proven];
  const live = /"livemode": ?(true|false)/.exec(Buffer.from(request.body.subarray(0, 65_536)).toString('latin1'));
  const hint = live === null ? '' : ` (the body says livemode ${live[1]})`;
  return [...parsedBody(request), ...lengthProblem(request), diagnosis('secret_mismatch', hint)];
}

function bodyVariant(subject: Subject): Diagnosis | undefined {
  for (const { code, detail, body } of bodyVariants(subject.request.body)) {
    if (accepts(subject, { body })) return diagnosis(code, detail);
  }
  return undefined;
}

function secretVariant(subject: Subject): Diagnosis | undefined {
  const { row, request } = subject;
  const trimmed = request.secrets.map((secret) =>
    String(secret)
      .trim()
      .replace(/^(["'])(.*)\1$/s, '$2')
      .trim(),
  );
  if (accepts(subject, { secrets: trimmed })) return diagnosis('secret_whitespace', 'line ends, spaces or quotes');
  if (row.key !== 'text' && row.key !== 'base64') return undefined;
  const bare = trimmed.map((secret) => secret.replace(/^whsec_/, ''));
  const text = { ...row, key: 'text' } as const;
  const base64 = { ...row, key: 'base64' } as const;
  if (accepts(subject, { secrets: trimmed }, text))
    return diagnosis('secret_encoding', 'as text with its prefix, not decoded');
  if (accepts(subject, { secrets: bare }, text)) return diagnosis('secret_encoding', 'as text without its prefix');
  if (accepts(subject, { secrets: bare }, base64))
    return diagnosis('secret_encoding', 'decoded from base64, not as text');
  const whole = bare.map((secret) => `whsec_${secret}`);
  if (accepts(subject, { secrets: whole }, text)) return diagnosis('secret_encoding', 'as text with the prefix whsec_');
  const hex = bare.map((secret) => Buffer.from(secret, 'hex').toString('base64'));
  return accepts(subject, { secrets: hex }, base64) ? diagnosis('secret_encoding', 'decoded from hex') : undefined;
}

function otherSecret(subject: Subject): Diagnosis | undefined {
  const known = Object.entries(subject.others).find(([, secret]) => accepts(subject, { secrets: [secret] }));
  return known && diagnosis('secret_other', known[0]);
}

function unusableSecret(subject: Subject): Diagnosis[] {
  const proven = secretVariant(subject);
  if (proven !== undefined) return [proven];
  const wants = {
    text: 'it is empty, or it is a public key where a shared secret belongs',
    base64: 'the scheme wants base64, after whsec_ or bare',
    public: 'the scheme wants a public key of its own kind: PEM, JWK, certificate, base64 or hex',
    'labelled-public':
      'the scheme wants a first line that names whom the key speaks for, then the public key or certificate',
  };
  return [diagnosis('secret_unusable', wants[subject.row.key])];
}

// --- URL and method ---------------------------------------------------------------------------------------------------

function urlVariant(subject: Subject): Diagnosis | undefined {
  const { url } = subject.request;
  if (!planOf(subject.row).needsUrl || typeof url !== 'string') return undefined;
  const found = urlVariants(url, new RequestReader(subject.request)).find((other) => accepts(subject, { url: other }));
  return found === undefined ? undefined : diagnosis('url_changed', withoutUser(found));
}

function urlVariants(url: string, reader: RequestReader): string[] {
  const hosts = ['x-forwarded-host', 'x-original-host', 'host'].map((name) => reader.header(name));
  const swapped = url.startsWith('https:') ? url.replace(/^https:/, 'http:') : url.replace(/^http:/, 'https:');
  const moved = hosts.flatMap((host) =>
    host ? [url, swapped].map((one) => one.replace(/\/\/[^/?#]*/, () => `//${host}`)) : [],
  );
  const [path, query] = url.split('?', 2) as [string, string?];
  const suffix = query === undefined ? '' : `?${query}`;
  const slashed = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
  const ported = url.replace(/^(https?:\/\/[^/?#]*?)(:\d+)?(?=[/?#]|$)/, '$1');
  return [
    swapped,
    slashed + suffix,
    path,
    ported,
    ported.replace(/^https?/, (s) => (s === 'https' ? 'http' : 'https')),
    ...moved,
  ];
}

/** A user part of a URL can hold a password. */
function withoutUser(url: string): string {
  return url.replace(/\/\/[^/?#@]*@/, '//');
}

function methodVariant(subject: Subject): Diagnosis | undefined {
  if (!planOf(subject.row).needsMethod) return undefined;
  const method = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE'].find((other) => accepts(subject, { method: other }));
  return method === undefined ? undefined : diagnosis('method_changed', method);
}

// --- body -------------------------------------------------------------------------------------------------------------

function unreadableBody(row: SchemeRow): Diagnosis[] {
  const { fields } = row.signature;
  return fields === undefined
    ? [diagnosis('body_parsed', 'it is no form')]
    : [diagnosis('body_unreadable', fields.join(' or '))];
}

/** Marks of a body that something consumed, decoded or compressed before it came here. */
function parsedBody(request: SignedRequest): Diagnosis[] {
  const { body } = request;
  const reader = new RequestReader(request);
  const encoding = reader.header('content-encoding');
  const head = Buffer.from(body.subarray(0, 65_536)).toString('utf8');
  const found: Diagnosis[] = [];
  if (body.length === 0) found.push(diagnosis('body_parsed', 'it is empty; a parser may have read the stream before'));
  if (head.startsWith('[object ')) found.push(diagnosis('body_parsed', 'an object was turned into text'));
  if (/^"\{.*\}"$/s.test(head)) found.push(diagnosis('body_parsed', 'it is JSON inside a JSON string'));
  if (head.includes('\ufffd')) found.push(diagnosis('body_charset', 'it holds replacement characters'));
  if (encoding !== undefined && encoding !== 'identity')
    found.push(diagnosis('body_compressed', encoding.slice(0, 16)));
  else if (body[0] === 0x1f && body[1] === 0x8b) found.push(diagnosis('body_compressed', 'gzip'));
  return found;
}

function lengthProblem(request: SignedRequest): Diagnosis[] {
  const declared = Number(new RequestReader(request).header('content-length') ?? NaN);
  if (Number.isNaN(declared) || declared === request.body.length) return [];
  return [diagnosis('body_length', `content-length says ${declared} bytes, there are ${request.body.length}`)];
}
