/**
 * Slack's OAuth v2: the token of the app's bot. Errors come inside HTTP 200, scopes with commas, and where an app has
 * opted into rotation every refresh token is good for one use.
 *
 * @source api.slack.com/authentication/rotation, docs of oauth.v2.access; PKCE and client authentication from memory
 * @module
 */
import type { AuthDefinition, TokenAnswer } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { tokenOf } from '../../core/token-answer.js';

export const auth: AuthDefinition = {
  authorization_endpoint: 'https://slack.com/oauth/v2/authorize',
  token_endpoint: 'https://slack.com/api/oauth.v2.access',
  token_endpoint_auth_method: 'client_secret_post',
  // Only apps without a secret may use PKCE.
  code_challenge_methods_supported: [],
  scope_separator: ',',
  scopes: {},
  refresh: { tokens: 'rotating', source: 'https://api.slack.com/authentication/rotation' },
  refused_token_codes: ['invalid_auth', 'token_expired', 'token_revoked', 'account_inactive', 'not_authed'],
  ended_grant_errors: ['invalid_refresh_token', 'token_revoked', 'token_expired', 'account_inactive', 'invalid_auth'],
  client_errors: ['invalid_client_id', 'bad_client_secret'],
  revocation: {
    // The token revokes itself.
    endpoint: 'https://slack.com/api/auth.revoke',
    method: 'POST',
    auth: 'bearer',
    format: 'form',
    token: 'access_token',
    parameters: () => ({}),
    hasEnded(answer) {
      const { ok, error } = parseJsonObject(answer.body) ?? {};
      return ok === true || error === 'token_revoked' || error === 'invalid_auth';
    },
  },
  readToken,
  registration: 'https://api.slack.com/apps',
};

function readToken(answer: HttpAnswer): TokenAnswer | undefined {
  const fields = parseJsonObject(answer.body);
  if (fields === undefined || typeof fields['ok'] !== 'boolean') return undefined;
  if (!fields['ok']) {
    const { error } = fields;
    return { ok: false, error: typeof error === 'string' ? error : 'error' };
  }
  const team = fields['team'];
  const account = isObject(team) && typeof team['id'] === 'string' ? { account: team['id'] } : {};
  // `token_type` is "bot" or "user", and both are sent as bearer. An app without a bot has the person's token inside.
  const person = fields['authed_user'];
  const token = tokenOf(fields) ?? (isObject(person) ? tokenOf(person) : undefined);
  return token?.ok === true ? { ...token, ...account } : undefined;
}
