/**
 * Linear's authorization: scopes with commas, tokens for a day, refresh tokens for one use.
 *
 * @source NangoHQ/nango providers.yaml (addresses, separator); life, rotation, revocation and words from memory
 * @module
 */
import { jsonReply, randomText, standardRefusal, type OAuthForm } from '../kit/index.js';

export const oauth: OAuthForm = {
  authorizePath: '/oauth/authorize',
  tokenPath: '/oauth/token',
  client: 'post',
  separator: ',',
  takesPkce: true,
  codeLifeMs: 10 * 60_000,
  lifeMs: 24 * 3_600_000,
  refreshTokens: 'rotating',
  hasMachines: true,
  accessToken: (random) => `lin_oauth_${randomText(random, 64)}`,
  refreshToken: (random) => `lin_refresh_${randomText(random, 64)}`,
  grants: (_call, { access_token, refresh_token, expires_in, scopes }) =>
    jsonReply(200, {
      access_token,
      token_type: 'Bearer',
      ...(expires_in !== undefined && { expires_in }),
      ...(refresh_token !== undefined && { refresh_token }),
      scope: scopes.join(' '),
    }),
  refuses: (_call, problem) => standardRefusal(problem, { code_used: 'The code was used.', refresh: 'It has ended.' }),
  revocation: {
    route: 'POST /oauth/revoke',
    by: 'bearer',
    token: ({ fields, token }) => (typeof fields['token'] === 'string' ? fields['token'] : token?.value),
    done: () => jsonReply(200, { success: true }),
    unknown: () => jsonReply(400, { error: 'invalid_request' }),
  },
};
