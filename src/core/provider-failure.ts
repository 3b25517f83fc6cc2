/**
 * What an HTTP answer means when nothing but its status is known. Connectors start from here and say more where their
 * provider does.
 *
 * @module
 */
import type { ProviderFailure } from './failure.js';
import type { HttpAnswer } from './ports.js';
import { retryAfterMs } from './retry-after.js';

/** What a connector read from the body, put over what the status says. */
export type FailureWords = Partial<Omit<ProviderFailure, 'safeToRetry'>> & { safeToRetry?: boolean };

/** Headers in which many providers put the id of a request, the commonest first. Others are known to connectors. */
const REQUEST_ID_HEADERS = ['x-request-id', 'request-id', 'cf-ray'];
const REQUEST_ID_CHARACTERS_MAX = 128;
/** Longest sentence of a provider that we pass on. */
const PROBLEM_CHARACTERS_MAX = 300;

interface StatusMeaning {
  code: ProviderFailure['code'];
  problem: string;
  safeToRetry?: true;
}

const MEANINGS: Readonly<Record<number, StatusMeaning>> = {
  // After a POST these two usually follow work that was done (RFC 9110, sections 15.4.3 and 15.4.4).
  302: { code: 'provider_unavailable', problem: 'it answered by pointing to another page' },
  303: { code: 'provider_unavailable', problem: 'it answered by pointing to another page' },
  400: { code: 'provider_rejected', problem: 'it says that the request is not valid' },
  401: { code: 'provider_auth', problem: 'it does not accept the credential' },
  402: { code: 'provider_rejected', problem: 'it asks for a payment first' },
  403: { code: 'provider_rejected', problem: 'the account behind the credential may not do this' },
  404: { code: 'provider_rejected', problem: 'there is no such thing, or this account may not see it' },
  405: { code: 'provider_rejected', problem: 'this address does not take this kind of request' },
  // It may have been read and only answered late: not safe (RFC 9110, section 15.5.9, says nothing about effects).
  408: { code: 'provider_unavailable', problem: 'it did not get the whole request in time' },
  409: { code: 'provider_rejected', problem: 'the request contradicts what is there' },
  410: { code: 'provider_rejected', problem: 'what this is about is gone' },
  413: { code: 'provider_rejected', problem: 'the request is larger than it takes' },
  415: { code: 'provider_rejected', problem: 'it does not take this kind of content' },
  422: { code: 'provider_rejected', problem: 'it cannot work with the values of the request' },
  // "Unwilling to risk processing a request" (RFC 8470, section 5.2): it was not processed.
  425: { code: 'provider_unavailable', problem: 'it wants the request again, later', safeToRetry: true },
  429: { code: 'rate_limited', problem: 'too many requests', safeToRetry: true },
  500: { code: 'provider_unavailable', problem: 'it had an internal failure' },
  501: { code: 'provider_rejected', problem: 'it does not offer this' },
  502: { code: 'provider_unavailable', problem: 'a gateway in front of it got no valid answer' },
  503: { code: 'provider_unavailable', problem: 'it is overloaded or being maintained' },
  504: { code: 'provider_unavailable', problem: 'a gateway in front of it waited too long' },
};

/**
 * The failure that a status stands for, or `undefined` for a 2xx.
 *
 * Only `429` and `425` prove that nothing took place. Every other answer that is no verdict about the request (5xx, a
 * redirect after a POST) leaves that open, so `safeToRetry` is false.
 */
export function failureByStatus(
  answer: HttpAnswer,
  nowMs: number,
  words: FailureWords = {},
): ProviderFailure | undefined {
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  const { code, problem, safeToRetry = false } = MEANINGS[status] ?? meaningOfClass(status);
  const waitMs = retryAfterMs(answer.headers['retry-after'], nowMs);
  const requestId = requestIdOf(answer);
  return {
    code: words.code ?? code,
    providerCode: shorten(words.providerCode || `http_${status}`, REQUEST_ID_CHARACTERS_MAX),
    problem: shorten(words.problem || problem, PROBLEM_CHARACTERS_MAX),
    safeToRetry: words.safeToRetry ?? (words.code === undefined || words.code === code ? safeToRetry : false),
    ...present('requestId', words.requestId ?? requestId),
    ...present('retryAfterMs', words.retryAfterMs ?? waitMs),
    ...present('advice', words.advice),
  };
}

/** The id under which the provider can find the request, from the usual headers. */
export function requestIdOf(answer: HttpAnswer): string | undefined {
  const name = REQUEST_ID_HEADERS.find((header) => answer.headers[header]);
  return name === undefined ? undefined : shorten(answer.headers[name]!, REQUEST_ID_CHARACTERS_MAX);
}

function meaningOfClass(status: number): StatusMeaning {
  if (status >= 400 && status < 500) return { code: 'provider_rejected', problem: 'it refused the request' };
  if (status >= 300 && status < 400) return { code: 'provider_rejected', problem: 'this address has moved' };
  return { code: 'provider_unavailable', problem: 'it gave no usable answer' };
}

function shorten(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}

function present<Name extends string, Value>(name: Name, value: Value | undefined): { [N in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: Value };
}
