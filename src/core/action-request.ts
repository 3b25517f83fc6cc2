/** What an action wants to have sent, as data; `outbound/` makes bytes of it. @module */
import type { SchemeRow } from './signature/index.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One value of a query. `undefined` leaves the name out, a list repeats it. */
export type QueryValue = string | number | boolean | undefined | readonly (string | number | boolean)[];

/**
 * A value of a form. Nested values get brackets: `{ items: [{ price: 'p' }] }` is `items[0][price]=p`. `undefined`
 * leaves the name out, `null` sends it empty (which is how a value is cleared).
 */
export type FormValue =
  string | number | boolean | null | undefined | readonly FormValue[] | { readonly [name: string]: FormValue };

/** One part of a multipart body: a field, or a file as bytes. */
export type MultipartPart =
  | { name: string; text: string; contentType?: string }
  | { name: string; bytes: Uint8Array; contentType: string; filename: string };

export interface Multipart {
  /** `form-data` (RFC 7578) is the default; `related` (RFC 2387) is bare parts in order, metadata first. */
  subtype?: 'form-data' | 'related';
  parts: readonly MultipartPart[];
}

/** What to send. Exactly one of `json`, `form`, `multipart` and `bytes`, or none. */
export interface ActionRequest {
  /** HEAD is for raw requests. */
  method: Method | 'HEAD';
  /** Name of one of the connector's `bases`; absent means its `baseUrl`. */
  base?: string;
  /**
   * Relative to the base URL and beginning with `/` (see `path` for values inside of it), or absolute below one of the
   * connector's hosts; absent for `secret_url`.
   */
  url?: string;
  /** Added to the query of `url`. */
  query?: Readonly<Record<string, QueryValue>>;
  /** Over those of the connector. What frames the message or carries a credential is refused. */
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
  form?: Readonly<Record<string, FormValue>>;
  multipart?: Multipart;
  bytes?: { body: Uint8Array; contentType: string };
  /** A signature over the body, made anew for every attempt; the key is fetched by reference and never seen here. */
  sign?: { row: SchemeRow; reference: string; id: string };
}
