/** A request for a page, or from a program on its way to a token, whichever kind of server it came to. @module */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AppError, isAppError } from '../../core/errors.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import { clientAddress } from './client-address.js';

export interface WebRequest {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  /** Where it came from, for limits; empty where nobody knows. */
  address: string;
  /** A field of the body, a form or JSON; empty where there is none of that name. One that a form has twice is refused. */
  fields(): Promise<(name: string) => string>;
}

/** What a framework adds to a request of node:http. */
export interface FrameworkRequest extends IncomingMessage {
  /** Express: the path below the mount point is `url`, the whole one is here. */
  originalUrl?: string;
  /** What a body parser has read. */
  body?: unknown;
}

const BODY_BYTES_MAX = 16_384;

export function ofNode(request: FrameworkRequest, trustedProxies: readonly string[]): WebRequest {
  return {
    method: request.method ?? 'GET',
    url: new URL(request.originalUrl ?? request.url ?? '/', 'http://here.invalid'),
    headers: request.headers,
    address: clientAddress(request.socket?.remoteAddress, request.headers['x-forwarded-for'], trustedProxies),
    async fields() {
      if (isObject(request.body)) return reader(request.body);
      // A request that is destroyed takes its connection along, and the refusal with it.
      return fieldsOf(
        await readWhole(request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>),
        request.headers['content-type'],
      );
    },
  };
}

/** @param peer the address of the connection, where the server tells it */
export function ofFetch(request: Request, peer: string | undefined, trustedProxies: readonly string[]): WebRequest {
  const headers: IncomingHttpHeaders = Object.fromEntries(request.headers);
  return {
    method: request.method,
    url: new URL(request.url),
    headers,
    address: clientAddress(peer, headers['x-forwarded-for'], trustedProxies),
    async fields() {
      const fix = 'Pass the request to Fairlead before anything reads request.body.';
      if (request.bodyUsed) throw new AppError('body_already_parsed', { fix });
      return fieldsOf(await readWhole(request.body ?? []), headers['content-type']);
    },
  };
}

/** @throws AppError `body_too_large`, `cancelled` where the sender went away in the middle */
async function readWhole(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of body) {
      bytes += part.byteLength;
      if (bytes > BODY_BYTES_MAX) throw new AppError('body_too_large', { limitBytes: BODY_BYTES_MAX });
      parts.push(part);
    }
  } catch (error) {
    throw isAppError(error) ? error : new AppError('cancelled', { operation: 'reading the body' }, { cause: error });
  }
  return Buffer.concat(parts);
}

function fieldsOf(body: Uint8Array, type = ''): (name: string) => string {
  if (/^application\/json/i.test(type)) return reader(parseJsonObject(body) ?? {});
  const form = new URLSearchParams(new TextDecoder().decode(body));
  // Nobody can say which one was meant (RFC 6749, section 3.2).
  const twice = [...new Set(form.keys())].find((name) => form.getAll(name).length > 1);
  if (twice !== undefined) {
    throw new AppError('invalid_argument', { argument: twice.slice(0, 100), problem: 'it is given more than once' });
  }
  return reader(Object.fromEntries(form));
}

function reader(fields: Readonly<Record<string, unknown>>): (name: string) => string {
  return (name) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return typeof value === 'string' ? value : '';
  };
}
