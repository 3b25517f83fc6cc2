/** Signs a request that asks for it, with the time of the attempt. @module */
import type { ActionRequest } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { signDelivery } from '../core/signature/index.js';

/**
 * The headers that the signature makes.
 *
 * @throws AppError `config_invalid` when the key does not fit the scheme.
 */
export function signedHeaders(
  { row, reference, id }: NonNullable<ActionRequest['sign']>,
  body: Uint8Array,
  secret: string,
  nowMs: number,
): Record<string, string> {
  const signed = signDelivery(row, { body, secret, nowMs, id });
  if (signed.ok) return signed.headers;
  throw new AppError('config_invalid', { where: reference, problem: `it cannot sign: ${signed.reason}` });
}
