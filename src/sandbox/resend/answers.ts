/**
 * How the simulated Resend refuses.
 *
 * @source https://resend.com/docs/api-reference/errors, /rate-limit
 * @module
 */
import { jsonReply, type Call, type LimitVerdict, type SandboxReply } from '../kit/index.js';
import type { ResendState } from './state.js';

export type ResendCall = Call<ResendState>;

export function refused(status: number, name: string, message: string, headers?: Record<string, string>): SandboxReply {
  return jsonReply(status, { statusCode: status, name, message }, headers);
}

export const invalid = (message: string): SandboxReply => refused(422, 'validation_error', message);
export const missingField = (name: string): SandboxReply =>
  refused(422, 'missing_required_field', `Missing \`${name}\` field.`);
export const notFound = (what: string): SandboxReply => refused(404, 'not_found', `${what} not found`);
export const restricted = (): SandboxReply =>
  refused(401, 'restricted_api_key', 'This API key is restricted to only send emails');

export function authorize({ tokenState }: ResendCall): SandboxReply | undefined {
  if (tokenState === 'missing') return refused(401, 'missing_api_key', 'Missing API Key');
  return tokenState === 'valid' ? undefined : refused(403, 'invalid_api_key', 'API key is invalid');
}

export const answers = {
  notFound: () => refused(404, 'not_found', 'The requested endpoint does not exist'),
  malformed: () => invalid('The request body is not valid JSON.'),
  limited: (_call: ResendCall, verdict: LimitVerdict | undefined) =>
    refused(
      429,
      'rate_limit_exceeded',
      'Too many requests. You can only make 2 requests per second.',
      verdict && { 'retry-after': String(Math.max(1, Math.ceil(verdict.waitMs / 1000))) },
    ),
  missingScope: () => restricted(),
};

/** What is left of the limit of a second. */
export function quotaHeaders({ quota, nowMs }: ResendCall): Record<string, string> {
  const verdict = quota.at(-1);
  if (verdict === undefined) return {};
  return {
    'ratelimit-limit': String(verdict.limit),
    'ratelimit-remaining': String(verdict.remaining),
    'ratelimit-reset': String(Math.max(0, Math.ceil((verdict.resetAtMs - nowMs) / 1000))),
  };
}
