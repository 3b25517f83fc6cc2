/** Where the pages of connecting an account are. Alone, so that a listener can know it without loading them. @module */
import { isLoginPath } from './login-path.js';

export const CONNECT = /^\/connect\/([a-z][a-z0-9_-]{0,63})$/;
export const CALLBACK = /^\/auth\/([a-z][a-z0-9_-]{0,63})\/callback$/;
export const SETTINGS = '/settings/connections';

/** Whether a path is one of these pages, or of those of signing in. */
export function isConnectPath(path: string | undefined): boolean {
  return path !== undefined && (isLoginPath(path) || path === SETTINGS || CONNECT.test(path) || CALLBACK.test(path));
}
