/** Where the pages of connecting an account are. Alone, so that a listener can know it without loading them. @module */
import { isLoginPath } from './login-path.js';
import { isOAuthPath } from './oauth-path.js';

export const CONNECT = /^\/connect\/([a-z][a-z0-9_-]{0,63})$/;
export const CALLBACK = /^\/auth\/([a-z][a-z0-9_-]{0,63})\/callback$/;
export const SETTINGS = '/settings/connections';

/** Whether a path is one of these pages, of those of signing in, or of those where programs ask for access. */
export function isConnectPath(path: string | undefined): boolean {
  if (path === undefined) return false;
  const isOther = isLoginPath(path) || isOAuthPath(path);
  return isOther || path === SETTINGS || CONNECT.test(path) || CALLBACK.test(path);
}
