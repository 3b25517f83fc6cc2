/** What a raw request is answered with: the provider's own words, without headers and secrets that are not the caller's. @module */
import { isObject, parseJson } from '../core/json.js';
import type { HttpAnswer } from '../core/ports.js';
import type { RawAnswer } from '../core/raw-request.js';
import { redact, REDACTED, redactText } from '../core/redact.js';
import type { SecretSet } from '../core/secret-set.js';

/** What tells of content, pages, limits and requests. Cookies and what frames the message are not passed on. */
const PASSED_ON =
  /^(?:content-(?:type|disposition|language|range|location)|accept-ranges|etag|last-modified|link|location|date|retry-after|range|vary|expires|cache-control|deprecation|sunset|warning|request-id|(?:x-)?ratelimit(?:-.+)?|idempotent-replayed|original-request|[a-z]+-(?:version|should-retry|account)|x-(?:request-id|[a-z]+-(?:request-id|req-id|unique-id|media-type|api-version-selected|hash|generation|stored-.+)|oauth-.+|accepted-.+|message-id|guploader-.+|complexity|poll-interval|upload-.+|should-retry|correlation-id))$/;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param base where it was asked. */
export function rawAnswerOf({ status, headers, body, streamedBytes }: HttpAnswer, base: string): RawAnswer {
  if (streamedBytes !== undefined) return { status, headers: passedOn(headers), streamedBytes, base };
  return { status, headers: { ...passedOn(headers), ...lengthOf(headers, body) }, ...textOf(body), base };
}

/** Without a body, the answer to a HEAD says how long it would be. Of what comes encoded it is another length. */
function lengthOf(headers: Readonly<Record<string, string>>, body: Uint8Array): Record<string, string> {
  const length = headers['content-length'];
  const isAbsent = body.byteLength > 0 || length === undefined || headers['content-encoding'] !== undefined;
  return isAbsent || !/^[1-9]\d{0,15}$/.test(length) ? {} : { 'content-length': length };
}

export function passedOn(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => PASSED_ON.test(name)));
}

function textOf(body: Uint8Array): Pick<RawAnswer, 'text' | 'base64'> {
  if (body.byteLength === 0) return {};
  try {
    return { text: UTF8.decode(body) };
  } catch {
    return { base64: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64') };
  }
}

/** Nobody sees our secrets in an echo. Masked, it shows no secrets at all: neither by name nor by shape. */
export function shownAnswer(answer: RawAnswer, isMasked: boolean, secrets: SecretSet | undefined): RawAnswer {
  const clean = (text: string): string => secrets?.replaceIn(text, REDACTED) ?? text;
  const shown = isMasked ? (text: string): string => redactText(clean(text), secrets) : clean;
  const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, shown(value)]));
  if (answer.text === undefined) return { ...answer, headers };
  return { ...answer, headers, text: isMasked ? maskedText(answer.text, secrets) : clean(answer.text) };
}

function maskedText(text: string, secrets: SecretSet | undefined): string {
  const json = parseJson(Buffer.from(text));
  const isTree = json.ok && (isObject(json.value) || Array.isArray(json.value));
  return isTree ? JSON.stringify(redact(json.value, secrets)) : redactText(text, secrets);
}
