/**
 * The private listener answers only requests that were meant for it: not those of a web page that made the browser
 * call this machine (Origin, Sec-Fetch-Site), nor those of a name that was pointed at it (Host; DNS rebinding).
 *
 * @module
 */
import { AppError } from '../../core/errors.js';

export type HeaderReader = (name: string) => string | undefined;

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const SHOWN_CHARACTERS = 100;

/** The names a request may be addressed to: loopback, the address we listen on, the public address, lower-case. */
export function allowedHostNames(addresses: readonly (string | undefined)[]): ReadonlySet<string> {
  const names = addresses.flatMap((address) =>
    address !== undefined && URL.canParse(address) ? [new URL(address).hostname.toLowerCase()] : [],
  );
  return new Set([...LOOPBACK, ...names]);
}

/** As {@link checkOrigin}, for pages that other sites lead browsers to: only the name counts. */
export function checkHost(header: HeaderReader, allowed: ReadonlySet<string>): AppError | undefined {
  const host = header('host');
  return host === undefined || !allowed.has(hostNameOf(`http://${host}`)) ? untrusted('Host', host) : undefined;
}

/** The refusal, or `undefined` when the request may go on. */
export function checkOrigin(header: HeaderReader, allowed: ReadonlySet<string>): AppError | undefined {
  const host = header('host');
  if (host === undefined || !allowed.has(hostNameOf(`http://${host}`))) return untrusted('Host', host);
  const origin = header('origin');
  if (origin !== undefined && !allowed.has(hostNameOf(origin))) return untrusted('Origin', origin);
  const site = header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return untrusted('Sec-Fetch-Site', site);
  return undefined;
}

function hostNameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.toLowerCase() : '';
}

function untrusted(header: string, value: string | undefined): AppError {
  return new AppError('untrusted_origin', { header, value: (value ?? '').slice(0, SHOWN_CHARACTERS) });
}
