/**
 * Reading the signatures and the signed values out of a delivery, before anything is computed.
 *
 * @module
 */
import { parseJsonToLookAt, valueAt, type JsonResult } from '../json.js';
import { HEADER_MAX } from './grammar.js';
import { refuse, type Refusal } from './refusals.js';
import type { Place, SignaturePlace } from './row.js';

export interface SignedRequest {
  /** Lower-case names are found at once, others by a search. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The exact bytes as they arrived. */
  readonly body: Uint8Array;
  /** The secrets that are active, in the caller's order. For asymmetric schemes: public keys. */
  readonly secrets: readonly string[];
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** The URL under which the sender knows us; never derived from the request. */
  readonly url?: string | undefined;
  /** Default POST. */
  readonly method?: string | undefined;
  /** Replaces the row's tolerance on both sides. Zero means the very second; it cannot be turned off. */
  readonly toleranceSeconds?: number | undefined;
}

/**
 * Only named fields are looked at, nothing walks the value, so depth is bounded for the parser's sake alone: a body of
 * up to this many bytes needs no counting.
 */
const LIMITS = { maxDepth: 8192 };

/** Reads header and body values of one request; the body is parsed at most once, and only if a value stands there. */
export class RequestReader {
  readonly #request: SignedRequest;
  #json: JsonResult | undefined;

  constructor(request: SignedRequest) {
    this.#request = request;
  }

  /** The value of a header, by its lower-case name; callers may have it in any case, and in pieces. */
  header(name: string): string | undefined {
    try {
      const value = this.#request.headers[name];
      return typeof value === 'string' && value !== '' ? value : this.#search(name);
    } catch {
      return undefined;
    }
  }

  #search(name: string): string | undefined {
    const { headers } = this.#request;
    const value = headers[Object.keys(headers).find((key) => key.toLowerCase() === name) ?? ''];
    const text = Array.isArray(value) ? value.join(', ') : value;
    return typeof text === 'string' && text !== '' ? text : undefined;
  }

  /** The body field at `path`; `undefined` when the body is no JSON or has no such field. */
  field(path: string): unknown {
    this.#json ??= parseJsonToLookAt(this.#request.body, LIMITS);
    return this.#json.ok ? valueAt(this.#json.value, path) : undefined;
  }

  /** A text or a whole number as text; anything else is absent. */
  text(place: Place): string | undefined {
    if ('header' in place) return this.header(place.header);
    const value = this.field(place.field);
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }
}

/** The readable signatures of a delivery, and the timestamp if it stands in their list. */
export interface Candidates {
  readonly ok: true;
  readonly signatures: readonly string[];
  readonly timestamp: string | undefined;
}

/** @param item key of the timestamp in the signature list, where it stands there. */
export function readCandidates(
  reader: RequestReader,
  place: SignaturePlace,
  grammar: RegExp,
  item: string | undefined,
): Candidates | Refusal {
  if (place.header === undefined) return readFields(reader, place.fields ?? [], grammar);
  const value = reader.header(place.header);
  if (value === undefined) return refuse('missing_header');
  if (value.length > HEADER_MAX) return refuse('malformed_header');
  if (place.list !== undefined) return readList(value, place.list, grammar, item);
  const prefix = place.prefix ?? '';
  const text = prefix === '' ? value : value.slice(prefix.length);
  if (!value.startsWith(prefix) || !grammar.test(text)) return refuse('malformed_header');
  return { ok: true, signatures: [text], timestamp: undefined };
}

function readList(
  value: string,
  list: NonNullable<SignaturePlace['list']>,
  grammar: RegExp,
  item: string | undefined,
): Candidates | Refusal {
  const signatures: string[] = [];
  let timestamp: string | undefined;
  let seen = false;
  for (let start = 0, end = 0; start <= value.length; start = end + 1) {
    end = value.indexOf(list.separator, start);
    if (end < 0) end = value.length;
    const at = value.indexOf(list.assign, start);
    if (at < 0 || at >= end) continue;
    const key = value.slice(start, at);
    const text = value.slice(at + 1, end);
    if (key === list.key) {
      seen = true;
      if (grammar.test(text)) signatures.push(text);
    } else if (key === item) {
      // Two times in one header: whoever reads the other one sees another message.
      if (timestamp !== undefined) return refuse('malformed_header');
      timestamp = text;
    }
  }
  if (signatures.length === 0) return refuse(seen ? 'malformed_header' : 'unsupported_version');
  return { ok: true, signatures, timestamp };
}

function readFields(reader: RequestReader, fields: readonly string[], grammar: RegExp): Candidates | Refusal {
  const signatures: string[] = [];
  for (const path of fields) {
    const text = reader.field(path);
    if (typeof text === 'string' && grammar.test(text)) signatures.push(text);
  }
  return signatures.length === 0 ? refuse('malformed_body') : { ok: true, signatures, timestamp: undefined };
}
