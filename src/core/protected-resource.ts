/**
 * What programs can be given access to, and what they are told when they come without it (RFC 9728, RFC 6750, 3). Every
 * address is made of the issuer, which the operator set, and never of what a request says. Pure.
 *
 * @module
 */
import { GRANT_SCOPES } from './grant.js';

/** What tokens can be for, below the address of this Fairlead. */
export const RESOURCE_PATHS = { mcp: '/mcp', rest: '/v1' } as const;
export type ResourceName = keyof typeof RESOURCE_PATHS;

/** RFC 9728, section 3. */
export const RESOURCE_METADATA = '/.well-known/oauth-protected-resource';

/** What a program is told to ask for at first; the rest by a second consent, when it needs it. */
export const FIRST_SCOPES = ['read', 'write'] as const;

/** Whom a token is for (RFC 8707). */
export const resourceOf = (issuer: string, name: ResourceName): string => issuer + RESOURCE_PATHS[name];

/** The document about a resource (RFC 9728, section 2). */
export function resourceMetadata(issuer: string, name: ResourceName): Record<string, unknown> {
  return {
    resource: resourceOf(issuer, name),
    resource_name: 'Fairlead',
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    scopes_supported: GRANT_SCOPES,
    resource_documentation: `${issuer}/docs/errors/unauthenticated`,
  };
}

/** A refusal, for a program that could come by another token. */
export interface Challenge {
  /** RFC 6750, 3.1; absent where there was no token. */
  error?: 'invalid_token' | 'insufficient_scope';
  scopes: readonly string[];
}

/** The WWW-Authenticate header (RFC 9728, 5.1). */
export function challengeHeader(issuer: string, name: ResourceName, { error, scopes }: Challenge): string {
  const { origin, pathname } = new URL(issuer);
  const document = origin + RESOURCE_METADATA + (pathname === '/' ? '' : pathname) + RESOURCE_PATHS[name];
  const first = error === undefined ? '' : `error="${error}", `;
  return `Bearer ${first}resource_metadata="${document}", scope="${scopes.join(' ')}"`;
}
