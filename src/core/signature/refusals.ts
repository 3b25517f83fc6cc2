/**
 * Why a delivery is refused: a closed set, one sentence each. No sentence and no verdict holds anything secret.
 *
 * @module
 */

export const REFUSALS = {
  missing_header: 'A header that carries the signature or a signed value is absent or empty.',
  malformed_header: 'A signature or a signed value is there, but not in the form the scheme prescribes.',
  unsupported_version: 'The signature header holds no signature of the version this scheme accepts.',
  missing_timestamp: 'The scheme signs a time and the delivery has none.',
  malformed_timestamp: 'The time is not written the way the scheme writes it (digits only, or ISO 8601 in UTC).',
  stale: 'The delivery was signed longer ago than the tolerance allows.',
  future: 'The delivery was signed further in the future than the tolerance allows.',
  bad_signature: 'No signature in the delivery matches any of the secrets.',
  no_secret: 'No secret was given, so nothing can be accepted.',
  unusable_secret: 'None of the given secrets has the form this scheme needs.',
  url_required: 'This scheme signs the public URL, and none was given.',
  malformed_url: 'The public URL is not an absolute URL, or lacks the parameter the scheme needs.',
  malformed_method: 'The request method is not a method name.',
  malformed_body: 'The signature stands inside the body, and the body cannot be read.',
  body_mismatch: 'The body is not the one whose hash was signed.',
  wrong_claims: 'The token is genuine but was issued by or for someone else.',
  invalid_clock: 'The current time that was passed is not a number of milliseconds.',
  invalid_tolerance: 'The tolerance is not a number of seconds from zero up; it cannot be turned off.',
  invalid_headers: 'The headers are not an object, a Headers instance or a list of pairs.',
  invalid_body: 'The body is neither bytes nor text. Pass the raw body, not the parsed one.',
  invalid_input: 'The call could not be read: it is no object, or reading it failed.',
  unknown_provider: 'There is no such provider.',
  unknown_scheme: 'The provider has no such signature scheme.',
} as const;

export type RefusalReason = keyof typeof REFUSALS;

export interface Refusal {
  readonly ok: false;
  readonly reason: RefusalReason;
}

export interface Acceptance {
  readonly ok: true;
  /** Index of the first secret that fits. */
  readonly secretIndex: number;
  /** When the sender signed, Unix milliseconds, where the scheme says so. */
  readonly timestampMs?: number;
}

export type Verdict = Acceptance | Refusal;

export function refuse(reason: RefusalReason): Refusal {
  return { ok: false, reason };
}
