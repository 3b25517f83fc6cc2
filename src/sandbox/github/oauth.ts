/**
 * GitHub's authorization: a form unless JSON is asked for, errors with HTTP 200. Tokens of an OAuth app do not end; with
 * a life, they are those of a GitHub App, which rotate, end what was before them, and have no scopes.
 *
 * @source docs.github.com: authorizing-oauth-apps, refreshing-user-access-tokens; @octokit/openapi (revocation)
 * @module
 */
import {
  emptyReply,
  jsonReply,
  randomText,
  type OAuthForm,
  type OAuthProblem,
  type SandboxReply,
} from '../kit/index.js';
import { notFound } from './answers.js';

const CODE = ['bad_verification_code', 'The code passed is incorrect or expired.'] as const;
const ERRORS: Readonly<Record<OAuthProblem, readonly [error: string, description: string]>> = {
  client: ['incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.'],
  code: CODE,
  code_used: CODE,
  verifier: CODE,
  redirect: ['redirect_uri_mismatch', 'The redirect_uri MUST match the registered callback URL for this application.'],
  refresh: ['bad_refresh_token', 'The refresh token passed is incorrect or expired.'],
  grant_type: ['unsupported_grant_type', 'The grant type is not supported.'],
};

const REFRESH_LIFE_SECONDS = 15_897_600;

function answer(headers: Readonly<Record<string, string>>, fields: Record<string, string | number>): SandboxReply {
  if (/json/i.test(headers['accept'] ?? '')) return jsonReply(200, fields);
  const texts = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
  const body = new URLSearchParams(texts).toString();
  return { status: 200, headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body };
}

export const oauth: OAuthForm = {
  authorizePath: '/login/oauth/authorize',
  tokenPath: '/login/oauth/access_token',
  client: 'post',
  separator: ' ',
  takesPkce: true,
  codeLifeMs: 10 * 60_000,
  refreshTokens: 'rotating_when_ending',
  endsOld: true,
  accessToken: (random, ends) => `${ends ? 'ghu' : 'gho'}_${randomText(random, 36)}`,
  refreshToken: (random) => `ghr_${randomText(random, 76)}`,
  grants: ({ request }, { access_token, refresh_token, expires_in, scopes }) =>
    answer(request.headers, {
      access_token,
      token_type: 'bearer',
      scope: expires_in === undefined ? scopes.join(',') : '',
      ...(expires_in !== undefined && { expires_in }),
      ...(refresh_token !== undefined && { refresh_token, refresh_token_expires_in: REFRESH_LIFE_SECONDS }),
    }),
  refuses({ request }, problem) {
    const [error, error_description] = ERRORS[problem];
    return answer(request.headers, { error, error_description, error_uri: 'https://docs.github.com/apps' });
  },
  revocation: {
    route: 'DELETE /applications/:client/token',
    by: 'client',
    token: ({ fields }) => (typeof fields['access_token'] === 'string' ? fields['access_token'] : undefined),
    done: () => emptyReply(204),
    unknown: notFound,
  },
};
