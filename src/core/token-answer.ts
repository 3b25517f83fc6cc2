/**
 * The answer of a token endpoint, read as RFC 6749, section 5, says, in either of the forms in which providers write it.
 * Total: whatever is sent, it gives an answer or `undefined`.
 *
 * @module
 */
import type { TokenAnswer } from './connector-auth.js';
import { parseJsonObject } from './json.js';
import type { HttpAnswer } from './ports.js';

/** A token that cannot stand in a header is none. */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;
const WORD_CHARACTERS_MAX = 100;
const SENTENCE_CHARACTERS_MAX = 300;

/** The fields of an answer, from JSON or from a form; `undefined` when it is neither. */
export function tokenFields(answer: Pick<HttpAnswer, 'headers' | 'body'>): Record<string, unknown> | undefined {
  const json = parseJsonObject(answer.body);
  if (json !== undefined) return json;
  const type = answer.headers['content-type'] ?? '';
  const text = new TextDecoder().decode(answer.body);
  if (!/^application\/x-www-form-urlencoded/i.test(type) && !/^(access_token|error)=/.test(text)) return undefined;
  return Object.fromEntries(new URLSearchParams(text));
}

/**
 * @param separators between the scopes in the answer; both by default, since providers mix them
 * @returns `undefined` for an answer that is neither a token nor an error
 */
export function readTokenAnswer(answer: HttpAnswer, separators: RegExp = /[\s,]+/): TokenAnswer | undefined {
  const fields = tokenFields(answer);
  if (fields === undefined) return undefined;
  const { error } = fields;
  if (error !== undefined && error !== null && error !== '') return errorOf(fields);
  if (answer.status >= 400) return undefined;
  return tokenOf(fields, separators);
}

/** `undefined` when there is no access token in it that could be sent. */
export function tokenOf(
  fields: Readonly<Record<string, unknown>>,
  separators: RegExp = /[\s,]+/,
): TokenAnswer | undefined {
  const { access_token, refresh_token, expires_in, scope, id_token } = fields;
  if (typeof access_token !== 'string' || !TOKEN.test(access_token)) return undefined;
  const seconds = secondsOf(expires_in);
  return {
    ok: true,
    access_token,
    ...(typeof refresh_token === 'string' && TOKEN.test(refresh_token) && { refresh_token }),
    ...(typeof id_token === 'string' && TOKEN.test(id_token) && { id_token }),
    ...(seconds !== undefined && { expires_in: seconds }),
    ...(typeof scope === 'string' && { scopes: scope.split(separators).filter((one) => one !== '') }),
  };
}

/** Of an error as RFC 6749 has it, of one that is an object, and of a bare word. */
function errorOf({ error, error_description, message }: Record<string, unknown>): TokenAnswer {
  const words = typeof error_description === 'string' ? error_description : message;
  return {
    ok: false,
    error: (typeof error === 'string' ? error : 'error').slice(0, WORD_CHARACTERS_MAX),
    ...(typeof words === 'string' && words !== '' && { error_description: words.slice(0, SENTENCE_CHARACTERS_MAX) }),
  };
}

/** A number, or digits; 0 and less say nothing that could be used. */
function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? Math.floor(seconds) : undefined;
}
