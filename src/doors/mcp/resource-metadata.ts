/** What a client that has no credential is told about how to come by one (RFC 9728, RFC 6750). @module */

/** RFC 9728, section 3.1; with the path of the resource behind it as well. */
export const METADATA_PATH = '/.well-known/oauth-protected-resource';
const SCOPES = ['read', 'write', 'operate'];

/** The document about `/mcp` at this origin (RFC 9728, section 2). Keys are made here, so no server is named. */
export function resourceMetadata(origin: string): Record<string, unknown> {
  return {
    resource: `${origin}/mcp`,
    resource_name: 'Fairlead',
    bearer_methods_supported: ['header'],
    scopes_supported: SCOPES,
    resource_documentation: `${origin}/docs/errors/unauthenticated`,
  };
}

/** The WWW-Authenticate header (RFC 9728, section 5.1). A credential that is wrong is told from none (RFC 6750, 3.1). */
export function challenge(origin: string, isWrong: boolean): string {
  const error = isWrong ? 'error="invalid_token", ' : '';
  return `Bearer ${error}resource_metadata="${origin}${METADATA_PATH}/mcp", scope="${SCOPES.join(' ')}"`;
}
