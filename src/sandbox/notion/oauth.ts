/**
 * Notion's authorization: HTTP Basic and JSON and nothing else; no scopes; the answer does not say how long a token
 * lives.
 *
 * @source notion-sdk-js (api-endpoints/oauth.ts); that refresh tokens rotate is from memory
 * @module
 */
import { jsonReply, randomText, standardRefusal, type OAuthForm } from '../kit/index.js';

export const oauth: OAuthForm = {
  authorizePath: '/v1/oauth/authorize',
  tokenPath: '/v1/oauth/token',
  client: 'basic',
  body: 'json',
  separator: ' ',
  takesPkce: false,
  codeLifeMs: 10 * 60_000,
  isSilentOnLife: true,
  refreshTokens: 'rotating',
  endsOld: true,
  accessToken: (random) => `ntn_${randomText(random, 46)}`,
  refreshToken: (random) => `nrt_${randomText(random, 46)}`,
  // What an integration can do is set where it is registered.
  mayDo: () => undefined,
  grants: ({ requestId }, { access_token, refresh_token }) =>
    jsonReply(200, {
      access_token,
      token_type: 'bearer',
      ...(refresh_token !== undefined && { refresh_token }),
      bot_id: '00000000-0000-4000-8000-0000000000b0',
      workspace_id: '00000000-0000-4000-8000-0000000000a0',
      workspace_name: 'Sandbox',
      workspace_icon: null,
      owner: { type: 'user', user: { object: 'user', id: '00000000-0000-4000-8000-0000000000ad' } },
      duplicated_template_id: null,
      request_id: requestId,
    }),
  refuses: (_call, problem) => standardRefusal(problem, { code_used: 'Invalid code.', code: 'Invalid code.' }),
  revocation: {
    route: 'POST /v1/oauth/revoke',
    by: 'client',
    token: ({ fields }) => (typeof fields['token'] === 'string' ? fields['token'] : undefined),
    done: ({ requestId }) => jsonReply(200, { request_id: requestId }),
    unknown: () => jsonReply(400, { error: 'invalid_request' }),
  },
};
