/**
 * From what an action wants to say to the exact bytes, still without its secret. Pure: the same action, input and
 * connection give the same request, which is what makes a dry run honest.
 *
 * @module
 */
import type { ActionRequest, ConnectionView, ConnectorDefinition, Idempotency } from '../core/connector.js';
import { AppError } from '../core/errors.js';
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

/**
 * @throws AppError `egress_denied` for a target outside of the connector's hosts, `invalid_argument` for a request
 *   that cannot be written.
 */
export function renderRequest(
  request: ActionRequest,
  connector: Pick<ConnectorDefinition, 'hosts' | 'anyTarget'>,
  view: ConnectionView,
): RenderedRequest {
  const url = targetOf(request, view);
  if (url !== undefined) checkTarget(url, connector, view);
  const { body, contentType } = bodyOf(request);
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': USER_AGENT };
  if (contentType !== undefined) headers['content-type'] = contentType;
  for (const [name, value] of Object.entries(request.headers ?? {})) addHeader(headers, name, value);
  const { method, sign } = request;
  return { method, headers, ...(url && { url }), ...(body && { body }), ...(sign && { sign }) };
}

/** The same request with the key where the provider looks for it. */
export function withKey(rendered: RenderedRequest, idempotency: Idempotency, mark: string): RenderedRequest {
  if (idempotency === 'none') return rendered;
  return { ...rendered, headers: { ...rendered.headers, [idempotency.header.toLowerCase()]: mark } };
}

function targetOf({ url }: ActionRequest, view: ConnectionView): URL | undefined {
  if (view.credential === 'secret_url') return undefined;
  const text = url ?? '';
  const target = parseUrl(text.startsWith('/') ? view.baseUrl + text : text);
  if (target === undefined) throw new AppError('invalid_argument', { argument: 'url', problem: 'it is no address' });
  if (text.startsWith('/') && !isBelow(target, view.baseUrl)) {
    throw new AppError('egress_denied', { host: target.host, reason: 'the path leads out of the base URL' });
  }
  target.hash = '';
  return target;
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
  if (url.protocol === 'https:' && findListed(url, connector.hosts) !== undefined) return true;
  return view.baseUrl !== '' && parseUrl(view.baseUrl)?.origin === url.origin;
}

function isBelow(target: URL, baseUrl: string): boolean {
  const base = parseUrl(baseUrl);
  if (base === undefined || base.origin !== target.origin) return false;
  const path = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
  return `${target.pathname}/`.startsWith(path);
}

function bodyOf({ json, form, bytes }: ActionRequest): { body?: Uint8Array; contentType?: string } {
  if (bytes !== undefined) return { body: bytes.body, contentType: bytes.contentType };
  if (form !== undefined) {
    const text = new URLSearchParams(form).toString();
    return { body: Buffer.from(text), contentType: 'application/x-www-form-urlencoded' };
  }
  if (json === undefined) return {};
  return { body: Buffer.from(JSON.stringify(json)), contentType: 'application/json; charset=utf-8' };
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
  return URL.canParse(text) ? new URL(text) : undefined;
}
