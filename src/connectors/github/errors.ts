/**
 * What GitHub's answers mean.
 *
 * @source @octokit/openapi (basic-error, validation-error); github/docs rate-limits-for-the-rest-api.md;
 * octokit/plugin-throttling.js (the words of a secondary limit, the minute to wait when nothing is said); 404 in place of
 * 403 and the header of needed permissions from memory
 * @module
 */
import type { ProviderFailure } from '../../core/connector.js';
import { classifier } from '../../core/failure-table.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';

/** How long GitHub wants to be left alone when a limit comes without a time. */
const unsaidWaitMs = 60_000;

const tooFast = { code: 'rate_limited', providerCode: 'rate_limited', unsaidWaitMs } as const;
const inAShortTime = { ...tooFast, problem: 'too many requests in a short time' };

const byTable = classifier({
  requestId: ['x-github-request-id'],
  providerCode: ['errors.0.code'],
  says: ['message'],
  prefix: 'GitHub says: ',
  rules: [
    // Both kinds of limit come as 403 or 429: first Retry-After, then the reset, then a minute.
    { when: { status: [403, 429], headers: { 'retry-after': /\S/ } }, ...inAShortTime },
    {
      when: { status: [403, 429], headers: { 'x-ratelimit-remaining': '0' } },
      ...tooFast,
      problem: 'the requests that this token may make are used up for now',
      waits: [{ from: { header: 'x-ratelimit-reset' }, as: 'epoch-seconds' }],
    },
    { when: { status: 403, body: { message: /secondary rate|abuse detection/i } }, ...inAShortTime },
    { when: { status: 429 }, ...inAShortTime },
    {
      when: { status: 403, body: { message: /not accessible by|SAML|scope/i } },
      code: 'provider_auth',
      providerCode: 'missing_permission',
    },
    {
      when: { status: [301, 302, 307, 308] },
      code: 'provider_rejected',
      providerCode: 'moved',
      problem: 'the repository was renamed or moved; use its new name',
    },
    {
      when: { status: 404 },
      providerCode: 'not_found',
      problem:
        'there is no such thing, or the token may not see it: GitHub answers the same when a permission is missing',
    },
  ],
});

export function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  const failure = byTable(answer, nowMs);
  if (failure === undefined) return undefined;
  if (answer.status === 422) return { ...failure, problem: fieldWords(answer) ?? failure.problem };
  const needed = answer.headers['x-accepted-github-permissions'] ?? answer.headers['x-accepted-oauth-scopes'];
  if (failure.providerCode !== 'missing_permission' || !needed) return failure;
  return { ...failure, problem: `${failure.problem} (it takes ${needed.slice(0, 100)})` };
}

const FIELD_WORDS: Readonly<Record<string, string>> = {
  missing: 'does not exist',
  missing_field: 'is missing',
  invalid: 'is not valid',
  already_exists: 'is taken already',
  unprocessable: 'cannot be used',
};
const FIELDS_SHOWN_MAX = 3;

/** Which fields are wrong, and how. */
function fieldWords({ body }: HttpAnswer): string | undefined {
  const errors = parseJsonObject(body)?.['errors'];
  if (!Array.isArray(errors)) return undefined;
  const words = errors.map(wordsOf).filter((text) => text !== '');
  const shown = words.slice(0, FIELDS_SHOWN_MAX).map((text) => text.slice(0, 100));
  return shown.length === 0 ? undefined : `GitHub does not take it: ${shown.join('; ')}`;
}

function wordsOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (!isObject(error)) return '';
  const text = (name: string): string => (typeof error[name] === 'string' ? error[name] : '');
  const field = (text('field') || text('resource')).replaceAll('_', ' ');
  const code = text('code');
  const known = Object.hasOwn(FIELD_WORDS, code) ? FIELD_WORDS[code] : undefined;
  if (text('message') !== '') return text('message');
  return known === undefined ? `${field} ${code.replaceAll('_', ' ')}`.trim() : `${field} ${known}`.trim();
}
