/** Where the pages of signing in are. Alone, so that a listener can know it without loading them. @module */

export const JWKS = '/.well-known/jwks.json';
export const LOGIN_PROVIDER = /^\/login\/(?!token$|logout$|admin$)([a-z][a-z0-9_-]{0,63})(\/callback)?$/;

/** Whether a path is one of these pages. */
export function isLoginPath(path: string | undefined): boolean {
  return path !== undefined && (path === '/login' || path.startsWith('/login/') || path === JWKS);
}
