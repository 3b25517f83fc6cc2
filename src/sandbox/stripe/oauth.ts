/**
 * Stripe Connect: tokens do not end, codes live for five minutes, an account leaves by deauthorization.
 *
 * @source stripe-dotnet (oauth_fixtures); the words of errors and what a scope opens: memory
 * @module
 */
import { jsonReply, randomText, standardRefusal, type OAuthForm } from '../kit/index.js';

const ACCOUNT = 'acct_1SandboxFairlead';

export const oauth: OAuthForm = {
  authorizePath: '/oauth/authorize',
  tokenPath: '/oauth/token',
  client: 'post',
  separator: ' ',
  takesPkce: false,
  codeLifeMs: 5 * 60_000,
  refreshTokens: 'kept',
  accessToken: (random) => `sk_test_${randomText(random, 48)}`,
  refreshToken: (random) => `rt_${randomText(random, 48)}`,
  mayDo: (scopes) => (scopes.includes('read_write') ? undefined : ['read']),
  grants: (_call, { access_token, refresh_token, scopes }) =>
    jsonReply(200, {
      access_token,
      livemode: false,
      ...(refresh_token !== undefined && { refresh_token }),
      token_type: 'bearer',
      stripe_publishable_key: 'pk_test_sandbox',
      stripe_user_id: ACCOUNT,
      scope: scopes.includes('read_write') ? 'read_write' : 'read_only',
    }),
  refuses: (_call, problem) =>
    standardRefusal(problem, {
      code: 'Authorization code does not exist',
      code_used: 'This authorization code has already been used. All tokens issued with this code have been revoked.',
      refresh: 'Refresh token does not exist',
    }),
  revocation: {
    route: 'POST /oauth/deauthorize',
    by: 'client',
    token: ({ fields }) => (fields['stripe_user_id'] === ACCOUNT ? 'account' : undefined),
    done: () => jsonReply(200, { stripe_user_id: ACCOUNT }),
    unknown: () => jsonReply(401, { error: 'invalid_client', error_description: 'This account is not connected.' }),
  },
};
