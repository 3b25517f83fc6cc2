/** Where programs ask for access. Alone, so that a listener can know it without loading what is there. @module */
import { RESOURCE_METADATA } from '../../core/protected-resource.js';

export const AUTHORIZE = '/oauth/authorize';
export const CONSENT = '/oauth/consent';
export const TOKEN = '/oauth/token';
export const REVOKE = '/oauth/revoke';
export const OWN_GRANTS = '/oauth/grants';
/** RFC 8414, section 3. */
export const SERVER_METADATA = '/.well-known/oauth-authorization-server';

const EXACT: ReadonlySet<string> = new Set([AUTHORIZE, CONSENT, TOKEN, REVOKE, OWN_GRANTS]);

/** Whether a path is one of these. */
export function isOAuthPath(path: string | undefined): boolean {
  if (path === undefined) return false;
  return EXACT.has(path) || [SERVER_METADATA, RESOURCE_METADATA].some((one) => isAtOrBelow(path, one));
}

const isAtOrBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** Whether a path is a resource that tokens of programs are for. */
export function isResourcePath(path: string | undefined): boolean {
  return path === '/mcp' || path?.startsWith('/v1/') === true;
}
