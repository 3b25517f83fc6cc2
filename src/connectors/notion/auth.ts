/**
 * Notion: no scopes, since people pick pages; the token endpoint wants HTTP Basic and JSON. Where refresh tokens are
 * given, each is good for one use.
 *
 * @source notion-sdk-js (Client.ts, api-endpoints/oauth.ts); that refresh tokens rotate is from memory
 * @module
 */
import type { AuthDefinition } from '../../core/connector.js';

export const auth: AuthDefinition = {
  authorization_endpoint: 'https://api.notion.com/v1/oauth/authorize',
  token_endpoint: 'https://api.notion.com/v1/oauth/token',
  token_endpoint_auth_method: 'client_secret_basic',
  code_challenge_methods_supported: [],
  token_request_format: 'json',
  scope_separator: ' ',
  authorization_parameters: { owner: 'user' },
  scopes: { ofPermission: () => [] },
  refresh: { tokens: 'rotating', source: 'memory' },
  refused_token_codes: ['unauthorized'],
  revocation: {
    endpoint: 'https://api.notion.com/v1/oauth/revoke',
    method: 'POST',
    auth: 'client_secret_basic',
    format: 'json',
    token: 'access_token',
    parameters: ({ token }) => ({ token }),
  },
  registration: 'https://www.notion.so/profile/integrations',
};
