/**
 * A scheme row for a sender that nobody wrote a connector for: HMAC over the body, configured.
 *
 * @module
 */
import type { SchemeRow } from './row.js';
import { compileTemplate } from './signed-content.js';

export interface GenericHmac {
  /** Name of the header with the signature. */
  header: string;
  /** Default `sha256`. */
  hash?: 'sha256' | 'sha1';
  /** Default `hex`. */
  encoding?: 'hex' | 'base64';
  /** Text before the signature, e.g. `sha256=`. */
  prefix?: string;
  /** What is signed, with the slots {body} {timestamp} {id} {url} {method}. Default `{body}`. */
  signs?: string;
  /** Header with the time of signing; then `signs` must hold {timestamp}, or the time would prove nothing. */
  timestampHeader?: string;
  /** Default `s`. */
  timestampUnit?: 's' | 'ms' | 'iso';
  /** Header with a signed id, for the slot {id}. */
  idHeader?: string;
  /** Default {@link DEFAULT_TOLERANCE_SECONDS}. */
  toleranceSeconds?: number;
  /** Whether the secret is text as it is, or base64 of the key. Default `text`. */
  secret?: 'text' | 'base64';
}

const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
const ALLOWED = ['body', 'timestamp', 'id', 'url', 'method'];

/** The row for these options, or the sentence that says which of them cannot be. */
export function genericHmac(options: GenericHmac): { ok: true; row: SchemeRow } | { ok: false; problem: string } {
  const signs = options.signs ?? '{body}';
  const header = options.header.toLowerCase();
  const timestampHeader = options.timestampHeader?.toLowerCase();
  const idHeader = options.idHeader?.toLowerCase();
  const problem =
    headerProblem([header, timestampHeader, idHeader]) ??
    slotProblem(signs, timestampHeader !== undefined, idHeader !== undefined) ??
    toleranceProblem(options.toleranceSeconds);
  if (problem !== undefined) return { ok: false, problem };
  return {
    ok: true,
    row: {
      algorithm: options.hash === 'sha1' ? 'hmac-sha1' : 'hmac-sha256',
      key: options.secret ?? 'text',
      signature: { header, encoding: options.encoding ?? 'hex', prefix: options.prefix ?? '' },
      signs,
      ...(timestampHeader && { timestamp: { header: timestampHeader, unit: options.timestampUnit ?? 's' } }),
      ...(idHeader && { id: { header: idHeader } }),
      ...(options.toleranceSeconds !== undefined && { toleranceSeconds: options.toleranceSeconds }),
    },
  };
}

function headerProblem(names: (string | undefined)[]): string | undefined {
  const bad = names.find((name) => name !== undefined && !HEADER_NAME.test(name));
  return bad === undefined ? undefined : 'A header name has characters that header names cannot have.';
}

function slotProblem(signs: string, hasTime: boolean, hasId: boolean): string | undefined {
  const slots = compileTemplate(signs).flatMap((part) => (typeof part === 'string' ? [] : [part.slot as string]));
  if (!slots.includes('body')) return 'What is signed must hold {body}, or any body would be accepted.';
  if (slots.some((slot) => !ALLOWED.includes(slot))) return `What is signed can hold only ${ALLOWED.join(', ')}.`;
  if (slots.includes('timestamp') !== hasTime) return 'A timestamp needs both its header and the slot {timestamp}.';
  if (slots.includes('id') !== hasId) return 'A signed id needs both its header and the slot {id}.';
  return undefined;
}

function toleranceProblem(seconds: number | undefined): string | undefined {
  const fine = seconds === undefined || (Number.isFinite(seconds) && seconds >= 0);
  return fine ? undefined : 'The tolerance must be a number of seconds from zero up.';
}
