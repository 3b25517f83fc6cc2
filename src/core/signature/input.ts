/**
 * From what callers have at hand to a {@link SignedRequest}: any kind of headers, text or bytes, strings or JWK objects.
 *
 * @module
 */
import type { RefusalReason } from './refusals.js';
import type { SignedRequest } from './request.js';

/** What can be passed as headers; names in any case. Values of a repeated header are joined, as HTTP has it. */
export type HeadersInput =
  Readonly<Record<string, string | readonly string[] | undefined>> | Iterable<readonly [string, string]>;

export interface RequestInput {
  headers: HeadersInput;
  /** The raw body, exactly as it arrived. Text is taken as UTF-8. */
  body: Uint8Array | string;
  /**
   * The active secrets: signing secrets as the provider shows them; for asymmetric schemes public keys as PEM,
   * certificate, JWK or JWK set; Basic credentials as `user:password`. Where a key speaks for someone, the first line
   * names whom: a webhook id, the e-mail address of a service account.
   */
  secrets: readonly (string | object)[];
  /** Unix milliseconds. */
  nowMs: number;
  /** The public URL the provider calls, for schemes that sign it. */
  url?: string | undefined;
  /** Default POST. */
  method?: string | undefined;
  /** Replaces the scheme's own tolerance, past and future. Zero means the very second; it cannot be turned off. */
  toleranceSeconds?: number | undefined;
}

/** The request, or why there is none. Total: a getter or proxy that throws is `invalid_input`. */
export function readRequest(input: RequestInput): SignedRequest | RefusalReason {
  try {
    const { nowMs, url, method, toleranceSeconds } = input;
    const headers = readHeaders(input.headers);
    const body = readBytes(input.body);
    if (headers === undefined) return 'invalid_headers';
    if (body === undefined) return 'invalid_body';
    return { headers, body, secrets: readSecrets(input.secrets), nowMs, url, method, toleranceSeconds };
  } catch {
    return 'invalid_input';
  }
}

/** A plain object is passed on as it is: looking a name up costs less than lower-casing all of them. */
export function readHeaders(headers: unknown): SignedRequest['headers'] | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (!(Symbol.iterator in headers)) return headers as SignedRequest['headers'];
  const record: Record<string, string> = Object.create(null);
  for (const pair of headers as Iterable<unknown>) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') return undefined;
    const name = pair[0].toLowerCase();
    record[name] = name in record ? `${record[name]}, ${pair[1]}` : pair[1];
  }
  return record;
}

export function readBytes(body: unknown): Uint8Array | undefined {
  if (typeof body === 'string') return Buffer.from(body);
  return isBytes(body) ? body : undefined;
}

/** By shape and not by class, because test runners and workers bring classes of their own. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Partial<Uint8Array>).BYTES_PER_ELEMENT === 1;
}

function readSecrets(secrets: unknown): string[] {
  const list: unknown[] = typeof secrets === 'string' ? [secrets] : Array.isArray(secrets) ? secrets : [];
  for (const secret of list) if (typeof secret !== 'string') return list.map(textOf);
  return list as string[];
}

function textOf(secret: unknown): string {
  return typeof secret === 'string' ? secret : (JSON.stringify(secret) ?? '');
}
