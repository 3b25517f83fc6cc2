/** Who is signed in, for an application that stands beside the pages of signing in. @module */
import { isAppError } from '../../core/errors.js';
import { parseJsonObject } from '../../core/json.js';
import type { PersonRow, Role, SessionRow } from '../../core/people.js';
import { safeReturnPath } from '../../core/return-path.js';
import type { Gateway } from '../../operations/index.js';
import { page, type Page } from './connect-page.js';
import { checkSite, signedInBy, type WithHeaders } from './session-cookie.js';

export interface LoginPerson {
  /** Stable; keep this, and never the address, with what is theirs. */
  id: string;
  tenant: string;
  email?: string;
  /** Whoever has authority over the address has said that it is theirs. */
  isVerified: boolean;
  name?: string;
  /** What they may do in Fairlead. */
  role?: Role;
  session: { id: string; signedInAtMs: number; expiresAtMs: number };
}

export type Refusal = Page;

const BEARER = /^Bearer ([\w-]+\.[\w-]*\.[\w-]*)$/i;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** By an access token where there is one, else by the cookie. */
export async function personOf(gateway: Gateway, request: WithHeaders): Promise<LoginPerson | undefined> {
  const { authorization } = request.headers;
  const token = BEARER.exec(authorization ?? '')?.[1];
  // Whoever brings a credential of another kind is not who the cookie says.
  if (token === undefined && authorization !== undefined) return undefined;
  const { sessions } = await gateway.login();
  const found = token === undefined ? await signedInBy(gateway, request) : await sessions.ofAccessToken(token);
  return found && shown(found.person, found.session);
}

/** The person, or what to answer instead. */
export async function guarded(
  gateway: Gateway,
  request: WithHeaders & { method: string; path: string },
  roles: readonly Role[] | undefined,
): Promise<{ person: LoginPerson } | { refusal: Refusal }> {
  const person = await personOf(gateway, request);
  if (person === undefined) return { refusal: nobody(request) };
  try {
    // A token is sent by a program that has it; a cookie by a browser, whoever made it do so.
    if (!SAFE.has(request.method) && request.headers.authorization === undefined) checkSite(gateway, request);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { refusal: refusal(request, 403, 'This came from another site', error.message) };
  }
  if (roles === undefined || (person.role !== undefined && roles.includes(person.role))) return { person };
  const says = `It is for people with the role ${roles.join(' or ')}.`;
  return { refusal: refusal(request, 403, 'This is not for you', says) };
}

function nobody(request: WithHeaders & { method: string; path: string }): Refusal {
  const plain = refusal(request, 401, 'Sign in first', 'Nobody is signed in.');
  if (!SAFE.has(request.method) || !wantsPage(request)) {
    return { ...plain, headers: { ...plain.headers, 'www-authenticate': 'Bearer' } };
  }
  const to = `/login?${new URLSearchParams({ return_to: safeReturnPath(request.path) })}`;
  return { ...plain, status: 303, headers: { ...plain.headers, location: to } };
}

function refusal(request: WithHeaders, status: number, title: string, says: string): Refusal {
  if (wantsPage(request)) return page({ status, title, says: [says] });
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status, headers, body: JSON.stringify({ error: title, says }) };
}

const wantsPage = ({ headers }: WithHeaders): boolean => (headers.accept ?? '').includes('text/html');

function shown({ id, tenant, email, isVerified, role, facts }: PersonRow, session: SessionRow): LoginPerson {
  const name = parseJsonObject(Buffer.from(facts))?.['name'];
  return {
    id,
    tenant,
    isVerified,
    ...(email !== undefined && { email }),
    ...(typeof name === 'string' && { name }),
    ...(role !== undefined && { role }),
    session: { id: session.id, signedInAtMs: session.createdAtMs, expiresAtMs: session.expiresAtMs },
  };
}
