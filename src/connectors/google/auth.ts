/**
 * Google: access tokens live for an hour, refresh tokens are given only for `access_type=offline`, again only after
 * `prompt=consent`, and stay the same when they are used. Service accounts sign their own grant.
 *
 * @source developers.google.com/identity/protocols/oauth2 (from memory: PKCE, issuer, life); discovery documents (scopes)
 * @module
 */
import type { AuthDefinition, LoginProfile } from '../../core/connector.js';
import { SCOPES } from './scopes.js';

const AT = 'https://www.googleapis.com/auth/';

const GMAIL = /@(gmail|googlemail)\.com$/i;

/** Google knows whose an address is if it is its own, or of a domain that it hosts. Of others it knows by hearsay. */
function readClaims([claims]: readonly unknown[]): LoginProfile | undefined {
  const { sub, name, email, email_verified, hd } = (claims ?? {}) as Record<string, unknown>;
  if (typeof sub !== 'string' || sub === '') return undefined;
  const address = typeof email === 'string' ? email : undefined;
  const isHosted = typeof hd === 'string' && address?.toLowerCase().endsWith(`@${hd.toLowerCase()}`) === true;
  const isAuthoritative = address !== undefined && (GMAIL.test(address) || isHosted);
  return {
    sub,
    // A text "true" or "false" is no answer.
    isVerified: email_verified === true && isAuthoritative,
    ...(typeof name === 'string' && { name }),
    ...(address !== undefined && { email: address }),
  };
}

export const auth: AuthDefinition = {
  issuer: 'https://accounts.google.com',
  authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
  token_endpoint: 'https://oauth2.googleapis.com/token',
  token_endpoint_auth_method: 'client_secret_post',
  code_challenge_methods_supported: ['S256'],
  scope_separator: ' ',
  authorization_parameters: { access_type: 'offline', prompt: 'consent' },
  scopes: {
    always: ['openid', 'email'],
    implies: {
      email: [`${AT}userinfo.email`],
      [`${AT}userinfo.email`]: ['email'],
      [`${AT}drive`]: [SCOPES.readFiles, SCOPES.readFileFacts, SCOPES.readRows],
      [SCOPES.readFiles]: [SCOPES.readFileFacts],
      [`${AT}spreadsheets`]: [SCOPES.readRows],
      [SCOPES.writeEvents]: [SCOPES.readEvents],
      [`${AT}calendar`]: [SCOPES.writeEvents, SCOPES.readEvents, SCOPES.listCalendars],
      [`${AT}calendar.readonly`]: [SCOPES.readEvents, SCOPES.listCalendars],
      [`${AT}gmail.readonly`]: [SCOPES.lookUpMail],
    },
  },
  refresh: { tokens: 'kept', default_expires_in: 3600, source: 'memory' },
  revocation: {
    endpoint: 'https://oauth2.googleapis.com/revoke',
    method: 'POST',
    auth: 'none',
    format: 'form',
    token: 'refresh_token',
    parameters: ({ token }) => ({ token }),
    // 400 invalid_token: it had ended before.
    hasEnded: ({ status, body }) =>
      status === 200 || (status === 400 && new TextDecoder().decode(body).includes('invalid_token')),
  },
  login: {
    iss: 'https://accounts.google.com',
    scopes: ['openid', 'email', 'profile'],
    jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
    read: readClaims,
  },
  registration: 'https://console.cloud.google.com/apis/credentials',
  machine: [{ grant: 'jwt_bearer', audience: 'https://oauth2.googleapis.com/token' }],
};
