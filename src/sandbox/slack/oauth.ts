/**
 * Slack's OAuth v2: refusals come with HTTP 200, scopes with commas, refresh tokens are good for one use.
 *
 * @source api.slack.com/authentication/rotation; oauth.v2.access (answer, error words)
 * @module
 */
import { randomText, type OAuthForm, type OAuthProblem } from '../kit/index.js';
import { accepted, refused } from './answers.js';

const WORDS: Readonly<Record<OAuthProblem, string>> = {
  client: 'bad_client_secret',
  code: 'invalid_code',
  code_used: 'code_already_used',
  redirect: 'bad_redirect_uri',
  verifier: 'invalid_code_verifier',
  refresh: 'invalid_refresh_token',
  grant_type: 'invalid_grant_type',
};

export const oauth: OAuthForm = {
  authorizePath: '/oauth/v2/authorize',
  tokenPath: '/api/oauth.v2.access',
  client: 'post',
  separator: ',',
  takesPkce: false,
  codeLifeMs: 10 * 60_000,
  lifeMs: 12 * 3_600_000,
  refreshTokens: 'rotating_when_ending',
  accessToken: (random, ends) => `${ends ? 'xoxe.xoxb-1-' : 'xoxb-'}${randomText(random, 48)}`,
  refreshToken: (random) => `xoxe-1-${randomText(random, 48)}`,
  grants: (_call, { access_token, refresh_token, expires_in, scopes }) =>
    accepted({
      app_id: 'A00FAIRLEAD',
      authed_user: { id: 'U00ADA' },
      scope: scopes.join(','),
      token_type: 'bot',
      access_token,
      bot_user_id: 'U00BOT',
      ...(refresh_token !== undefined && { refresh_token }),
      ...(expires_in !== undefined && { expires_in }),
      team: { id: 'T00SANDBOX', name: 'Sandbox' },
      enterprise: null,
      is_enterprise_install: false,
    }),
  refuses: (_call, problem) => refused(WORDS[problem]),
  revocation: {
    route: 'POST /api/auth.revoke',
    by: 'bearer',
    token: ({ token }) => token?.value,
    done: () => accepted({ revoked: true }),
    unknown: () => refused('invalid_auth'),
  },
};
