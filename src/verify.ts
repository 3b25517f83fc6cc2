/**
 * `fairlead/verify`: webhook signatures of many providers, as pure functions without a dependency.
 *
 * Nothing here fetches, reads a clock or throws: the caller passes bytes, secrets and the time, and gets a verdict.
 *
 * @module
 */
import { SCHEMES } from './connectors/schemes.generated.js';
import {
  callProblem,
  diagnoseDelivery,
  readBytes,
  readHeaders,
  readRequest,
  refuse,
  signDelivery,
  verifyDelivery,
  verifyUnder,
  type Diagnosis,
  type OtherSecrets,
  type RefusalReason,
  type RequestInput,
  type SchemeRow,
  type SchemeSet,
  type SignedDelivery,
} from './core/signature/index.js';

export { genericHmac, REFUSALS } from './core/signature/index.js';
export type {
  Diagnosis,
  GenericHmac,
  HeadersInput,
  RefusalReason,
  RequestInput,
  SchemeRow,
  SignedDelivery,
} from './core/signature/index.js';

export interface VerifyInput extends RequestInput {
  /** Which scheme, where a provider has several; without it, every one that is no downgrade is tried. */
  scheme?: string | undefined;
}

export type VerifyResult =
  | {
      ok: true;
      scheme: string;
      /** Index of the first secret that fits. */
      secretIndex: number;
      /** When the sender signed, Unix milliseconds, where the scheme says so. */
      timestampMs?: number;
    }
  | { ok: false; reason: RefusalReason; scheme?: string };

/** Whether the delivery is genuine. Total: answers for any input, never throws. */
export function verify(provider: string, input: VerifyInput): VerifyResult {
  const schemes = schemesOf(provider);
  if (schemes === undefined) return refuse('unknown_provider');
  const request = readRequest(input);
  return typeof request === 'string' ? refuse(request) : verifyUnder(schemes, request, input.scheme);
}

/** The same under a row of your own, see {@link genericHmac}. */
export function verifyWith(row: SchemeRow, input: VerifyInput): VerifyResult {
  const request = readRequest(input);
  return typeof request === 'string' ? refuse(request) : { ...verifyDelivery(row, request), scheme: 'own' };
}

/**
 * What most likely went wrong with a refused delivery, the likeliest first; empty when it is accepted. Tries what
 * proxies, parsers and copied secrets do to deliveries, and never shows what a correct signature would be.
 */
export function diagnose(provider: string, input: DiagnoseInput): Diagnosis[] {
  const schemes = schemesOf(provider);
  if (schemes === undefined) return callProblem('unknown_provider');
  const request = readRequest(input);
  if (typeof request === 'string') return callProblem(request);
  return diagnoseDelivery(schemes, request, input.scheme, input.otherSecrets);
}

export interface DiagnoseInput extends VerifyInput {
  /** Secrets of other endpoints, by a name to show, to see whether one of those made the signature. */
  otherSecrets?: OtherSecrets | undefined;
}

export interface SignInput {
  body: Uint8Array | string;
  /** The shared secret; for asymmetric schemes the private key, after its label line where the scheme has one. */
  secret: string;
  /** Unix milliseconds. */
  nowMs: number;
  /** The id of the message, for schemes that sign one. */
  id?: string | undefined;
  url?: string | undefined;
  method?: string | undefined;
  scheme?: string | undefined;
  /** Headers the sender sets anyway; signed ids and times among them are kept. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Signs a delivery as the provider would. `headers` of the answer are those the signature makes. Never throws. */
export function sign(provider: string, input: SignInput): SignedDelivery | { ok: false; reason: RefusalReason } {
  const schemes = schemesOf(provider);
  if (schemes === undefined) return refuse('unknown_provider');
  const name = input.scheme ?? Object.keys(schemes)[0]!;
  const body = readBytes(input.body);
  if (!Object.hasOwn(schemes, name)) return refuse('unknown_scheme');
  if (body === undefined) return refuse('invalid_body');
  const headers = readHeaders(Object.entries(input.headers ?? {})) as Record<string, string> | undefined;
  return headers === undefined ? refuse('invalid_headers') : signDelivery(schemes[name]!, { ...input, body, headers });
}

function schemesOf(provider: unknown): SchemeSet | undefined {
  return typeof provider === 'string' && Object.hasOwn(SCHEMES, provider) ? SCHEMES[provider] : undefined;
}

/** Every provider, with its schemes; the first scheme is the one {@link sign} takes. */
export function providers(): { provider: string; schemes: string[] }[] {
  return Object.entries(SCHEMES).map(([provider, schemes]) => ({ provider, schemes: Object.keys(schemes) }));
}
