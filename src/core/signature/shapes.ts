/**
 * The two shapes of row that most providers share, so that a connector says only what is its own.
 *
 * @module
 */
import type { SchemeRow, SignaturePlace } from './row.js';

/** The axes in which HMAC schemes differ. */
export interface HmacAxes extends Omit<SchemeRow, 'algorithm' | 'key' | 'signature' | 'signs'> {
  /** Header with the signature, lower-case. */
  readonly header: string;
  /** Default `sha256`. */
  readonly hash?: 'sha256' | 'sha1';
  /** Default `hex`. */
  readonly encoding?: 'hex' | 'base64';
  readonly prefix?: string;
  readonly list?: SignaturePlace['list'];
  /** Default `{body}`: no protection against replay. */
  readonly signs?: string;
}

/** HMAC under the secret as text. */
export function hmacRow(axes: HmacAxes): SchemeRow {
  const { header, hash = 'sha256', encoding = 'hex', prefix, list, signs = '{body}', ...rest } = axes;
  return { algorithm: `hmac-${hash}`, key: 'text', signature: { header, encoding, prefix, list }, signs, ...rest };
}

/** Standard Webhooks v1 under the given family of header names: `<family>-id`, `-timestamp`, `-signature`. */
export function standardWebhooks(family: string): SchemeRow {
  const row = hmacRow({
    header: `${family}-signature`,
    encoding: 'base64',
    list: { separator: ' ', assign: ',', key: 'v1' },
    id: { header: `${family}-id` },
    timestamp: { header: `${family}-timestamp`, unit: 's' },
    signs: '{id}.{timestamp}.{body}',
    toleranceSeconds: 300,
  });
  return { ...row, key: 'base64' };
}
