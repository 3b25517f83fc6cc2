/**
 * What a connector says about webhooks: how to verify, how to name an event, what a handshake must be answered.
 * Data and pure functions over bytes; the intake in `receive/` does the rest.
 *
 * @module
 */
import type { SchemeRow } from './signature/index.js';

/** A request as it arrived. Header names are lower-case; the body is exact. */
export interface Delivery {
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

/** What names an event, read from a verified delivery. */
export interface EventIdentity {
  /** The provider's id of this delivery or event, at most 256 characters; the dedupe key inside the source. */
  key: string;
  /**
   * Whether `key` is covered by the signature. If not (GitHub's delivery id is a bare header), the intake keeps the
   * hash of the body as a second key, so that a captured body under a fresh id is still recognised. Also true where a
   * scheme signs nothing (a shared secret sent in the clear): who holds one delivery can make any, no key helps.
   */
  keyIsSigned: boolean;
  /**
   * What the signature does cover, where that is neither `key` nor the body (Mailgun signs a one-time token only). The
   * intake uses it as the second key in place of the hash of the body, so that one signature admits one event.
   */
  signedKey?: string;
  /** The provider's own event name, e.g. `checkout.session.completed`, `issues.opened`. */
  type: string;
  /** When it happened, by the provider's clock, Unix milliseconds. */
  occurredAtMs?: number;
  /** The account or workspace it belongs to, in the provider's words. */
  account?: string;
  /** What it is about, for ordering and state, e.g. `cus_123`, `octo/repo#7`. */
  subject?: string;
}

/** A synchronous answer that a provider insists on, in place of our 202. */
export interface HandshakeAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Whether the delivery is also an event worth keeping (a GitHub ping is, a Slack challenge is not). */
  keep: boolean;
  /** A secret the provider hands over in the handshake (Asana, Notion); sealed, never logged. */
  newSecret?: string;
}

export interface HandshakeContext extends Delivery {
  /** The secrets that are active for this source, newest first. */
  secrets: readonly string[];
  nowMs: number;
  /** True while an operator has opened the pairing window of this source. */
  pairing: boolean;
  /** Whether the signature of this very request was accepted. */
  verified: boolean;
  /** Which of `secrets` accepted it; absent means the newest. */
  secretIndex?: number;
}

/**
 * The webhook half of a connector. A name that is not in `schemes` verifies nothing, and no scheme accepts without a
 * secret, so forgetting to verify is impossible; a source without verification exists only by an operator's written
 * reason.
 */
export interface WebhookDefinition {
  /** Accepted signature schemes by name, the default one first. */
  schemes: Readonly<Record<string, SchemeRow>>;
  /** Reads the identity of a verified delivery. Returns `undefined` when the body is not what the provider sends. */
  identify(delivery: Delivery): EventIdentity | undefined;
  /** The answer a handshake wants, or `undefined` when this delivery is none. Runs before and after verification. */
  handshake?(context: HandshakeContext): HandshakeAnswer | undefined;
  /** Splits a delivery that carries several events (SendGrid) into one body each; by default a delivery is one event. */
  split?(delivery: Delivery): Delivery[];
  /** Lower-case names of the headers that are stored with the event; no other header is. */
  storedHeaders: readonly string[];
  /** The variable of the environment that teams keep the secret in, beside `<PROVIDER>_WEBHOOK_SECRET`. */
  secretVariable?: string;
  /** Status for a refused delivery. Default 401. */
  refusalStatus?: number;
  /** Dotted paths of body fields that are secrets: the body is sealed at rest and the fields are masked in views. */
  secretFields?: readonly string[];
  /** Largest body this provider sends, in bytes, when it is more than the default of 1 MiB. */
  bodyLimitBytes?: number;
  /** Event types that tell of a payment, which `billing.recordPaymentEvent` takes. */
  paymentTypes?: readonly string[];
  /** Status of our acknowledgement, for a provider that takes other 2xx for a failure. Default 202; 204 has no body. */
  ackStatus?: number;
}

/**
 * Sample deliveries of a provider, for `trigger` and tests. In a file of its own beside `webhooks.ts`, so that whoever
 * only verifies carries none of it.
 */
export interface SampleSet {
  /** Event types there is a sample of, the usual one first. */
  types: readonly string[];
  /** What `fairlead init` and `fairlead dev` begin with; one provider says so. */
  forFirstSteps?: true;
  /** A delivery of the provider's shape, unsigned, unique by `id`; the headers are those a signature does not make. */
  sample(type: string, id: string, nowMs: number): { body: string; headers: Record<string, string> };
}
