/** A raw request as rules can judge it: decoded, so that no spelling of a path gets around a rule. Pure. @module */
import { formFields } from '../core/form-fields.js';
import type { ConnectorDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { isObject, parseJson } from '../core/json.js';
import type { RawFacts, RawRequest } from '../core/raw-request.js';

/** A longer body is not looked into; rules then see no fields. */
const FIELDS_BYTES_MAX = 8 * 1024 * 1024;

export type RawConnector = Pick<ConnectorDefinition, 'baseUrl' | 'bases' | 'hosts' | 'anyTarget' | 'raw' | 'actions'>;

/** The address at the real provider. @throws AppError `invalid_argument`, `egress_denied` */
export function realAddress(connector: RawConnector, { url, from = 'base' }: RawRequest): URL {
  if (!url.startsWith('/')) return parsed(url);
  if (url.startsWith('//') || url.startsWith('/\\')) throw invalid('url', 'it begins with two slashes');
  const base = connector.raw?.base?.(pathOf(url));
  const baseText = (base === undefined ? undefined : connector.bases?.[base]) ?? connector.baseUrl;
  if (baseText === '') throw invalid('url', 'give the whole address');
  const own = new URL(baseText);
  const atHost = from === 'host' || isBelow(pathOf(url), own.pathname);
  const target = parsed(atHost ? own.origin + url : baseText + url);
  // Dot segments: a path may not lead out of where it claims to be.
  if (target.origin !== own.origin || !(atHost ? true : isBelow(target.pathname, own.pathname))) {
    throw new AppError('egress_denied', { host: target.host, reason: 'the path leads out of the base URL' });
  }
  return target;
}

/** The same address where the connection finds the provider: an override stands for all hosts of the real one. */
export function addressAt(connector: RawConnector, real: URL, baseUrl: string): string {
  if (baseUrl === connector.baseUrl || connector.anyTarget === true) return real.href;
  const ownPath = new URL(connector.baseUrl).pathname.replace(/\/$/, '');
  const rest = real.pathname + real.search;
  if (ownPath === '' || isBelow(real.pathname, ownPath)) return baseUrl + rest.slice(ownPath.length);
  if (baseUrl.endsWith(ownPath)) return baseUrl.slice(0, -ownPath.length) + rest;
  throw new AppError('egress_denied', { host: real.host, reason: 'the path is not below the base URL' });
}

export function rawFacts(connector: RawConnector, request: RawRequest, real: URL): RawFacts {
  const basePath = connector.baseUrl === '' ? '' : new URL(connector.baseUrl).pathname.replace(/\/$/, '');
  const full = pathOf(real.pathname);
  const path = basePath !== '' && isBelow(full, basePath) ? full.slice(basePath.length) || '/' : full;
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  return { method, path, query: real.searchParams, fields: fieldsOf(request) };
}

/** Decoded, lower case, one slash where several stand, none at the end. @throws AppError `invalid_argument` */
function pathOf(url: string): string {
  const plain = decoded(url.split(/[?#]/, 1)[0]!)
    .toLowerCase()
    .replace(/[/\\]+/g, '/');
  // Whoever decodes before going up lands elsewhere than whoever does it the other way round.
  if (/\/\.\.?(?:\/|$)/.test(plain)) throw invalid('url', 'its path goes up');
  return plain.length > 1 ? plain.replace(/\/$/, '') : plain;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalid('url', 'its path cannot be decoded');
  }
}

function isBelow(path: string, base: string): boolean {
  const folder = base.endsWith('/') ? base : `${base}/`;
  return `${path}/`.startsWith(folder.toLowerCase()) || `${path}/`.startsWith(folder);
}

function parsed(text: string): URL {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text)) throw invalid('url', 'it is no http(s) address');
  const url = new URL(text);
  url.hash = '';
  return url;
}

function fieldsOf({ body, headers = {} }: RawRequest): Readonly<Record<string, unknown>> {
  if (body === undefined || body.byteLength === 0 || body.byteLength > FIELDS_BYTES_MAX) return {};
  const type = headers['content-type'] ?? '';
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return formFields(body);
  const json = parseJson(body);
  return json.ok && isObject(json.value) ? json.value : {};
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}
