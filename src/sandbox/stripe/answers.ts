/**
 * How the simulated Stripe refuses.
 *
 * @source Stripe's OpenAPI description (api_errors), docs.stripe.com/error-codes, /rate-limits, stripe-node
 * RequestSender.ts (Stripe-Should-Retry)
 * @module
 */
import { jsonReply, type Call, type LimitVerdict, type SandboxReply } from '../kit/index.js';
import type { StripeState } from './state.js';

export type StripeCall = Call<StripeState>;

export interface StripeError {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  payment_intent?: unknown;
  charge?: string;
}

export function errorReply(status: number, error: StripeError, headers: Record<string, string> = {}): SandboxReply {
  const docs =
    error.code === undefined
      ? {}
      : { doc_url: `https://stripe.com/docs/error-codes/${error.code.replaceAll('_', '-')}` };
  return jsonReply(status, { error: { ...error, ...docs } }, headers);
}

export function invalid(message: string, more: { param?: string; code?: string } = {}): SandboxReply {
  return errorReply(400, { type: 'invalid_request_error', message, ...more });
}

export function missing(param: string): SandboxReply {
  return invalid(`Missing required param: ${param}.`, { param, code: 'parameter_missing' });
}

export function noSuch(kind: string, id: unknown, param = 'id'): SandboxReply {
  const message = `No such ${kind.replaceAll('_', ' ').replace('.', ' ')}: '${String(id).slice(0, 100)}'`;
  return errorReply(param === 'id' ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message,
    param,
  });
}

export function authorize({ tokenState }: StripeCall): SandboxReply | undefined {
  if (tokenState === 'valid') return undefined;
  const challenge = { 'www-authenticate': 'Basic realm="Stripe"' };
  const messages = {
    missing: 'You did not provide an API key. You need to provide your API key in the Authorization header.',
    unknown: 'Invalid API Key provided: sk_test_****',
    expired: 'Expired API Key provided: sk_test_****',
  };
  const code = tokenState === 'expired' ? { code: 'api_key_expired' } : {};
  return errorReply(401, { type: 'invalid_request_error', message: messages[tokenState], ...code }, challenge);
}

export const answers = {
  notFound: ({ request }: StripeCall) =>
    errorReply(404, {
      type: 'invalid_request_error',
      message: `Unrecognized request URL (${request.method}: ${request.path}).`,
    }),
  malformed: () => invalid('The request body could not be parsed.'),
  limited(_call: StripeCall, verdict: LimitVerdict | undefined): SandboxReply {
    const error = {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message: 'Request rate limit exceeded.',
    } as const;
    const reason = verdict?.rule === 'endpoint' ? 'endpoint-rate' : 'global-rate';
    return errorReply(429, error, { 'stripe-rate-limited-reason': reason, 'stripe-should-retry': 'true' });
  },
  missingScope: () => missingPermission(),
};

export function missingPermission(): SandboxReply {
  const message = 'The provided key does not have the required permissions for this endpoint.';
  return errorReply(403, { type: 'invalid_request_error', message });
}
