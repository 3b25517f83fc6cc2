/**
 * What went wrong on the wire, in our words.
 *
 * @module
 */
import type { HttpResult, NetFailure } from '../../core/ports.js';

type Kind = NetFailure['kind'];

const KIND_OF_CODE: Readonly<Record<string, Kind>> = {
  egress_denied: 'denied',
  timeout: 'timeout',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_CLOSED: 'reset',
  UND_ERR_DESTROYED: 'reset',
  UND_ERR_INVALID_ARG: 'malformed',
  UND_ERR_NOT_SUPPORTED: 'malformed',
  UND_ERR_HEADERS_OVERFLOW: 'malformed',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'malformed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'malformed',
  EPROTO: 'tls',
};

/** Certificate verification reports by these, TLS itself by `ERR_TLS_*` and `ERR_SSL_*`; parsers by `HPE_*`. */
const TLS_CODE = /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|HOSTNAME_MISMATCH)/;

/**
 * The kind of a thrown error. `sent` decides the rest: what fails before the request is refused, what fails later is a
 * broken connection.
 */
export function kindOf(error: unknown, sent: NetFailure['sent']): Kind {
  const code = codeOf(error);
  if (TLS_CODE.test(code)) return 'tls';
  if (code.startsWith('HPE_')) return 'malformed';
  return KIND_OF_CODE[code] ?? (sent === 'no' ? 'refused' : 'reset');
}

/** The code of an error, `''` when it has none. Never its message, which may quote what was sent or received. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function failed(kind: Kind, sent: NetFailure['sent'], detail: string): HttpResult {
  return { ok: false, failure: { kind, sent, detail } };
}
