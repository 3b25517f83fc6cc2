/**
 * Linear: scopes with commas; tokens of newer apps live for a day and their refresh tokens rotate.
 *
 * @source NangoHQ/nango providers.yaml (endpoints, separator); PKCE, revocation and rotation from memory
 * @module
 */
import type { AuthDefinition } from '../../core/connector.js';

export const auth: AuthDefinition = {
  authorization_endpoint: 'https://linear.app/oauth/authorize',
  token_endpoint: 'https://api.linear.app/oauth/token',
  token_endpoint_auth_method: 'client_secret_post',
  code_challenge_methods_supported: ['S256'],
  scope_separator: ',',
  authorization_parameters: { prompt: 'consent' },
  scopes: {
    always: ['read'],
    implies: {
      write: ['read', 'issues:create', 'comments:create'],
      admin: ['write', 'read', 'issues:create', 'comments:create'],
    },
  },
  refresh: { tokens: 'rotating', source: 'memory' },
  refused_token_codes: ['AUTHENTICATION_ERROR'],
  revocation: {
    endpoint: 'https://api.linear.app/oauth/revoke',
    method: 'POST',
    auth: 'bearer',
    format: 'form',
    token: 'access_token',
    parameters: ({ token }) => ({ token }),
    // 400: it had ended before.
    hasEnded: ({ status }) => status === 200 || status === 400,
  },
  registration: 'https://linear.app/settings/api/applications/new',
  machine: [{ grant: 'client_credentials' }],
};
