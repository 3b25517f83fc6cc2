/** What an official SDK sends to the proxy: whose API, who asks, and what of it may be passed on. @module */
import type { IncomingMessage } from 'node:http';
import type { ConnectorDefinition } from '../../core/connector.js';
import { AppError } from '../../core/errors.js';
import { RAW_METHODS, type RawRequest } from '../../core/raw-request.js';

/** A longer body is passed on in pieces, and sent once. */
export const KEPT_BODY_BYTES_MAX = 8 * 1024 * 1024;
const STREAMED_BODY_BYTES_MAX = 1024 * 1024 * 1024;

export interface ProxyTarget {
  provider: string;
  /** A connection that is insisted on. */
  connection?: string;
  /** Path and query as the provider knows them. */
  url: string;
  from: NonNullable<RawRequest['from']>;
  /** What stands before `url` in addresses of ours. */
  prefix: string;
}

/**
 * `/proxy/github/user`, `/proxy/github@con_01/user`. Behind a port of its own the provider is known and the path is the
 * provider's.
 */
export function proxyTarget(url: string, own?: string): ProxyTarget | undefined {
  if (own !== undefined) return { provider: own, url, from: 'host', prefix: '' };
  const match = /^\/proxy\/([a-z][a-z0-9_-]{0,63})(?:@([A-Za-z0-9_:.-]{1,200}))?([/?].*)?$/.exec(url);
  if (match === null) return undefined;
  const [, provider = '', connection, rest = '/'] = match;
  const at = connection === undefined ? provider : `${provider}@${connection}`;
  const path = rest.startsWith('?') ? `/${rest}` : rest;
  return { provider, url: path, from: 'base', prefix: `/proxy/${at}`, ...(connection !== undefined && { connection }) };
}

/**
 * The credential of Fairlead, wherever the SDK puts its token: as a bearer or `token`, as user or password of Basic, bare,
 * or in the header of the provider.
 */
export function presentedCredential(request: IncomingMessage, connector: ConnectorDefinition): string | undefined {
  const own = connector.envAliases.find(({ header }) => header !== undefined)?.header;
  const given = request.headers.authorization ?? (own === undefined ? undefined : request.headers[own]);
  if (typeof given !== 'string') return undefined;
  const basic = /^Basic ([A-Za-z0-9+/=_-]{1,2048})$/i.exec(given)?.[1];
  const token = basic === undefined ? /^(?:(?:Bearer|token) )?(\S+)$/i.exec(given)?.[1] : basicToken(basic);
  return token === undefined ? undefined : `Bearer ${token}`;
}

function basicToken(encoded: string): string | undefined {
  const [user = '', ...rest] = Buffer.from(encoded, 'base64').toString('latin1').split(':');
  return [rest.join(':'), user].find((text) => text !== '');
}

const PASSED_ON =
  /^(?:accept|accept-language|content-type|content-encoding|content-range|content-disposition|if-match|if-none-match|if-modified-since|if-unmodified-since|if-range|range|prefer|cache-control)$/;

/** By allow-list: what speaks of content, and what the connector names as the provider's own. */
export function passedOnHeaders(request: IncomingMessage, { raw }: ConnectorDefinition): Record<string, string> {
  const own = new Set(raw?.headers);
  const given = Object.entries(request.headers).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && (PASSED_ON.test(entry[0]) || own.has(entry[0])),
  );
  return Object.fromEntries(given);
}

/** @throws AppError `invalid_argument` */
export function methodOf({ method = '' }: IncomingMessage): RawRequest['method'] {
  const known = RAW_METHODS.find((one) => one === method);
  if (known !== undefined) return known;
  throw new AppError('invalid_argument', { argument: 'method', problem: `it is one of ${RAW_METHODS.join(', ')}` });
}

export type ProxyBody = Pick<RawRequest, 'body' | 'stream'>;

/**
 * The whole body where it is short enough to be kept, so that it can be hashed, judged and sent again; else a stream of
 * it.
 *
 * @throws AppError `body_too_large`
 */
export async function bodyOf(request: IncomingMessage): Promise<ProxyBody> {
  const declared = Number(request.headers['content-length'] ?? Number.NaN);
  if (declared > STREAMED_BODY_BYTES_MAX) throw tooLarge();
  const pieces = (request as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const kept: Buffer[] = [];
  let size = 0;
  while (size <= KEPT_BODY_BYTES_MAX) {
    const { done, value } = await pieces.next();
    if (done === true) return size === 0 ? {} : { body: Buffer.concat(kept, size) };
    kept.push(value);
    size += value.byteLength;
  }
  return { stream: { pieces: bounded(kept, pieces), ...(Number.isFinite(declared) && { bytes: declared }) } };
}

async function* bounded(begun: readonly Buffer[], rest: AsyncIterator<Buffer>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for (const piece of begun) {
    size += piece.byteLength;
    yield piece;
  }
  for (;;) {
    const { done, value } = await rest.next();
    if (done === true) return;
    size += value.byteLength;
    if (size > STREAMED_BODY_BYTES_MAX) throw tooLarge();
    yield value;
  }
}

function tooLarge(): AppError {
  return new AppError('body_too_large', { limitBytes: STREAMED_BODY_BYTES_MAX });
}
