/** Where the pages of connecting an account are. Alone, so that a listener can know it without loading them. @module */

export const CONNECT = /^\/connect\/([a-z][a-z0-9_-]{0,63})$/;
export const CALLBACK = /^\/auth\/([a-z][a-z0-9_-]{0,63})\/callback$/;
export const SETTINGS = '/settings/connections';

/** Whether a path is one of these pages. */
export function isConnectPath(path: string | undefined): boolean {
  return path !== undefined && (path === SETTINGS || CONNECT.test(path) || CALLBACK.test(path));
}
