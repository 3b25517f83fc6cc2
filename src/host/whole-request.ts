/**
 * An HTTP/1.1 request that arrived in one piece, as nearly every webhook does, read without a stream (ADR 0014).
 *
 * This is no second HTTP parser: it knows one form of a request, in which there is nothing to interpret, and says of
 * everything else that it is not that form. That goes to node:http, with the bytes as they came.
 *
 * @module
 */

export interface WholeRequest {
  method: 'POST';
  /** Path and query, as sent. */
  url: string;
  /** Lower-case names; each occurred once. */
  headers: Record<string, string>;
  body: Buffer;
}

const HEAD_BYTES_MAX = 8 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');

/** Request line and fields of RFC 9112: tokens, visible characters, no folded lines, no blank before a colon. */
const HEAD = /^POST \/[!-~]* HTTP\/1\.1\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)+\r\n$/;
const BODY_LENGTH = /^(?:0|[1-9]\d{0,7})$/;
/** What changes how the body or the connection is to be read. */
const NOT_PLAIN = ['transfer-encoding', 'expect', 'upgrade', 'trailer'];

/** @returns `undefined` for what is not whole, is more than one, or leaves anything to be interpreted. */
export function readWhole(bytes: Buffer): WholeRequest | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0 || headEnd > HEAD_BYTES_MAX) return undefined;
  const bodyAt = headEnd + HEAD_END.length;
  const head = bytes.toString('latin1', 0, bodyAt);
  if (!HEAD.test(head)) return undefined;
  const headers = readFields(head, headEnd);
  if (headers === undefined || !isPlain(headers)) return undefined;
  if (bytes.length !== bodyAt + Number(headers['content-length'])) return undefined;
  const url = head.slice('POST '.length, head.indexOf(' ', 'POST '.length));
  return { method: 'POST', url, headers, body: bytes.subarray(bodyAt) };
}

/** A name that occurs twice, or that every object has already (`constructor`), is not for us. */
function readFields(head: string, end: number): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (let at = head.indexOf('\r\n') + 2, next; at < end; at = next + 2) {
    next = head.indexOf('\r\n', at);
    const colon = head.indexOf(':', at);
    const name = head.slice(at, colon).toLowerCase();
    if (headers[name] !== undefined) return undefined;
    const start = head.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1;
    if (start < next && (isBlank(head.charCodeAt(start)) || isBlank(head.charCodeAt(next - 1)))) return undefined;
    headers[name] = head.slice(start, next);
  }
  return headers;
}

const SPACE = 0x20;
const TAB = 0x09;

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

function isPlain(headers: Record<string, string>): boolean {
  const { host, connection, 'content-length': length } = headers;
  if (host === undefined || host === '' || length === undefined || !BODY_LENGTH.test(length)) return false;
  if (connection !== undefined && connection.toLowerCase() !== 'keep-alive') return false;
  return NOT_PLAIN.every((name) => headers[name] === undefined);
}
