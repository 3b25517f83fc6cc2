/**
 * Signing in, inside a server of the user's own: the pages for three kinds of server, and guards for what stands behind
 * them. All of it is loaded with the first request that needs it.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { Role } from '../../core/people.js';
import type { Gateway } from '../../operations/index.js';
import { peerOf } from './client-address.js';
import { send } from './connect-page.js';
import { isLoginPath } from './login-path.js';
import type { FrameworkRequest } from './web-request.js';
import type { LoginPerson, Refusal } from './signed-in-person.js';

export interface GuardOptions {
  /** One of these roles of Fairlead is needed. Default: whoever is signed in. */
  roles?: readonly Role[];
}

/** What of a Hono context is used. */
export interface HonoContext {
  req: { raw: Request };
  /** Of `@hono/node-server`: the connection. */
  env?: unknown;
  set(name: string, value: unknown): void;
}

type Next = (error?: unknown) => void;
type NodeHandler = (request: FrameworkRequest, response: ServerResponse, next?: Next) => void;
type HonoHandler = (context: HonoContext, next: () => Promise<void>) => Promise<Response | void>;

/** Mount it at the root: the paths are `/login`, `/login/...` and `/.well-known/jwks.json`. */
export interface LoginMount {
  /** A node:http request listener; calls `next`, if there is one, for other paths. */
  node: NodeHandler;
  /** The same as Express middleware. */
  express: NodeHandler;
  /** Hono middleware. */
  hono: HonoHandler;
  /** For servers on the Fetch standard. `peer`: the address of the connection, for limits. */
  fetch(request: Request, peer?: string): Promise<Response>;
  /** Who is signed in: by the cookie, or by an access token as bearer. `undefined` for nobody. */
  person(request: Request | Pick<FrameworkRequest, 'headers'>): Promise<LoginPerson | undefined>;
  /**
   * Express middleware: `request.person` for who is signed in; a browser of nobody is sent to `/login`, others get 401.
   * What would change something and comes by cookie from a page of another site gets 403.
   */
  guard(options?: GuardOptions): (request: FrameworkRequest, response: ServerResponse, next: Next) => void;
  /** The same for Hono: `context.get('person')`. */
  honoGuard(options?: GuardOptions): HonoHandler;
}

export function loginMount(gateway: Gateway): LoginMount {
  const node: NodeHandler = (request, response, next) => {
    if (!isLoginPath(pathOf(request))) {
      if (next !== undefined) return next();
      return void response.writeHead(404, { 'content-length': 0 }).end();
    }
    import('./login.js').then(
      ({ loginListener }) => loginListener(gateway)(request, response),
      failing(response, next),
    );
  };
  const fetch: LoginMount['fetch'] = async (request, peer) => {
    if (!isLoginPath(new URL(request.url).pathname)) return new Response(null, { status: 404 });
    const [{ answerLogin }, { ofFetch }] = await Promise.all([import('./login.js'), import('./web-request.js')]);
    return responseOf(await answerLogin(gateway, ofFetch(request, peer, gateway.trustedProxies)));
  };
  const check = async (headers: Headers | FrameworkRequest['headers'], at: At, options: GuardOptions | undefined) =>
    (await import('./signed-in-person.js')).guarded(gateway, { headers: plainHeaders(headers), ...at }, options?.roles);
  return {
    node,
    express: node,
    fetch,
    hono: async (context, next) => {
      if (!isLoginPath(new URL(context.req.raw.url).pathname)) return await next();
      return await fetch(context.req.raw, peerOf(context.env));
    },
    person: async ({ headers }) =>
      await (await import('./signed-in-person.js')).personOf(gateway, { headers: plainHeaders(headers) }),
    guard: (options) => (request, response, next) => {
      const at = { method: request.method ?? 'GET', path: request.originalUrl ?? request.url ?? '/' };
      const go = (found: Awaited<ReturnType<typeof check>>): void => {
        if ('refusal' in found) return send(response, found.refusal);
        Object.assign(request, { person: found.person });
        next();
      };
      check(request.headers, at, options).then(go, failing(response, next));
    },
    honoGuard: (options) => async (context, next) => {
      const { method, url, headers } = context.req.raw;
      const { pathname, search } = new URL(url);
      const found = await check(headers, { method, path: pathname + search }, options);
      if ('refusal' in found) return responseOf(found.refusal);
      context.set('person', found.person);
      return await next();
    },
  };
}

interface At {
  method: string;
  path: string;
}

const pathOf = ({ originalUrl, url }: FrameworkRequest): string | undefined => (originalUrl ?? url)?.split('?', 1)[0];

function plainHeaders(headers: Headers | FrameworkRequest['headers']): FrameworkRequest['headers'] {
  return headers instanceof Headers ? Object.fromEntries(headers) : headers;
}

function failing(response: ServerResponse, next: Next | undefined): (cause: unknown) => void {
  return (cause) => (next === undefined ? void response.destroy() : next(cause));
}

function responseOf({ status, headers, body, cookies = [] }: Refusal): Response {
  const answer = new Response(body, { status, headers });
  for (const line of cookies) answer.headers.append('set-cookie', line);
  return answer;
}
