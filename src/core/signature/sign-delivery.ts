/**
 * Making the deliveries that {@link verifyDelivery} accepts: for samples, forwarding, simulated providers and tests.
 *
 * @module
 */
import { createHash, createHmac, createSign, sign, type KeyObject } from 'node:crypto';
import { isObject, parseJsonObject, valueAt } from '../json.js';
import { formatTimestamp, isMethod, isSignedId } from './grammar.js';
import { isBytes } from './input.js';
import { importSecret } from './key.js';
import { planOf } from './plan.js';
import { signingKey } from './private-key.js';
import { refuse, type Refusal } from './refusals.js';
import type { Place, SchemeRow } from './row.js';
import { join, sortedForm, urlSpellings, type Content } from './signed-content.js';

export interface SigningRequest {
  readonly body: Uint8Array;
  /**
   * A shared secret as the verifier has it; for asymmetric schemes the private key: PEM, `whsk_` and base64, or hex of
   * an Ed25519 seed, after the label line where the scheme has one.
   */
  readonly secret: string;
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** The id a scheme signs. Default: derived from body and time, so that signing stays a pure function. */
  readonly id?: string | undefined;
  readonly url?: string | undefined;
  /** Default POST. */
  readonly method?: string | undefined;
  /** Headers the sender sets anyway; a signed id or time among them is kept. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface SignedDelivery {
  readonly ok: true;
  /** Only the headers that the signature makes; lower-case names. */
  readonly headers: Record<string, string>;
  /** The body to send: the one given, unless the scheme signs inside it. */
  readonly body: Uint8Array;
  /** The URL to send to: the one given, unless the scheme puts a hash of the body into it. */
  readonly url?: string;
}

/** Signs one delivery the way the row's sender does. Never throws. */
export function signDelivery(row: SchemeRow, request: SigningRequest): SignedDelivery | Refusal {
  if (!isBytes(request.body)) return refuse('invalid_body');
  if (!Number.isFinite(request.nowMs) || request.nowMs < 0 || request.nowMs > 8.64e15) return refuse('invalid_clock');
  const draft = new Draft(row, request);
  if (row.algorithm === 'jwt-rs256') return signToken(draft);
  const content = draft.content();
  if (!content.ok) return content;
  const signature = makeSignature(row, content.value, request.secret);
  return signature === undefined ? refuse('unusable_secret') : draft.finish(signature, content.value);
}

/** A delivery in the making: headers and body fields are filled in, then the signature is put in its place. */
class Draft {
  readonly headers: Record<string, string> = {};
  #fields: Record<string, unknown> | undefined;
  #changed = false;
  #body: Uint8Array;

  constructor(
    readonly row: SchemeRow,
    readonly request: SigningRequest,
  ) {
    this.#body = request.body;
  }

  content(): { ok: true; value: Content } | Refusal {
    const { row, request } = this;
    const plan = planOf(row);
    const method = request.method ?? 'POST';
    if (!isMethod(method)) return refuse('malformed_method');
    const url = this.#url(plan.needsUrl);
    if (typeof url !== 'string') return url;
    const timestamp = this.#timestamp();
    const id = this.#id(timestamp);
    if (timestamp === undefined || id === undefined) return refuse('malformed_body');
    if (id !== '' && !isSignedId(id)) return refuse('malformed_header');
    this.#writeBody();
    const form = plan.needsForm ? sortedForm(this.#body) : '';
    if (form === undefined) return refuse('malformed_body');
    const body = this.#body;
    return { ok: true, value: { body, timestamp, id, url, method, secret: request.secret, label: '', form } };
  }

  /** Puts the signature where the scheme wants it. */
  finish(signature: string, content: Content): SignedDelivery | Refusal {
    const { row } = this;
    const { header, fields, list, prefix } = row.signature;
    if (header === undefined) {
      if (!this.#setField(fields![0]!, signature)) return refuse('malformed_body');
      this.#writeBody();
    } else if (list === undefined) this.headers[header] = (prefix ?? '') + signature;
    else {
      const item = row.timestamp !== undefined && 'item' in row.timestamp ? row.timestamp.item : undefined;
      const time = item === undefined ? '' : item + list.assign + content.timestamp + list.separator;
      this.headers[header] = time + list.key + list.assign + signature;
    }
    return this.done(content.url);
  }

  readonly done = (url: string): SignedDelivery => {
    return { ok: true, headers: this.headers, body: this.#body, ...(url !== '' && { url }) };
  };

  #url(needed: boolean): string | Refusal {
    const { url, body } = this.request;
    if (!needed) return url ?? '';
    if (typeof url !== 'string' || url === '') return refuse('url_required');
    const spellings = urlSpellings(url, this.row.url);
    if (spellings === undefined) return refuse('malformed_url');
    const name = this.row.bodyHashIn;
    if (name === undefined) return spellings[0]!;
    const hash = createHash('sha256').update(body).digest('hex');
    return `${spellings[0]!}${spellings[0]!.includes('?') ? '&' : '?'}${name}=${hash}`;
  }

  /** The time as text, put into its place; a time that the body or the headers already hold stays. */
  #timestamp(): string | undefined {
    const place = this.row.timestamp;
    if (place === undefined) return '';
    const text = formatTimestamp(this.request.nowMs, place.unit);
    return 'item' in place ? text : this.#put(place, text, place.unit === 'ms');
  }

  #id(timestamp: string | undefined): string | undefined {
    const place = this.row.id;
    if (place === undefined) return '';
    const seed = createHash('sha256')
      .update(`${this.request.id ?? ''} ${timestamp} `)
      .update(this.request.body);
    // Fifty characters is what the one provider that signs a token in the body makes.
    const derived = seed.digest('hex').slice(0, 50);
    return this.#put(place, 'field' in place ? derived : (this.request.id ?? `msg_${derived.slice(0, 26)}`), false);
  }

  #put(place: Place, text: string, asNumber: boolean): string | undefined {
    if ('header' in place) return (this.headers[place.header] = this.request.headers?.[place.header] ?? text);
    this.#fields ??= parseJsonObject(this.#body);
    const held = valueAt(this.#fields, place.field);
    if (typeof held === 'string' || typeof held === 'number') return String(held);
    return this.#setField(place.field, asNumber ? Number(text) : text) ? text : undefined;
  }

  /** Sets a field at a dotted path of the JSON body, making objects on the way. */
  #setField(path: string, value: unknown): boolean {
    this.#fields ??= parseJsonObject(this.#body);
    if (this.#fields === undefined) return false;
    let at = this.#fields;
    const names = path.split('.');
    for (const name of names.slice(0, -1)) {
      if (!isObject(at[name])) at[name] = {};
      at = at[name] as Record<string, unknown>;
    }
    at[names.at(-1)!] = value;
    this.#changed = true;
    return true;
  }

  #writeBody(): void {
    if (this.#changed) this.#body = Buffer.from(JSON.stringify(this.#fields));
    this.#changed = false;
  }
}

function makeSignature(row: SchemeRow, content: Content, secret: string): string | undefined {
  const encoding = row.signature.encoding === 'hex' ? 'hex' : 'base64';
  if (row.key === 'public' || row.key === 'labelled-public') {
    const key = signingKey(row, secret);
    return key === undefined ? undefined : signWith(row, { ...content, label: key.label }, key.key).toString(encoding);
  }
  const material = importSecret(row, secret);
  if (material === undefined) return undefined;
  if (row.algorithm === 'equal')
    return row.signature.encoding === 'base64' ? Buffer.from(secret).toString('base64') : secret;
  const name = row.algorithm === 'hmac-sha1' ? 'sha1' : 'sha256';
  const hash = row.algorithm === 'sha256' ? createHash(name) : createHmac(name, material.keys[0]!);
  return hash.update(join(planOf(row).parts, content)).digest(encoding);
}

function signWith(row: SchemeRow, content: Content, key: KeyObject): Buffer {
  const { parts } = planOf(row);
  if (row.algorithm === 'ed25519') return sign(null, join(parts, content), key);
  return createSign('sha256').update(join(parts, content)).sign(key);
}

const TOKEN_LIFE_SECONDS = 3600;

function signToken({ row, request, headers, done }: Draft): SignedDelivery | Refusal {
  const { claims = {} } = row;
  const signer = signingKey(row, request.secret);
  if (signer === undefined) return refuse('unusable_secret');
  if (claims.audience === 'url' && !request.url) return refuse('url_required');
  const issuedAt = Math.floor(request.nowMs / 1000);
  const says = {
    ...(claims.issuers && { iss: claims.issuers[0] }),
    ...(claims.audience && { aud: request.url }),
    ...(claims.email && { email: signer.label, email_verified: true }),
    iat: issuedAt,
    exp: issuedAt + TOKEN_LIFE_SECONDS,
  };
  const parts = [{ alg: 'RS256', typ: 'JWT' }, says];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(text), signer.key).toString('base64url');
  headers[row.signature.header!] = `${row.signature.prefix ?? ''}${text}.${signature}`;
  return done(request.url ?? '');
}
