/**
 * The cookie of a session, and whose it is. Over https its name binds it to this host alone; what changes something takes
 * a token beside it, which a page of another site cannot know.
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../core/errors.js';
import { isCsrfToken, type Gateway, type SignedIn } from '../../operations/index.js';

export const SESSION = 'fairlead-session';

/** What of a request says whose it is. */
export interface WithHeaders {
  headers: IncomingHttpHeaders;
}

/** Whose session the cookie of a request is. */
export async function signedInBy(
  gateway: Gateway,
  request: WithHeaders,
): Promise<(SignedIn & { cookie: string }) | undefined> {
  const value = cookieOf(gateway, request, SESSION);
  const found = value === undefined ? undefined : await (await gateway.login()).sessions.ofCookie(value);
  return found && { ...found, cookie: value! };
}

/** Whoever posts a form of ours. @throws AppError `untrusted_origin`, `unauthenticated` */
export async function personByForm(gateway: Gateway, request: WithHeaders, csrf: string): Promise<SignedIn> {
  checkSite(gateway, request);
  const found = await signedInBy(gateway, request);
  if (found === undefined || !isCsrfToken(found.cookie, csrf)) {
    throw new AppError('unauthenticated', { problem: 'This needs somebody who is signed in, from a page of ours.' });
  }
  return found;
}

/** What a browser says about the page that a request came from. @throws AppError `untrusted_origin` */
export function checkSite(gateway: Gateway, { headers }: WithHeaders): void {
  const { origin, 'sec-fetch-site': site } = headers;
  const isOurs = origin === undefined || origin === new URL(gateway.address()).origin;
  if (isOurs && (site === undefined || site === 'same-origin' || site === 'none')) return;
  const header = isOurs ? 'Sec-Fetch-Site' : 'Origin';
  throw new AppError('untrusted_origin', { header, value: String(isOurs ? site : origin).slice(0, 100) });
}

/** A line of `set-cookie`. */
export function cookie(gateway: Gateway, name: string, value: string, seconds: number): string {
  const secure = isHttps(gateway) ? '; Secure' : '';
  return `${nameOf(gateway, name)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure}`;
}

export function cookieOf(gateway: Gateway, { headers }: WithHeaders, name: string): string | undefined {
  const full = nameOf(gateway, name);
  const found = (headers.cookie ?? '').split(/;\s*/).filter((pair) => pair.startsWith(`${full}=`));
  // Two of one name were not both set by us.
  return found.length === 1 ? found[0]!.slice(full.length + 1) : undefined;
}

const isHttps = (gateway: Gateway): boolean => gateway.address().startsWith('https:');
/** Browsers refuse the prefix without https. */
const nameOf = (gateway: Gateway, name: string): string => `${isHttps(gateway) ? '__Host-' : ''}${name}`;
