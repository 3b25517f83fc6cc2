/**
 * What providers answer and what we conclude: our code, how long they ask us to wait, whether a read and a write
 * without a key are sent again, and the words a person reads. Clock: 2000-01-01 00:00:00 UTC.
 */
import { describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import { nextStep } from '../../src/outbound/next-step.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { EXAMPLE_NOW_MS } from '../../src/testing/index.js';

/** `again` at once or after a short wait, `later` when the time has come, `no`, or nobody knows what happened. */
type Verdict = 'again' | 'later' | 'no' | 'unknown';
type Code = 'rate_limited' | 'provider_unavailable' | 'provider_rejected' | 'provider_auth';

interface Row {
  provider: string;
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  code: Code | 'success';
  /** Seconds. */
  wait?: number;
  read: Verdict;
  write: Verdict;
  words?: RegExp;
}

const NOW_S = EXAMPLE_NOW_MS / 1000;
const HOLD_MS = 5_000;
const ALL = ['slack', 'github', 'stripe', 'google', 'sendgrid', 'resend', 'linear', 'notion', 'figma', 'http'];

const limited = (wait: number | undefined, verdict: 'again' | 'later') => ({
  code: 'rate_limited' as const,
  ...(wait !== undefined && { wait }),
  read: verdict,
  write: verdict,
});
const rejected = { code: 'provider_rejected', read: 'no', write: 'no' } as const;
const auth = { code: 'provider_auth', read: 'no', write: 'no' } as const;
/** It may have been done. */
const broken = { code: 'provider_unavailable', read: 'again', write: 'unknown' } as const;

/** What every provider can answer, whatever else it says. */
const EVERYWHERE: Omit<Row, 'provider'>[] = [
  { status: 429, headers: { 'retry-after': '3' }, ...limited(3, 'again') },
  { status: 429, headers: { 'retry-after': '7' }, ...limited(7, 'later') },
  { status: 429, headers: { 'retry-after': 'Sat, 01 Jan 2000 00:00:04 GMT' }, ...limited(4, 'again') },
  { status: 429, headers: { 'retry-after': 'Saturday, 01-Jan-00 00:10:00 GMT' }, ...limited(600, 'later') },
  { status: 429, headers: { 'retry-after': '999999999' }, ...limited(86_400, 'later') },
  { status: 503, headers: { 'retry-after': '2' }, ...broken, wait: 2 },
  { status: 500, body: '<html>', ...broken },
  { status: 502, ...broken },
  { status: 504, ...broken },
];

/** Where a wait that nobody can obey, or none at all, is met with our own backoff. GitHub wants a minute instead. */
const UNSAID: Omit<Row, 'provider'>[] = [undefined, '0', '-1', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT'].map(
  (value) => ({
    status: 429,
    ...(value !== undefined && { headers: { 'retry-after': value } }),
    ...limited(undefined, 'again'),
  }),
);

const slack = (error: string, more: object = {}): Pick<Row, 'provider' | 'status' | 'body'> => ({
  provider: 'slack',
  status: 200,
  body: { ok: false, error, ...more },
});
const github = (message: string): Pick<Row, 'provider' | 'body'> => ({ provider: 'github', body: { message } });
const stripe = (error: object): Pick<Row, 'provider' | 'body'> => ({ provider: 'stripe', body: { error } });
const google = (reason: string, message = 'x'): Pick<Row, 'provider' | 'body'> => ({
  provider: 'google',
  body: { error: { message, errors: [{ reason }] } },
});
const linear = (code: string, message = 'x'): Pick<Row, 'provider' | 'body'> => ({
  provider: 'linear',
  body: { errors: [{ message, extensions: { code } }] },
});

const SLACK: Row[] = [
  { ...slack('ratelimited'), ...limited(undefined, 'again') },
  { ...slack('ratelimited'), headers: { 'retry-after': '30' }, ...limited(30, 'later') },
  { ...slack('rate_limited'), headers: { 'retry-after': '1' }, ...limited(1, 'again') },
  { ...slack('channel_not_found'), ...rejected, words: /no such channel/ },
  { ...slack('not_in_channel'), ...rejected, words: /invite/ },
  { ...slack('msg_too_long'), ...rejected, words: /longer/ },
  { ...slack('is_archived'), ...rejected, words: /archived/ },
  { ...slack('missing_scope', { needed: 'chat:write' }), ...auth, words: /permission.*chat:write/ },
  { ...slack('token_revoked'), ...auth, words: /revoked/ },
  { ...slack('invalid_auth'), ...auth },
  { ...slack('fatal_error'), ...broken, words: /internal failure/ },
  { ...slack('internal_error'), ...broken },
  { ...slack('service_unavailable'), ...broken },
  { ...slack('a_word_of_tomorrow'), ...rejected, words: /a word of tomorrow/ },
  { provider: 'slack', status: 404, body: 'no_service', ...auth, words: /removed/ },
  { provider: 'slack', status: 400, body: 'invalid_payload', ...rejected },
  { provider: 'slack', status: 200, body: 'ok', code: 'success', read: 'no', write: 'no' },
];

const spent = (reset: string): Record<string, string> => ({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset });

const GITHUB: Row[] = [
  // A permission that is missing, with quota left and a reset in 50 minutes: no wait at all.
  {
    ...github('Resource not accessible by integration'),
    status: 403,
    headers: { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': String(NOW_S + 3_000) },
    ...auth,
    words: /not accessible/,
  },
  {
    ...github('Must have admin rights to Repository.'),
    status: 403,
    headers: { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': String(NOW_S + 3_000) },
    ...rejected,
    words: /admin rights/,
  },
  // A secondary limit that names a minute: a minute, not the reset of the primary one.
  {
    ...github('You have exceeded a secondary rate limit'),
    status: 403,
    headers: { 'retry-after': '60', 'x-ratelimit-remaining': '4000', 'x-ratelimit-reset': String(NOW_S + 3_000) },
    ...limited(60, 'later'),
  },
  { ...github('You have exceeded a secondary rate limit.'), status: 403, ...limited(60, 'later') },
  { ...github('You have exceeded a secondary rate limit.'), status: 429, ...limited(60, 'later') },
  { ...github('API rate limit exceeded'), status: 403, headers: spent(String(NOW_S + 4)), ...limited(4, 'again') },
  { ...github('API rate limit exceeded'), status: 403, headers: spent(String(NOW_S + 900)), ...limited(900, 'later') },
  { ...github('API rate limit exceeded'), status: 429, headers: spent('soon'), ...limited(60, 'later') },
  { ...github('Bad credentials'), status: 401, ...auth, words: /Bad credentials/ },
  { ...github('Not Found'), status: 404, ...rejected },
  { ...github('Validation Failed'), status: 422, ...rejected, words: /Validation Failed/ },
  { ...github('Repository was archived so is read-only.'), status: 403, ...rejected },
  { ...github('Repository access blocked'), status: 451, ...rejected },
  { provider: 'github', status: 201, body: { id: 1 }, code: 'success', read: 'no', write: 'no' },
];

const STRIPE: Row[] = [
  {
    ...stripe({ type: 'card_error', code: 'card_declined', message: 'Your card was declined.' }),
    status: 402,
    ...rejected,
    words: /declined/,
  },
  {
    ...stripe({ type: 'card_error', code: 'card_declined', decline_code: 'insufficient_funds', message: 'No funds.' }),
    status: 402,
    ...rejected,
  },
  {
    ...stripe({ type: 'invalid_request_error', message: 'Missing: amount.' }),
    status: 400,
    ...rejected,
    words: /amount/,
  },
  { ...stripe({ type: 'invalid_request_error', message: 'No such customer' }), status: 404, ...rejected },
  { ...stripe({ message: 'Invalid API Key provided' }), status: 401, ...auth },
  // The same key is being worked on, or somebody holds a lock: this one did nothing.
  {
    ...stripe({ type: 'idempotency_error', code: 'idempotency_key_in_use', message: 'x' }),
    status: 409,
    code: 'provider_unavailable',
    read: 'again',
    write: 'again',
  },
  {
    ...stripe({ code: 'lock_timeout', message: 'x' }),
    status: 429,
    code: 'provider_unavailable',
    read: 'again',
    write: 'again',
  },
  { ...stripe({ message: 'x' }), status: 409, headers: { 'stripe-should-retry': 'false' }, ...rejected },
  {
    ...stripe({ type: 'api_error', message: 'x' }),
    status: 500,
    headers: { 'stripe-should-retry': 'true' },
    ...broken,
  },
  // The failure is kept under the key: the same again, however often it is asked.
  {
    ...stripe({ type: 'api_error', message: 'x' }),
    status: 500,
    headers: { 'idempotent-replayed': 'true', 'stripe-should-retry': 'true' },
    code: 'provider_unavailable',
    read: 'no',
    write: 'unknown',
    words: /keeps that answer/,
  },
  {
    ...stripe({ type: 'idempotency_error', message: 'Keys for idempotent requests can only be used with the same…' }),
    status: 400,
    ...rejected,
    words: /the key was used for another request before/,
  },
  {
    ...stripe({ type: 'invalid_request_error', message: 'The provided key does not have the required permissions.' }),
    status: 403,
    ...auth,
    words: /permissions/,
  },
  {
    ...stripe({ type: 'invalid_request_error', code: 'rate_limit', message: 'x' }),
    status: 429,
    headers: { 'stripe-should-retry': 'true', 'stripe-rate-limited-reason': 'endpoint-rate' },
    ...limited(undefined, 'again'),
  },
  {
    ...stripe({ type: 'card_error', code: 'card_declined', decline_code: 'stolen_card', message: 'x' }),
    status: 402,
    ...rejected,
    words: /^Card was declined$/,
  },
  { provider: 'stripe', status: 200, body: { id: 'cus_1' }, code: 'success', read: 'no', write: 'no' },
];

const GOOGLE: Row[] = [
  { ...google('rateLimitExceeded'), status: 403, ...limited(undefined, 'again') },
  { ...google('userRateLimitExceeded'), status: 403, ...limited(undefined, 'again') },
  { ...google('forbidden', 'The caller does not have permission'), status: 403, ...rejected, words: /permission/ },
  { ...google('notFound', 'File not found: x.'), status: 404, ...rejected },
  { ...google('authError', 'Invalid Credentials'), status: 401, ...auth },
  { ...google('deleted', 'Resource has been deleted'), status: 410, ...rejected },
  { ...google('duplicate', 'The requested identifier already exists.'), status: 409, ...rejected },
  { ...google('backendError'), status: 503, ...broken },
  { ...google('invalid', 'Invalid value'), status: 400, ...rejected },
];

const LINEAR: Row[] = [
  // A limit in the clothes of an invalid request, and an invalid request.
  {
    ...linear('RATELIMITED'),
    status: 400,
    headers: { 'x-ratelimit-requests-remaining': '0', 'x-ratelimit-requests-reset': String(EXAMPLE_NOW_MS + 4_000) },
    ...limited(4, 'again'),
  },
  {
    ...linear('RATELIMITED'),
    status: 400,
    headers: {
      'x-ratelimit-requests-remaining': '0',
      'x-ratelimit-requests-reset': String(EXAMPLE_NOW_MS + 3_600_000),
    },
    ...limited(3_600, 'later'),
  },
  { ...linear('INVALID_INPUT', 'Argument Validation Error'), status: 400, ...rejected },
  {
    ...linear('INVALID_INPUT', 'Argument Validation Error'),
    status: 400,
    headers: {
      'x-ratelimit-requests-remaining': '900',
      'x-ratelimit-requests-reset': String(EXAMPLE_NOW_MS + 3_000_000),
    },
    ...rejected,
  },
  { ...linear('AUTHENTICATION_ERROR'), status: 400, ...auth },
  { ...linear('INVALID_INPUT'), status: 200, ...rejected },
  { provider: 'linear', status: 200, body: { data: {} }, code: 'success', read: 'no', write: 'no' },
];

const OTHERS: Row[] = [
  { provider: 'notion', status: 529, headers: { 'retry-after': '3' }, ...limited(3, 'again') },
  { provider: 'notion', status: 529, ...limited(undefined, 'again') },
  { provider: 'notion', status: 529, headers: { 'retry-after': '120' }, ...limited(120, 'later') },
  {
    provider: 'notion',
    status: 429,
    body: { code: 'rate_limited' },
    headers: { 'retry-after': '90' },
    ...limited(90, 'later'),
  },
  { provider: 'notion', status: 401, body: { code: 'unauthorized', message: 'API token is invalid.' }, ...auth },
  { provider: 'notion', status: 404, body: { code: 'object_not_found', message: 'Could not find page' }, ...rejected },
  { provider: 'notion', status: 400, body: { code: 'validation_error', message: 'body failed' }, ...rejected },
  {
    provider: 'sendgrid',
    status: 429,
    headers: { 'x-ratelimit-reset': String(NOW_S + 4), 'x-ratelimit-remaining': '0' },
    ...limited(4, 'again'),
  },
  { provider: 'sendgrid', status: 429, headers: { 'x-ratelimit-reset': String(NOW_S + 45) }, ...limited(45, 'later') },
  {
    provider: 'sendgrid',
    status: 400,
    body: { errors: [{ message: 'bad', field: 'from' }] },
    ...rejected,
    words: /bad/,
  },
  { provider: 'sendgrid', status: 401, body: { errors: [{ message: 'no' }] }, ...auth },
  { provider: 'sendgrid', status: 413, ...rejected },
  { provider: 'sendgrid', status: 202, code: 'success', read: 'no', write: 'no' },
  { provider: 'resend', status: 429, headers: { 'ratelimit-reset': '1' }, ...limited(1, 'again') },
  { provider: 'resend', status: 422, body: { name: 'validation_error', message: 'Invalid `to`' }, ...rejected },
  { provider: 'resend', status: 401, body: { name: 'missing_api_key', message: 'x' }, ...auth },
  {
    provider: 'resend',
    status: 409,
    body: { name: 'concurrent_idempotent_requests', message: 'x' },
    code: 'provider_unavailable',
    read: 'again',
    write: 'again',
  },
  { provider: 'resend', status: 409, body: { name: 'invalid_idempotent_request', message: 'x' }, ...rejected },
  { provider: 'figma', status: 403, body: { status: 403, err: 'Invalid token' }, ...auth },
  { provider: 'figma', status: 403, body: { status: 403, err: 'Not allowed' }, ...rejected },
  { provider: 'figma', status: 404, body: { status: 404, err: 'Not found' }, ...rejected },
  { provider: 'http', status: 408, ...broken },
  { provider: 'http', status: 425, code: 'provider_unavailable', read: 'again', write: 'again' },
  { provider: 'http', status: 409, body: { detail: 'order 7 is closed' }, ...rejected, words: /order 7/ },
  { provider: 'http', status: 501, ...rejected },
  { provider: 'http', status: 302, code: 'provider_unavailable', read: 'no', write: 'unknown' },
  { provider: 'http', status: 204, code: 'success', read: 'no', write: 'no' },
];

const ROWS: Row[] = [
  ...ALL.flatMap((provider) => EVERYWHERE.map((row) => ({ ...row, provider }))),
  ...ALL.filter((provider) => provider !== 'github').flatMap((provider) => UNSAID.map((row) => ({ ...row, provider }))),
  ...SLACK,
  ...GITHUB,
  ...STRIPE,
  ...GOOGLE,
  ...LINEAR,
  ...OTHERS,
];

function concluded({ provider, status, headers = {}, body = '' }: Row) {
  const connector = CONNECTORS.find((one) => one.provider === provider)!;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = { status, headers, body: Buffer.from(text), truncated: false };
  const failure = connector.classify(answer, EXAMPLE_NOW_MS);
  if (failure === undefined) return { code: 'success', read: 'no', write: 'no', words: '', waits: [] };
  const steps = [false, true].map((write) => {
    const situation = { write, attempts: 1, attemptsMax: 5, keyed: false, earlierMaybe: false, holdMs: HOLD_MS };
    return nextStep({ kind: 'refused', status, failure }, situation, new SeededRandom(1));
  });
  const verdicts = steps.map((step): Verdict => {
    if (step.kind === 'retry') return 'again';
    if (step.kind === 'unknown') return 'unknown';
    return step.retryAfterMs === undefined ? 'no' : 'later';
  });
  const waits = steps.flatMap((step) => (step.kind === 'retry' ? [step.delayMs] : (step.retryAfterMs ?? [])));
  const { code, problem, retryAfterMs } = failure;
  const wait = retryAfterMs === undefined ? {} : { wait: retryAfterMs / 1000 };
  return { code, ...wait, read: verdicts[0], write: verdicts[1], words: problem, waits };
}

describe('the table of answers', () => {
  it('has at least 120 rows', () => expect(ROWS.length).toBeGreaterThanOrEqual(120));

  it.each(
    ROWS.map((row) => [`${row.provider} ${row.status} ${JSON.stringify(row.headers ?? row.body ?? '')}`, row] as const),
  )('%s', (_, row) => {
    const { words, waits, ...came } = concluded(row);
    const { code, wait, read, write } = row;
    expect(came).toEqual({ code, ...(wait !== undefined && { wait }), read, write });
    if (row.words !== undefined) expect(words).toMatch(row.words);
    expect(words).not.toMatch(/\b[1-5]\d\d\b/);
    for (const waitMs of waits) {
      // Never at once, never earlier than asked, and hardly later; without a time at most the first backoff.
      expect(waitMs).toBeGreaterThan((wait ?? 0) * 1000);
      expect(waitMs).toBeLessThanOrEqual((wait ?? 0) * 1000 + 1_000);
    }
  });
});
