/** The HTTP door: what stands behind the listeners, and the operations as REST. @module */
import type { ProxyParts } from './proxy.js';
import type { RestParts } from './rest.js';
import type { NodeListener } from './front.js';
import { isLoginPath } from './login-path.js';
import { isOAuthPath } from './oauth-path.js';

export { grantsOnly, knownCredentials, withGrants, withKeys, withPeople, type Identify } from './credentials.js';
export {
  privateDoor,
  proxyOnlyDoor,
  publicDoor,
  type FrontParts,
  type NodeListener,
  type Readiness,
  type RemoteDoor,
} from './front.js';
export { loginMount, type GuardOptions, type HonoContext, type LoginMount } from './login-mount.js';
export type { LoginPerson } from './signed-in-person.js';
export { isConnectPath } from './connect-path.js';
export { isResourcePath } from './oauth-path.js';
export { allowedHostNames } from './guard.js';

/** The pages of connecting an account and of signing in, and what programs ask for access. */
export async function loadConnectPages(gateway: RestParts['gateway']): Promise<NodeListener> {
  const [{ connectListener }, { loginListener }, { oauthListener }] = await Promise.all([
    import('./connect.js'),
    import('./login.js'),
    import('./oauth.js'),
  ]);
  const [connect, login, oauth] = [connectListener(gateway), loginListener(gateway), oauthListener(gateway)];
  return (request, response) => {
    const path = request.url?.split('?', 1)[0];
    (isOAuthPath(path) ? oauth : isLoginPath(path) ? login : connect)(request, response);
  };
}

/** What of {@link loadRest} loads by itself, a piece a call. */
export const REST_PIECES: readonly (() => Promise<unknown>)[] = [
  () => import('hono'),
  () => import('@hono/node-server'),
];

/** Loads hono, zod and the table, which a process needs only once somebody asks. */
export async function loadRest(parts: RestParts): Promise<NodeListener> {
  const { restListener } = await import('./rest.js');
  return await restListener(parts);
}

/** Loads the proxy for official SDKs, which a process needs only once one of them calls. */
export async function loadProxy(parts: ProxyParts): Promise<NodeListener> {
  const { proxyListener } = await import('./proxy.js');
  return proxyListener(parts);
}
