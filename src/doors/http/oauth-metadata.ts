/** What programs find out by themselves: who gives access, and to what. Every address comes from the issuer. @module */
import { GRANT_SCOPES } from '../../core/grant.js';
import {
  RESOURCE_METADATA,
  RESOURCE_PATHS,
  resourceMetadata,
  type ResourceName,
} from '../../core/protected-resource.js';
import { JWKS } from './login-path.js';
import { AUTHORIZE, REVOKE, SERVER_METADATA, TOKEN } from './oauth-path.js';

/** RFC 8414, section 2, with RFC 9207 and client documents. */
export function serverMetadata(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: issuer + AUTHORIZE,
    token_endpoint: issuer + TOKEN,
    revocation_endpoint: issuer + REVOKE,
    jwks_uri: issuer + JWKS,
    scopes_supported: GRANT_SCOPES,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    protected_resources: Object.values(RESOURCE_PATHS).map((path) => issuer + path),
  };
}

/** The document at a path. Where the issuer has a path of its own, it stands behind the well-known one (RFC 8414, 3.1). */
export function metadataAt(issuer: string, path: string): Record<string, unknown> | undefined {
  const { pathname } = new URL(issuer);
  const own = pathname === '/' ? '' : pathname;
  if (path === SERVER_METADATA || path === SERVER_METADATA + own) return serverMetadata(issuer);
  if (path === RESOURCE_METADATA) return resourceMetadata(issuer, 'mcp');
  const names = Object.keys(RESOURCE_PATHS) as ResourceName[];
  const found = names.find((name) =>
    ['', own].some((before) => path === RESOURCE_METADATA + before + RESOURCE_PATHS[name]),
  );
  return found && resourceMetadata(issuer, found);
}
