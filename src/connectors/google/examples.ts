/** Answers of Google and what we conclude from them. Run as tests by the connector suite. @module */
import type { AnswerExample, ConnectorExamples } from '../../core/connector.js';
import { calendarCalls, calendarReconciles } from './calendar-examples.js';
import { driveCalls } from './drive-examples.js';
import { mailCalls, mailReconciles } from './mail-examples.js';

/** As Calendar and Drive refuse. */
const refused = (code: number, reason: string, message = 'x'): AnswerExample['answer'] => ({
  status: code,
  body: { error: { code, message, errors: [{ domain: 'global', reason, message }] } },
});
/** As Sheets refuses. */
const failed = (code: number, status: string, reason?: string, more: object[] = []): AnswerExample['answer'] => {
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason };
  const details = reason === undefined ? {} : { details: [info, ...more] };
  return { status: code, body: { error: { code, message: 'x', status, ...details } } };
};
const RETRY_INFO = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7.5s' };

const answers: readonly AnswerExample[] = [
  { name: 'found', answer: { status: 200, body: { kind: 'calendar#events' } }, means: 'success' },
  { name: 'deleted', answer: { status: 204 }, means: 'success' },
  {
    name: 'a field is wrong',
    answer: refused(400, 'required', 'Missing end time.'),
    means: { code: 'provider_rejected', providerCode: 'required', problem: 'Google says: Missing end time.' },
  },
  {
    name: 'the newer form',
    answer: failed(404, 'NOT_FOUND'),
    means: { code: 'provider_rejected', providerCode: 'NOT_FOUND' },
  },
  {
    name: 'too fast, as a refusal',
    answer: refused(403, 'userRateLimitExceeded', 'Slow down.'),
    means: { code: 'rate_limited', problem: 'too many requests in a short time', safeToRetry: true },
  },
  {
    name: 'too fast, with the time in words',
    answer: refused(429, 'rateLimitExceeded', 'User-rate limit exceeded.  Retry after 2000-01-01T00:00:30.000Z'),
    means: { code: 'rate_limited', retryAfterMs: 30_000, safeToRetry: true },
  },
  {
    name: 'too fast, with the time in details',
    answer: failed(429, 'RESOURCE_EXHAUSTED', 'RATE_LIMIT_EXCEEDED', [RETRY_INFO]),
    means: { code: 'rate_limited', providerCode: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 7_500 },
  },
  {
    name: 'used up for today',
    answer: refused(403, 'dailyLimitExceeded'),
    means: { code: 'rate_limited', retryAfterMs: 3_600_000, safeToRetry: true },
  },
  {
    name: 'a permission is missing',
    answer: refused(403, 'insufficientPermissions', 'Insufficient Permission'),
    means: { code: 'provider_auth', providerCode: 'insufficientPermissions', safeToRetry: false },
  },
  {
    name: 'a permission is missing, the newer form',
    answer: failed(403, 'PERMISSION_DENIED', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'),
    means: { code: 'provider_auth', providerCode: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' },
  },
  {
    name: 'the API is switched off',
    answer: refused(403, 'accessNotConfigured'),
    means: {
      code: 'provider_rejected',
      problem: 'this API is not enabled in the Google Cloud project of the application; enable it there',
    },
  },
  {
    name: 'the API is switched off, the newer form',
    answer: failed(403, 'PERMISSION_DENIED', 'SERVICE_DISABLED'),
    means: { code: 'provider_rejected', providerCode: 'SERVICE_DISABLED', safeToRetry: false },
  },
  {
    name: 'not shared with the account',
    answer: failed(403, 'PERMISSION_DENIED'),
    means: { code: 'provider_rejected', providerCode: 'PERMISSION_DENIED' },
  },
  {
    name: 'token ended',
    answer: refused(401, 'authError'),
    means: { code: 'provider_auth', problem: 'the access token has ended or was revoked; connect again' },
  },
  {
    name: 'token ended, as OAuth says it',
    answer: { status: 401, body: { error: 'invalid_token', error_description: 'Invalid Credentials' } },
    means: { code: 'provider_auth', providerCode: 'invalid_token' },
  },
  {
    name: 'the id is taken',
    answer: refused(409, 'duplicate'),
    means: { code: 'provider_rejected', providerCode: 'duplicate', safeToRetry: false },
  },
  {
    name: 'everything has to be listed anew',
    answer: refused(410, 'fullSyncRequired'),
    means: {
      code: 'provider_rejected',
      problem: 'the syncToken is too old: list everything once without it (a full sync) and keep the new one',
    },
  },
  { name: 'broken', answer: { status: 503 }, means: { code: 'provider_unavailable', safeToRetry: false } },
];

export const examples: ConnectorExamples = {
  answers,
  calls: { ...calendarCalls, ...driveCalls, ...mailCalls },
  reconciles: { ...calendarReconciles, ...mailReconciles },
  identity: {
    answer: { body: { sub: '108', email: 'ada@acme.example', email_verified: true, hd: 'acme.example', name: 'Ada' } },
    is: { accountId: '108', account: 'acme.example', actor: 'ada@acme.example' },
  },
};
