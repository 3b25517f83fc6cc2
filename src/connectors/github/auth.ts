/**
 * GitHub: OAuth apps, whose tokens do not end, and GitHub Apps, whose tokens end after 8 hours and rotate; installations
 * of an app by its key. The token endpoint puts errors into HTTP 200 and answers a form unless asked for JSON.
 *
 * @source docs.github.com: authorizing-oauth-apps, refreshing-user-access-tokens; github.blog changelog 2025-07-14 (PKCE);
 * @octokit/openapi (revocation, installation tokens)
 * @module
 */
import type { AuthDefinition, LoginProfile } from '../../core/connector.js';
import { readTokenAnswer } from '../../core/token-answer.js';

/** OAuth apps have no permission that only reads private repositories; what is public needs none. */
const OF_PERMISSION: Readonly<Record<string, readonly string[]>> = {
  'issues:write': ['public_repo'],
  'contents:write': ['public_repo'],
  'repository_hooks:read': ['read:repo_hook'],
  'repository_hooks:write': ['write:repo_hook'],
};

/** Their number names a person; a login name can be given to another one. */
function readUser([user, emails]: readonly unknown[]): LoginProfile | undefined {
  const { id, login, name } = (user ?? {}) as Record<string, unknown>;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined;
  // The address and the word that it is verified, from one and the same entry.
  const list = Array.isArray(emails) ? (emails as (Record<string, unknown> | null)[]) : [];
  const own = list.find((one) => one?.['primary'] === true && one['verified'] === true)?.['email'];
  const shown = typeof name === 'string' && name !== '' ? name : login;
  return {
    sub: String(id),
    isVerified: typeof own === 'string',
    ...(typeof shown === 'string' && { name: shown }),
    ...(typeof own === 'string' && { email: own }),
  };
}

export const auth: AuthDefinition = {
  // RFC 9207's `iss` is not sent.
  authorization_endpoint: 'https://github.com/login/oauth/authorize',
  token_endpoint: 'https://github.com/login/oauth/access_token',
  token_endpoint_auth_method: 'client_secret_post',
  code_challenge_methods_supported: ['S256'],
  token_request_headers: { accept: 'application/json' },
  scope_separator: ' ',
  scopes: {
    always: ['read:user'],
    ofPermission: (permission) => OF_PERMISSION[permission] ?? [],
    implies: {
      repo: ['public_repo', 'repo:status'],
      'admin:repo_hook': ['write:repo_hook', 'read:repo_hook'],
      'write:repo_hook': ['read:repo_hook'],
      user: ['read:user', 'user:email'],
    },
  },
  refresh: {
    tokens: 'rotating',
    source: 'https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app',
  },
  ended_grant_errors: ['bad_refresh_token', 'bad_verification_code'],
  client_errors: ['incorrect_client_credentials', 'unverified_user_email'],
  revocation: {
    endpoint: 'https://api.github.com/applications/{client_id}/token',
    method: 'DELETE',
    auth: 'client_secret_basic',
    format: 'json',
    token: 'access_token',
    parameters: ({ token }) => ({ access_token: token }),
    // 404: there is no such token any more.
    hasEnded: ({ status }) => status === 204 || status === 404,
  },
  readToken(answer) {
    const read = readTokenAnswer(answer);
    // A GitHub App has permissions in the place of scopes, and says so by an empty text.
    if (read?.ok !== true || read.scopes === undefined || read.scopes.length > 0) return read;
    const { scopes: _none, ...rest } = read;
    return rest;
  },
  login: {
    iss: 'https://github.com',
    scopes: ['read:user', 'user:email'],
    requests: ['https://api.github.com/user', 'https://api.github.com/user/emails'],
    read: readUser,
  },
  registration: 'https://github.com/settings/developers',
  machine: [
    {
      grant: 'app_installation',
      endpoint: 'https://api.github.com/app/installations/{installation_id}/access_tokens',
      expires_in: 3600,
    },
  ],
};
