/**
 * Stripe Connect, standard accounts: tokens do not end, a code lives for five minutes, and an account leaves by
 * deauthorization.
 *
 * @source stripe-dotnet (oauth_fixtures); the rest from memory: deauthorization, scopes, life of tokens, no PKCE
 * @module
 */
import type { AuthDefinition } from '../../core/connector.js';
import { readTokenAnswer, tokenFields } from '../../core/token-answer.js';

export const auth: AuthDefinition = {
  authorization_endpoint: 'https://connect.stripe.com/oauth/authorize',
  token_endpoint: 'https://connect.stripe.com/oauth/token',
  token_endpoint_auth_method: 'client_secret_post',
  code_challenge_methods_supported: [],
  scope_separator: ' ',
  scopes: {
    always: ['read_only'],
    ofPermission: (permission) => [permission.endsWith('Write') ? 'read_write' : 'read_only'],
    implies: { read_write: ['read_only'] },
  },
  // Refresh tokens are for changing between test and live keys; the access token itself does not end.
  refresh: { tokens: 'none', source: 'memory' },
  revocation: {
    endpoint: 'https://connect.stripe.com/oauth/deauthorize',
    method: 'POST',
    auth: 'client_secret_post',
    format: 'form',
    token: 'access_token',
    parameters: ({ client_id, account }) => ({ client_id, ...(account !== undefined && { stripe_user_id: account }) }),
  },
  readToken(answer) {
    const read = readTokenAnswer(answer);
    const account = tokenFields(answer)?.['stripe_user_id'];
    return read?.ok === true && typeof account === 'string' ? { ...read, account } : read;
  },
  registration: 'https://dashboard.stripe.com/settings/connect',
};
