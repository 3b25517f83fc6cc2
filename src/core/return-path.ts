/** Where a browser may be sent after a sign-in: a path of ours, or an address that the operator listed. Pure. @module */
import { isLoopbackName } from './host-list.js';

/** An application that may be given a code, and, if that was chosen, a token in the fragment of its address. */
export interface LoginApp {
  /** Compared character by character; on a loopback address, any port (RFC 8252, section 7.3). */
  redirectUri: string;
  /**
   * `true`: it may ask for `#token=` with a token that is good for an exchange alone. `'session'`: the token is the
   * session's. Default: neither.
   */
  fragment?: boolean | 'session';
}

const PATH_CHARACTERS_MAX = 2_000;

/** The path if it is one of this origin, else `/`. Browsers read `//host`, `/\host` and `/<tab>/host` as other hosts. */
export function safeReturnPath(text: string | null | undefined): string {
  if (text === null || text === undefined || text.length > PATH_CHARACTERS_MAX) return '/';
  // oxlint-disable-next-line no-control-regex -- browsers drop them, and what is left may be another address
  if (!/^\/(?![/\\])/.test(text) || /[\\\u0000-\u0020\u007f-\u{10ffff}]/u.test(text)) return '/';
  const here = 'https://here.invalid';
  const url = URL.canParse(text, here) ? new URL(text, here) : undefined;
  const isHere = url?.origin === here && !url.pathname.startsWith('//') && !/%(2f|5c)/i.test(url.pathname.slice(0, 8));
  return isHere ? url.pathname + url.search + url.hash : '/';
}

/** The listed application of an address. */
export function appOf(apps: readonly LoginApp[], redirectUri: string): LoginApp | undefined {
  return apps.find((app) => app.redirectUri === redirectUri || isSameLoopback(app.redirectUri, redirectUri));
}

function isSameLoopback(listed: string, given: string): boolean {
  if (!URL.canParse(listed) || !URL.canParse(given)) return false;
  const [one, two] = [new URL(listed), new URL(given)];
  const isLoopback = one.protocol === 'http:' && /^(127\.0\.0\.1|\[::1\])$/.test(one.hostname);
  return (
    isLoopback &&
    given === `${two.origin}${two.pathname}` &&
    two.hostname === one.hostname &&
    two.protocol === 'http:' &&
    two.pathname === one.pathname &&
    one.search === ''
  );
}

/** Why an address cannot be listed; `undefined` when it can. Custom schemes are reversed domains (RFC 8252, 7.1). */
export function problemOfRedirect(text: string): string | undefined {
  if (!URL.canParse(text)) return 'it is no address';
  const url = new URL(text);
  if (url.hash !== '' || text.includes('#')) return 'it has a fragment';
  if (url.username !== '' || url.password !== '') return 'it holds a name';
  // Parsers take more, and a list of hosts (a policy of a page, for one) would be read differently for it.
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  if (isWeb && !/^([\w.-]+|\[[\da-f:.]+\])$/.test(url.hostname)) return 'its host holds characters that no host has';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:') return isLoopbackName(url.hostname) ? undefined : 'http is for this machine alone';
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol)
    ? undefined
    : 'its scheme is no reversed domain like com.example.app';
}
