/**
 * What a signature scheme is: a row of data over the axes in which providers differ.
 *
 * @module
 */

/**
 * How a delivery proves where it comes from.
 *
 * - `hmac-sha256`, `hmac-sha1` (RFC 2104), `sha256` (a plain hash over secret and content, the weakest that is in use)
 * - `ed25519` (RFC 8032), `ecdsa-p256` (SHA-256, DER), `rsa-sha256` (PKCS #1 v1.5)
 * - `jwt-rs256` (RFC 7519): the token proves the sender, not the body
 * - `equal`: the shared secret itself is sent
 */
export type Algorithm =
  'hmac-sha256' | 'hmac-sha1' | 'sha256' | 'ed25519' | 'ecdsa-p256' | 'rsa-sha256' | 'jwt-rs256' | 'equal';

/**
 * How the caller's secret string becomes a key.
 *
 * - `text`: its UTF-8 bytes, as they are, prefix included
 * - `base64`: decoded, after `whsec_` if it starts so
 * - `public`: a public key as PEM, certificate, JWK, JWK set, base64 of SPKI, or 32 raw Ed25519 bytes as hex or base64
 *   (after `whpk_`)
 * - `labelled-public`: the same, after a first line that names whom the key speaks for
 */
export type KeyForm = 'text' | 'base64' | 'public' | 'labelled-public';

export type Encoding = 'hex' | 'base64' | 'text' | 'jwt';

/** A header (lower-case name), or a dotted path into the JSON body. */
export type Place = { header: string } | { field: string };

/** Where the signatures stand. One that cannot be read is ignored as long as another one can. */
export interface SignaturePlace {
  header?: string;
  /** Dotted paths into the JSON body, for providers that sign inside it. Either this or `header`. */
  fields?: readonly string[];
  encoding: Encoding;
  /** Text before the signature, e.g. `sha256=`. */
  prefix?: string;
  /** The header is a list of `key assign value`; only items with this key are signatures, the others are ignored. */
  list?: { separator: ',' | ';' | ' '; assign: '=' | ','; key: string };
}

/** Where the time of signing stands: a header, an item of the signature list, or a field of the JSON body. */
export type TimestampPlace = (Place | { item: string }) & {
  /** Seconds or milliseconds since 1970, digits only, or an ISO 8601 instant in UTC. */
  unit: 's' | 'ms' | 'iso';
};

export interface SchemeRow {
  readonly algorithm: Algorithm;
  readonly key: KeyForm;
  readonly signature: SignaturePlace;
  /**
   * What is signed, with the slots {body} {timestamp} {id} {url} {method} {secret} {label} {form} {crc32}.
   * `{form}` is the form body as sorted name-value pairs, `{crc32}` the checksum of the body in decimal, `{label}` the
   * first line of a labelled key. Empty for `equal` and `jwt-rs256`.
   */
  readonly signs: string;
  /** Absent means the scheme has no protection against replay: only deduplication protects. */
  readonly timestamp?: TimestampPlace;
  /** Where `{id}` stands. */
  readonly id?: Place;
  /** How far the timestamp may lie in the past, in seconds. Default {@link DEFAULT_TOLERANCE_SECONDS}. */
  readonly toleranceSeconds?: number;
  /** How far in the future. Default: the smaller of the tolerance and {@link DEFAULT_TOLERANCE_SECONDS}. */
  readonly futureSeconds?: number;
  /** `any-spelling`: with and without a port, raw and re-encoded, because some senders disagree with themselves. */
  readonly url?: 'exact' | 'any-spelling';
  /** Name of a query parameter of the URL that holds the SHA-256 of the body in hex. */
  readonly bodyHashIn?: string;
  /** What a JWT must say besides being fresh: one of these issuers, our URL as audience, the key's label as e-mail. */
  readonly claims?: { issuers?: readonly string[]; audience?: 'url'; email?: 'label' };
  /**
   * Used only when the caller names the scheme, because falling back to it would be a downgrade: an attacker who holds
   * a delivery could strip the better signature.
   */
  readonly onlyWhenNamed?: true;
}

/** A provider's schemes by name, the default one first. */
export type SchemeSet = Readonly<Record<string, SchemeRow>>;

/** Five minutes either way, the value of the Standard Webhooks libraries and most providers. */
export const DEFAULT_TOLERANCE_SECONDS = 300;
