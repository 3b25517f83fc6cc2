/**
 * Google's authorization: people may leave scopes out, tokens live for an hour, and a refresh token comes for
 * `access_type=offline` alone, again only after `prompt=consent`; it stays the same.
 *
 * @source developers.google.com/identity/protocols/oauth2/web-server (from memory: prefixes, words)
 * @module
 */
import { jsonReply, randomText, standardRefusal, type OAuthForm } from '../kit/index.js';
import { idToken } from './id-token.js';
import type { GoogleState } from './state.js';

export const oauth: OAuthForm = {
  authorizePath: '/o/oauth2/v2/auth',
  tokenPath: '/token',
  client: 'post',
  separator: ' ',
  takesPkce: true,
  isGranular: true,
  codeLifeMs: 10 * 60_000,
  lifeMs: 3_600_000,
  refreshTokens: 'kept',
  isOffline: ({ access_type, prompt }, isFirst) =>
    access_type === 'offline' && (isFirst || String(prompt).split(' ').includes('consent')),
  accessToken: (random) => `ya29.${randomText(random, 60)}`,
  refreshToken: (random) => `1//0${randomText(random, 60)}`,
  grants: ({ state, nowMs }, { access_token, refresh_token, expires_in, scopes, isRenewed, clientId, nonce }) =>
    jsonReply(200, {
      access_token,
      ...(expires_in !== undefined && { expires_in }),
      ...(refresh_token !== undefined && { refresh_token }),
      ...(scopes.includes('openid') &&
        !isRenewed && { id_token: idToken((state as GoogleState).account, { clientId, nonce, nowMs }) }),
      scope: scopes.join(' '),
      token_type: 'Bearer',
    }),
  refuses: (_call, problem) =>
    standardRefusal(problem, {
      client: 'Unauthorized',
      code: 'Malformed auth code.',
      code_used: 'Bad Request',
      verifier: 'Invalid code verifier.',
      refresh: 'Token has been expired or revoked.',
    }),
  revocation: {
    route: 'POST /revoke',
    by: 'holder',
    token({ fields, query }) {
      const given = fields['token'] ?? query['token'];
      return typeof given === 'string' ? given : undefined;
    },
    done: () => jsonReply(200, {}),
    unknown: () => jsonReply(400, { error: 'invalid_token', error_description: 'Token expired or revoked' }),
  },
};
