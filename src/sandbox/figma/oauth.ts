/**
 * Figma's authorization: HTTP Basic, tokens for 90 days, renewed at an address of their own whose answer holds no
 * refresh token; no revocation.
 *
 * @source figma/rest-api-spec (addresses, answers); the form of refusals: RFC 6749
 * @module
 */
import { jsonReply, randomText, standardRefusal, type OAuthForm } from '../kit/index.js';

export const oauth: OAuthForm = {
  authorizePath: '/oauth',
  tokenPath: '/v1/oauth/token',
  refreshPath: '/v1/oauth/refresh',
  client: 'basic',
  separator: ',',
  takesPkce: true,
  // Figma's codes are to be exchanged at once.
  codeLifeMs: 30_000,
  lifeMs: 90 * 86_400_000,
  refreshTokens: 'kept',
  accessToken: (random) => `figu_${randomText(random, 40)}`,
  refreshToken: (random) => `figur_${randomText(random, 40)}`,
  grants: (_call, { access_token, refresh_token, expires_in, isRenewed }) =>
    jsonReply(200, {
      ...(!isRenewed && { user_id_string: '1001' }),
      access_token,
      token_type: 'bearer',
      ...(expires_in !== undefined && { expires_in }),
      ...(refresh_token !== undefined && { refresh_token }),
    }),
  refuses: (_call, problem) => standardRefusal(problem),
};
