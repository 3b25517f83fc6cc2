/**
 * What the headers of a refused delivery tell: renamed, doubled, of another scheme, with another prefix or spelling.
 *
 * @module
 */
import { diagnosis, type Diagnosis } from './diagnoses.js';
import { RequestReader, type SignedRequest } from './request.js';
import type { SchemeRow, SchemeSet } from './row.js';
import { verifyDelivery } from './verify-delivery.js';

/** Header names as proxies and gateways leave them: `HTTP_X_SIGNATURE`, `x_signature`, `x-original-x-signature`. */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/^(?:http-|x-original-|x-forwarded-|original-)+/, '');
}

/** The headers a row needs, by lower-case name. */
export function headersOf(row: SchemeRow): string[] {
  const places = [row.signature, row.id, row.timestamp];
  return places.flatMap((place) => (place !== undefined && 'header' in place && place.header ? [place.header] : []));
}

/** Why a header that the row needs is not there. */
export function missingHeader(row: SchemeRow, schemes: SchemeSet, request: SignedRequest): Diagnosis[] {
  const reader = new RequestReader(request);
  const missing = headersOf(row).filter((name) => reader.header(name) === undefined);
  const names = Object.keys(request.headers);
  const found: Diagnosis[] = [];
  for (const name of missing) {
    const renamed = names.find((other) => plainName(other) === plainName(name) && other.toLowerCase() !== name);
    if (renamed !== undefined) found.push(diagnosis('header_renamed', renamed));
  }
  if (found.length > 0) return found;
  for (const [scheme, other] of Object.entries(schemes)) {
    const present = other === row ? undefined : headersOf(other).find((name) => reader.header(name) !== undefined);
    if (present !== undefined) found.push(diagnosis('other_scheme_header', `${present} (${scheme})`));
  }
  const weaker = names.find(
    (name) => row.algorithm.endsWith('sha256') && reader.header(name.toLowerCase())?.startsWith('sha1='),
  );
  if (weaker !== undefined) found.push(diagnosis('weaker_hash', weaker));
  return [...found, ...missing.map((name) => diagnosis('header_missing', name))];
}

/** Why the signature header that is there cannot be read. */
export function unreadableHeader(row: SchemeRow, request: SignedRequest): Diagnosis[] {
  const name = row.signature.header!;
  const value = new RequestReader(request).header(name) ?? '';
  const accepted = (header: string, other = row): boolean =>
    verifyDelivery(other, { ...request, headers: { ...plainHeaders(request), [name]: header } }).ok;
  for (const part of value.includes(', ') ? value.split(', ') : []) {
    if (accepted(part)) return [diagnosis('header_joined', name)];
  }
  return row.signature.list === undefined
    ? unreadableSingle(row, name, value, accepted)
    : unreadableList(row, name, value, accepted);
}

function unreadableSingle(
  row: SchemeRow,
  name: string,
  value: string,
  accepted: (header: string, row?: SchemeRow) => boolean,
): Diagnosis[] {
  const prefix = row.signature.prefix ?? '';
  const bare = value.slice(value.startsWith(prefix) ? prefix.length : value.search(/=[^=]/) + 1).trim();
  if (!value.startsWith(prefix)) {
    if (accepted(prefix + bare) || accepted(prefix + value)) return [diagnosis('prefix_missing', `\`${prefix}\``)];
    if (value.startsWith('sha1=')) return [diagnosis('weaker_hash', name)];
  }
  const spelling = otherSpelling(row, bare, (text, other) => accepted(prefix + text, other));
  if (spelling !== undefined) return [diagnosis('signature_encoding', spelling)];
  return [lengthClue(row, bare) ?? diagnosis('signature_garbled', name)];
}

function unreadableList(
  row: SchemeRow,
  name: string,
  value: string,
  accepted: (header: string, row?: SchemeRow) => boolean,
): Diagnosis[] {
  const list = row.signature.list!;
  const spacing = value.replaceAll(/[,;] /g, (mark) => mark[0]!);
  if (spacing !== value && accepted(spacing)) return [diagnosis('signature_encoding', 'with spaces in the list')];
  const items = value.split(list.separator).map((item) => item.split(list.assign, 2) as [string, string?]);
  const texts = items.filter(([key]) => key === list.key).map(([, text]) => text ?? '');
  if (texts.length === 0) {
    const keys = items.filter(([, text]) => text !== undefined).map(([key]) => key.trim().slice(0, 16));
    return [keys.length > 0 ? diagnosis('version_only', keys.join(', ')) : diagnosis('signature_garbled', name)];
  }
  for (const text of texts) {
    const swap = (spelled: string, other?: SchemeRow): boolean =>
      accepted(
        value.replace(text, () => spelled),
        other,
      );
    const spelling = otherSpelling(row, text, swap);
    if (spelling !== undefined) return [diagnosis('signature_encoding', spelling)];
  }
  return [lengthClue(row, texts[0]!) ?? diagnosis('signature_garbled', name)];
}

/** Whether the signature is right but in hex instead of base64, in capitals, in URL-safe letters, without padding. */
function otherSpelling(
  row: SchemeRow,
  text: string,
  accepted: (text: string, row?: SchemeRow) => boolean,
): string | undefined {
  const { encoding } = row.signature;
  if (encoding === 'hex' && accepted(text.toLowerCase())) return 'in capitals';
  const recode = (from: 'hex' | 'base64', to: 'hex' | 'base64'): string => Buffer.from(text, from).toString(to);
  if (encoding === 'hex' && accepted(recode('base64', 'hex'))) return 'as base64 instead of hex';
  if (encoding !== 'base64') return undefined;
  if (accepted(recode('base64', 'base64'))) return 'in URL-safe letters or without padding';
  return accepted(recode('hex', 'base64')) ? 'as hex instead of base64' : undefined;
}

const LENGTHS: Partial<Record<SchemeRow['algorithm'], number>> = {
  'hmac-sha1': 20,
  'hmac-sha256': 32,
  sha256: 32,
  ed25519: 64,
};

function lengthClue(row: SchemeRow, text: string): Diagnosis | undefined {
  const bytes = LENGTHS[row.algorithm];
  const { encoding } = row.signature;
  if (bytes === undefined || (encoding !== 'hex' && encoding !== 'base64')) return undefined;
  const length = encoding === 'hex' ? bytes * 2 : Math.ceil(bytes / 3) * 4;
  const letters = encoding === 'hex' ? /^[0-9a-f]*$/i : /^[A-Za-z0-9+/_-]*={0,2}$/;
  if (!letters.test(text) || text.length >= length) return undefined;
  return diagnosis('signature_truncated', `${text.length} characters long, ${length} are needed`);
}

function plainHeaders(request: SignedRequest): Record<string, string | readonly string[] | undefined> {
  const entries = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(entries);
}
