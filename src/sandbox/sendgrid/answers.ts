/**
 * How the simulated SendGrid refuses.
 *
 * @source sendgrid-oai (ErrorResponse); twilio.com/docs/sendgrid (rate-limits)
 * @module
 */
import { jsonReply, type Call, type LimitVerdict, type SandboxReply } from '../kit/index.js';
import type { SendgridState } from './state.js';

export type SendgridCall = Call<SendgridState>;

export function refused(status: number, message: string, field?: string): SandboxReply {
  return jsonReply(status, { errors: [{ message, ...(field !== undefined && { field }) }] });
}

export const invalid = (message: string, field: string): SandboxReply => refused(400, message, field);
export const notFound = (): SandboxReply => refused(404, 'not found');

export function authorize({ tokenState }: SendgridCall): SandboxReply | undefined {
  if (tokenState === 'valid') return undefined;
  return refused(401, 'The provided authorization grant is invalid, expired, or revoked');
}

export const answers = {
  notFound,
  malformed: () => refused(400, 'Bad Request'),
  limited: (_call: SendgridCall, verdict: LimitVerdict | undefined): SandboxReply => ({
    ...jsonReply(429, { errors: [{ field: null, message: 'too many requests' }] }),
    headers: { 'content-type': 'application/json', ...(verdict && quotaHeaders([verdict])) },
  }),
  missingScope: () => refused(403, 'access forbidden'),
};

/** What is left of the limit that the request drew from. */
export function quotaHeaders(quota: readonly LimitVerdict[]): Record<string, string> {
  const verdict = quota.at(-1);
  if (verdict === undefined) return {};
  return {
    'x-ratelimit-limit': String(verdict.limit),
    'x-ratelimit-remaining': String(verdict.remaining),
    'x-ratelimit-reset': String(Math.ceil(verdict.resetAtMs / 1000)),
  };
}
