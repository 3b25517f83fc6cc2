import { describe, expect, it } from 'vitest';
import { outcomeOfAnswer, outcomeOfSilence } from '../../src/auth/index.js';
import { CONNECTORS } from '../../src/connectors/index.js';
import type { NetFailure } from '../../src/core/ports.js';

const NOW_MS = Date.UTC(2026, 0, 31);
type Given = { status?: number; type?: string; body: unknown; retryAfter?: string };
/** Provider, answer, what it means, a word of what people read. */
type Row = [provider: string, given: Given, means: string, says?: RegExp];

const token = { access_token: 'at', token_type: 'bearer', expires_in: 3600 };
const form = 'application/x-www-form-urlencoded';

const ROWS: Row[] = [
  [
    'slack',
    {
      body: {
        ok: true,
        access_token: 'xoxb-1',
        token_type: 'bot',
        scope: 'chat:write,channels:read',
        team: { id: 'T1' },
      },
    },
    'granted',
  ],
  [
    'slack',
    { body: { ok: true, access_token: 'xoxe.xoxb-1', refresh_token: 'xoxe-1', expires_in: 43200, token_type: 'bot' } },
    'granted',
  ],
  [
    'slack',
    { body: { ok: true, authed_user: { access_token: 'xoxp-1', token_type: 'user', scope: 'search:read' } } },
    'granted',
  ],
  ['slack', { body: { ok: true } }, 'failed', /could not be read/],
  ['slack', { body: { ok: false, error: 'invalid_code' } }, 'refused request', /refused/],
  ['slack', { body: { ok: false, error: 'invalid_refresh_token' } }, 'refused ended', /has ended/],
  ['slack', { body: { ok: false, error: 'token_revoked' } }, 'refused ended', /has ended/],
  ['slack', { body: { ok: false, error: 'invalid_client_id' } }, 'refused client', /client id and secret/],
  ['slack', { body: { ok: false, error: 'bad_client_secret' } }, 'refused client', /client id and secret/],
  ['slack', { body: { ok: false, error: 'ratelimited' } }, 'failed', /later/],
  ['slack', { status: 429, body: { ok: false, error: 'ratelimited' }, retryAfter: '30' }, 'failed', /too many/],
  ['slack', { body: '<html>down</html>', type: 'text/html' }, 'failed', /web page/],
  ['github', { body: { ...token, scope: 'repo,read:user' } }, 'granted'],
  ['github', { body: 'access_token=gho_1&scope=repo%2Cgist&token_type=bearer', type: form }, 'granted'],
  [
    'github',
    {
      body: 'access_token=ghu_1&expires_in=28800&refresh_token=ghr_1&refresh_token_expires_in=15811200&scope=&token_type=bearer',
      type: form,
    },
    'granted',
  ],
  [
    'github',
    { body: { error: 'bad_verification_code', error_description: 'The code passed is incorrect or expired.' } },
    'refused ended',
    /incorrect or expired/,
  ],
  ['github', { body: { error: 'bad_refresh_token' } }, 'refused ended', /has ended/],
  ['github', { body: { error: 'incorrect_client_credentials' } }, 'refused client', /client id and secret/],
  [
    'github',
    { body: 'error=redirect_uri_mismatch&error_description=no', type: form },
    'refused request',
    /redirect_uri_mismatch/,
  ],
  ['github', { status: 503, body: '' }, 'failed', /does not work/],
  ['google', { body: { ...token, scope: 'openid email' } }, 'granted'],
  ['google', { body: { ...token, id_token: 'a.b.c', refresh_token: '1//r' } }, 'granted'],
  [
    'google',
    { status: 400, body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' } },
    'refused ended',
    /expired or revoked/,
  ],
  [
    'google',
    { status: 401, body: { error: 'invalid_client', error_description: 'The OAuth client was not found.' } },
    'refused client',
    /not found/,
  ],
  ['google', { status: 400, body: { error: 'redirect_uri_mismatch' } }, 'refused request', /redirect_uri_mismatch/],
  ['google', { status: 400, body: { error: 'invalid_scope' } }, 'refused request', /invalid_scope/],
  ['google', { status: 500, body: { error: 'internal_failure' } }, 'failed', /does not work/],
  ['google', { status: 503, body: { error: 'invalid_grant' } }, 'failed', /does not work/],
  ['google', { status: 403, body: { error: 'rate_limited' } }, 'failed', /later/],
  [
    'stripe',
    { body: { ...token, expires_in: undefined, stripe_user_id: 'acct_1', scope: 'read_only', livemode: false } },
    'granted',
  ],
  [
    'stripe',
    { status: 400, body: { error: 'invalid_grant', error_description: 'Authorization code expired' } },
    'refused ended',
    /code expired/,
  ],
  ['stripe', { status: 401, body: { error: 'invalid_client' } }, 'refused client'],
  ['linear', { body: { ...token, scope: 'read,write' } }, 'granted'],
  ['linear', { body: { ...token, scope: 'read write', expires_in: '86399' } }, 'granted'],
  ['linear', { status: 400, body: { error: 'invalid_grant' } }, 'refused ended'],
  [
    'notion',
    { body: { access_token: 'ntn_1', token_type: 'bearer', refresh_token: null, workspace_id: 'w' } },
    'granted',
  ],
  ['notion', { status: 400, body: { error: 'invalid_grant', request_id: 'r' } }, 'refused ended'],
  ['notion', { status: 401, body: { error: 'invalid_client' } }, 'refused client'],
  [
    'notion',
    { status: 400, body: { object: 'error', code: 'validation_error', message: 'no' } },
    'failed',
    /could not be read/,
  ],
  ['figma', { body: { access_token: 'figu_1', expires_in: 7776000, token_type: 'bearer' } }, 'granted'],
  ['figma', { status: 404, body: { status: 404, error: true, message: 'Not found' } }, 'refused request', /Not found/],
  ['figma', { status: 429, body: '' }, 'failed', /too many/],
  ['figma', { body: { access_token: 'a b\r\nc', token_type: 'bearer' } }, 'failed', /could not be read/],
  ['figma', { body: { access_token: 42 } }, 'failed', /could not be read/],
  ['figma', { body: '' }, 'failed', /could not be read/],
  ['figma', { body: '[1,2]' }, 'failed', /could not be read/],
  ['linear', { status: 400, body: { error: 'temporarily_unavailable' } }, 'failed', /later/],
  ['linear', { status: 302, body: '' }, 'failed', /could not be read/],
];

describe('answers of token endpoints', () => {
  it.each(ROWS)(
    '%s %j is %s',
    (provider, { status = 200, type = 'application/json', body, retryAfter }, means, says) => {
      const { auth } = CONNECTORS.find((one) => one.provider === provider)!;
      const bytes = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
      const headers = { 'content-type': type, ...(retryAfter !== undefined && { 'retry-after': retryAfter }) };
      const outcome = outcomeOfAnswer(auth!, { status, headers, body: bytes, truncated: false }, NOW_MS);
      expect(outcome.kind === 'refused' ? `${outcome.kind} ${outcome.why}` : outcome.kind).toBe(means);
      if (outcome.kind === 'granted') return;
      expect(outcome.says).not.toMatch(/\b[45]\d\d\b/);
      if (says !== undefined) expect(outcome.says).toMatch(says);
    },
  );

  it('silence of every kind keeps the token', () => {
    for (const kind of [
      'refused',
      'denied',
      'dns',
      'timeout',
      'reset',
      'tls',
      'aborted',
      'malformed',
    ] as NetFailure['kind'][]) {
      expect(outcomeOfSilence({ kind, sent: 'maybe', detail: '' })).toMatchObject({ kind: 'failed', sent: 'maybe' });
    }
  });

  it('is 40 answers or more', () => expect(ROWS.length).toBeGreaterThanOrEqual(40));
});
