/**
 * From what an action wants to say to the exact bytes, still without its secret. Pure: the same action, input and
 * connection give the same request, which is what makes a dry run honest.
 *
 * @module
 */
import type { ActionRequest, ConnectionView, ConnectorDefinition, Idempotency } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { formText, multipartBody, queryPairs } from '../core/form.js';
import { findListed } from '../core/host-list.js';

/** A request that lacks only its secret. */
export interface RenderedRequest {
  method: ActionRequest['method'];
  /** Absolute; absent while the address is itself the secret. */
  url?: URL;
  /** Lower-case names. */
  headers: Record<string, string>;
  body?: Uint8Array;
  /** To be signed at the moment of sending. */
  sign?: ActionRequest['sign'];
}

const USER_AGENT = 'fairlead';
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What the pipeline or the connection sets itself; an action that sets it would speak with another's voice. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set(
  (
    'authorization cookie proxy-authorization host content-length connection keep-alive te trailer transfer-encoding ' +
    'upgrade proxy-connection expect'
  ).split(' '),
);

/** What of a connector a request is made with. */
export type RequestScene = Pick<ConnectorDefinition, 'hosts' | 'anyTarget' | 'baseUrl' | 'bases' | 'headers'>;

/**
 * @throws AppError `egress_denied` for a target outside of the connector's hosts, `invalid_argument` for a request
 *   that cannot be written.
 */
export function renderRequest(request: ActionRequest, connector: RequestScene, view: ConnectionView): RenderedRequest {
  const url = targetOf(request, connector, view);
  if (url !== undefined) checkTarget(url, connector, view);
  const { body, contentType } = bodyOf(request);
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': USER_AGENT };
  if (contentType !== undefined) addHeader(headers, 'content-type', contentType);
  addHeaders(headers, connector.headers);
  addHeaders(headers, request.headers);
  return { method: request.method, url, headers, body, sign: request.sign };
}

/** The same request with the key where the provider looks for it. */
export function withKey(rendered: RenderedRequest, idempotency: Idempotency, mark: string): RenderedRequest {
  if (idempotency === 'none') return rendered;
  // A key inside the body was put there by the action.
  if (idempotency.header === undefined) return rendered;
  return withHeader(rendered, idempotency.header.toLowerCase(), mark);
}

/**
 * A copy with one header more. Not by spreading: what is added to a spread object gives it a shape of its own in V8, and
 * whoever looks at one has to find out anew where its members are.
 */
export function withHeader({ method, url, headers, body, sign }: RenderedRequest, name: string, value: string) {
  return { method, url, headers: Object.assign({}, headers, { [name]: value }), body, sign } satisfies RenderedRequest;
}

function targetOf(request: ActionRequest, connector: RequestScene, view: ConnectionView): URL | undefined {
  if (view.credential === 'secret_url') return undefined;
  const text = request.url ?? '';
  const base = baseOf(request, connector, view);
  const target = parseUrl(text.startsWith('/') ? base + text : text);
  if (target === undefined) throw new AppError('invalid_argument', { argument: 'url', problem: 'it is no address' });
  if (text.startsWith('/') && !isBelow(target, base)) {
    throw new AppError('egress_denied', { host: target.host, reason: 'the path leads out of the base URL' });
  }
  for (const [name, value] of queryPairs(request.query ?? {})) target.searchParams.append(name, value);
  // Setting it writes the whole address anew.
  if (target.hash !== '' || target.href.endsWith('#')) target.hash = '';
  return target;
}

/** An override of the connection stands for all bases: a simulated provider answers for every host of the real one. */
function baseOf({ base }: ActionRequest, { baseUrl, bases }: RequestScene, view: ConnectionView): string {
  if (base === undefined || view.baseUrl !== baseUrl) return view.baseUrl;
  if (bases !== undefined && Object.hasOwn(bases, base)) return bases[base]!;
  throw new AppError('invalid_argument', { argument: 'base', problem: `the connector has no base "${base}"` });
}

/** @throws AppError `egress_denied` */
export function checkTarget(
  url: URL,
  connector: Pick<ConnectorDefinition, 'hosts' | 'anyTarget'>,
  view: ConnectionView,
): void {
  const refuse = (reason: string): never => {
    throw new AppError('egress_denied', { host: url.host, reason });
  };
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse('only http and https are spoken');
  if (url.username !== '' || url.password !== '') refuse('an address with a user name in it is not used');
  if (connector.anyTarget === true || isOwnHost(url, connector, view)) return;
  refuse('it is not one of the hosts of this connector');
}

/** Whether `url` belongs to the provider: https on one of its hosts, or the base URL the operator set. */
export function isOwnHost(url: URL, connector: Pick<ConnectorDefinition, 'hosts'>, view: ConnectionView): boolean {
  if (view.baseUrl !== '' && baseParts(view.baseUrl)?.origin === url.origin) return true;
  return url.protocol === 'https:' && findListed(url, connector.hosts) !== undefined;
}

function isBelow(target: URL, baseUrl: string): boolean {
  const base = baseParts(baseUrl);
  if (base === undefined || base.origin !== target.origin) return false;
  return `${target.pathname}/`.startsWith(base.path);
}

function bodyOf({ json, form, multipart, bytes }: ActionRequest): { body?: Uint8Array; contentType?: string } {
  if (bytes !== undefined) return { body: bytes.body, contentType: bytes.contentType };
  if (multipart !== undefined) return multipartBody(multipart);
  if (form !== undefined) {
    return { body: Buffer.from(formText(form)), contentType: 'application/x-www-form-urlencoded' };
  }
  if (json === undefined) return {};
  return { body: Buffer.from(JSON.stringify(json)), contentType: 'application/json; charset=utf-8' };
}

function addHeaders(headers: Record<string, string>, given: Readonly<Record<string, string>> | undefined): void {
  if (given === undefined) return;
  for (const [name, value] of Object.entries(given)) addHeader(headers, name, value);
}

function addHeader(headers: Record<string, string>, name: string, value: string): void {
  const lower = name.toLowerCase();
  const refuse = (problem: string): never => {
    throw new AppError('invalid_argument', { argument: `header ${lower.slice(0, 100)}`, problem });
  };
  if (!HEADER_NAME.test(lower)) refuse('it is no header name');
  if (RESERVED_HEADERS.has(lower)) refuse('Fairlead sets this header itself');
  if (!HEADER_VALUE.test(value)) refuse('its value has characters that a header cannot carry');
  headers[lower] = value;
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

const BASES_MAX = 1_000;
const bases = new Map<string, { origin: string; path: string } | undefined>();

/** Origin and path, with a slash at the end, of a base URL. There are as many as connections, and each call asks. */
function baseParts(baseUrl: string): { origin: string; path: string } | undefined {
  if (bases.has(baseUrl)) return bases.get(baseUrl);
  const { origin, pathname } = parseUrl(baseUrl) ?? {};
  const parts =
    origin === undefined || pathname === undefined
      ? undefined
      : { origin, path: pathname.endsWith('/') ? pathname : `${pathname}/` };
  if (bases.size >= BASES_MAX) bases.clear();
  bases.set(baseUrl, parts);
  return parts;
}
