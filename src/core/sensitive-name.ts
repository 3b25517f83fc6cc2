/**
 * Which names of fields, parameters and headers say that their value is a secret, and which headers may be kept.
 *
 * @module
 */

/** One of these as a whole word of a name makes it sensitive: `refreshToken`, `client_secret`, `X-Password`. */
const WORDS = new Set(
  'token secret password passwd passphrase passcode pwd authorization cookie credential otp totp cvv cvc jwt bearer'.split(
    ' ',
  ),
);

/** Two words that are harmless alone: `api_key`, `privateKey`. */
const PAIRS = new Set(
  'api access private signing secret encryption master shared service auth account webhook client server host deploy'
    .split(' ')
    .map((word) => `${word} key`)
    .concat('code verifier', 'client assertion', 'basic auth', 'magic link', 'pass code', 'pass word', 'recovery code'),
);

/** The same, written as one word: `apikey`, `slackbottoken`. */
const ENDINGS =
  /(?:token|secret|password|passwd|passcode|passphrase|apikey|privatekey|accesskey|signingkey|secretkey)$/;

/** A last word that makes the name speak about the secret instead of holding it: `token_type`, `secretId`. */
const ABOUT = new Set(
  (
    'type types count name names id ids hint kind at ms seconds in expires expiry expiration ttl length size usage used ' +
    'limit limits budget version status state present required url uri endpoint path file prefix algorithm alg method ' +
    'methods policy field fields rotation reference references scheme problem reason error source sources supported unavailable ' +
    'invalid missing expired revoked required sealed tampered argument'
  ).split(' '),
);

/** In the query of a URL these carry credentials too, although elsewhere they are ordinary words. */
const QUERY_NAMES = new Set('code state key sig signature auth hmac session sessionid access_key assertion'.split(' '));

/**
 * How sensitive a name is: `value` when whatever stands there is a secret, `texts` when it names several (numbers are
 * then counts, as in `max_tokens`), `no` otherwise.
 */
export type Sensitivity = 'value' | 'texts' | 'no';

const remembered = new Map<string, Sensitivity>();
const REMEMBERED_MAX = 2000;
const NAME_CHARACTERS_MAX = 128;

/** Decides by whole words, in any case and any spelling (`API_KEY`, `apiKey`, `x-api-key`, `apikey`). */
export function sensitivityOf(name: string): Sensitivity {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const judged = judge(name.slice(0, NAME_CHARACTERS_MAX));
  if (name.length <= NAME_CHARACTERS_MAX && remembered.size < REMEMBERED_MAX) remembered.set(name, judged);
  return judged;
}

/** Whether a parameter of a URL's query is sensitive. */
export function isSensitiveQueryName(name: string): boolean {
  return sensitivityOf(name) !== 'no' || QUERY_NAMES.has(name.toLowerCase()) || /signature$/i.test(name);
}

function judge(name: string): Sensitivity {
  const words = wordsOf(name);
  const last = words.at(-1);
  if (last === undefined || ABOUT.has(last)) return 'no';
  if (words.some((word, i) => isSecretWord(word) || PAIRS.has(`${words[i - 1]} ${word}`))) return 'value';
  const plural = words.some((word, i) => word.endsWith('s') && isPluralSecret(word.slice(0, -1), words[i - 1]));
  return plural ? 'texts' : 'no';
}

function isPluralSecret(singular: string, before: string | undefined): boolean {
  return isSecretWord(singular) || PAIRS.has(`${before} ${singular}`);
}

function isSecretWord(word: string): boolean {
  return WORDS.has(word) || ENDINGS.test(word);
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** Headers whose value is never a secret; every other header is shown by name only. Connectors add their own. */
export const PLAIN_HEADERS: ReadonlySet<string> = new Set(
  (
    'accept accept-encoding accept-language age allow cache-control connection content-encoding content-language ' +
    'content-length content-type date deprecation etag expires host idempotency-replayed keep-alive last-modified ' +
    'location origin ratelimit ratelimit-limit ratelimit-policy ratelimit-remaining ratelimit-reset request-id ' +
    'retry-after server sunset traceparent tracestate transfer-encoding user-agent vary via webhook-id ' +
    'webhook-timestamp x-correlation-id x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset ' +
    'x-ratelimit-resource x-ratelimit-used x-request-id'
  ).split(' '),
);
