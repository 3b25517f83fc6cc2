/**
 * Figma: HTTP Basic, scopes with commas, and tokens are refreshed at another address, whose answer holds no refresh
 * token: the old one stays.
 *
 * @source figma/rest-api-spec (addresses); NangoHQ/nango providers.yaml (client authentication, separator); that
 * refresh tokens stay the same is secondary
 * @module
 */
import type { AuthDefinition } from '../../core/connector.js';

export const auth: AuthDefinition = {
  authorization_endpoint: 'https://www.figma.com/oauth',
  token_endpoint: 'https://api.figma.com/v1/oauth/token',
  refresh_endpoint: 'https://api.figma.com/v1/oauth/refresh',
  token_endpoint_auth_method: 'client_secret_basic',
  code_challenge_methods_supported: ['S256'],
  scope_separator: ',',
  scopes: { always: ['current_user:read'] },
  refresh: { tokens: 'kept', source: 'figma/rest-api-spec' },
  refused_token_codes: ['invalid_token'],
  registration: 'https://www.figma.com/developers/apps',
};
