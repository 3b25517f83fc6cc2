/**
 * How the simulated Google refuses. Calendar, Drive and Gmail list reasons; Sheets has a status and details.
 *
 * @source the error form, its reasons and the words of limits: memory
 * @module
 */
import { jsonReply, type Call, type LimitVerdict, type SandboxReply } from '../kit/index.js';
import type { GoogleState } from './state.js';

export type GoogleCall = Call<GoogleState>;

const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  429: 'RESOURCE_EXHAUSTED',
};

const isSheets = ({ request }: GoogleCall): boolean => request.path.startsWith('/v4/');
const isGmail = ({ request }: GoogleCall): boolean => /^(?:\/upload)?\/gmail\//.test(request.path);
const isUserinfo = ({ request }: GoogleCall): boolean => request.path.startsWith('/v1/userinfo');

export interface Refusal {
  code: number;
  /** The word of Calendar, Drive and Gmail. */
  reason: string;
  message: string;
  /** The word in the details of the newer form. */
  detail?: string;
}

export function refused(call: GoogleCall, { code, reason, message, detail }: Refusal): SandboxReply {
  const status = STATUSES[code];
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: detail, domain: 'googleapis.com' };
  const details = detail === undefined ? {} : { details: [info] };
  const errors = [{ domain: 'global', reason, message }];
  if (isSheets(call)) return jsonReply(code, { error: { code, message, status, ...details } });
  return jsonReply(code, { error: { code, message, errors, ...(isGmail(call) && { status }), ...details } });
}

export const notFound = (call: GoogleCall, message = 'Not Found'): SandboxReply =>
  refused(call, { code: 404, reason: 'notFound', message });

export const invalid = (call: GoogleCall, message: string, reason = 'invalid'): SandboxReply =>
  refused(call, { code: 400, reason, message });

export function unauthorized(call: GoogleCall): SandboxReply {
  const message = 'Request had invalid authentication credentials.';
  if (isUserinfo(call)) return jsonReply(401, { error: 'invalid_token', error_description: 'Invalid Credentials' });
  return refused(call, { code: 401, reason: 'authError', message });
}

export function authorize(call: GoogleCall): SandboxReply | undefined {
  return call.tokenState === 'valid' ? undefined : unauthorized(call);
}

export function missingScope(call: GoogleCall): SandboxReply {
  const message = 'Request had insufficient authentication scopes.';
  return refused(call, {
    code: 403,
    reason: 'insufficientPermissions',
    message,
    detail: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
  });
}

export function notEnabled(call: GoogleCall): SandboxReply {
  const message = 'The API has not been used in project 1 before or it is disabled.';
  return refused(call, { code: 403, reason: 'accessNotConfigured', message, detail: 'SERVICE_DISABLED' });
}

/** Gmail says in words until when, Sheets that it is too much; Calendar and Drive refuse. None has a header. */
export function limited(call: GoogleCall, verdict: LimitVerdict | undefined): SandboxReply {
  if (isGmail(call)) {
    const until = verdict === undefined ? '' : `  Retry after ${new Date(call.nowMs + verdict.waitMs).toISOString()}`;
    return refused(call, { code: 429, reason: 'rateLimitExceeded', message: `User-rate limit exceeded.${until}` });
  }
  const message = isSheets(call) ? "Quota exceeded for quota metric 'Read requests'." : 'Rate Limit Exceeded';
  const code = isSheets(call) ? 429 : 403;
  return refused(call, { code, reason: 'userRateLimitExceeded', message, ...(code === 429 && LIMIT_DETAIL) });
}

const LIMIT_DETAIL = { detail: 'RATE_LIMIT_EXCEEDED' };
