/** How the simulated Notion refuses. @source notion-sdk-js errors.ts; developers.notion.com/reference/request-limits @module */
import { jsonReply, type Call, type LimitVerdict, type SandboxReply } from '../kit/index.js';
import type { NotionState } from './state.js';

export type NotionCall = Call<NotionState>;

export function refused(
  { requestId }: NotionCall,
  status: number,
  code: string,
  message: string,
  headers?: Record<string, string>,
): SandboxReply {
  return jsonReply(status, { object: 'error', status, code, message, request_id: requestId }, headers);
}

export const invalid = (call: NotionCall, message: string): SandboxReply =>
  refused(call, 400, 'validation_error', message);

export const notFound = (call: NotionCall, what: string, id: string): SandboxReply =>
  refused(
    call,
    404,
    'object_not_found',
    `Could not find ${what} with ID: ${id}. Make sure the relevant pages and databases are shared with your integration.`,
  );

export const restricted = (call: NotionCall): SandboxReply =>
  refused(call, 403, 'restricted_resource', 'Insufficient permissions for this endpoint.');

export function authorize(call: NotionCall): SandboxReply | undefined {
  if (call.tokenState !== 'valid') return refused(call, 401, 'unauthorized', 'API token is invalid.');
  if (call.request.headers['notion-version'] === undefined) {
    return refused(call, 400, 'missing_version', 'Notion-Version header failed validation: it should be defined.');
  }
  return undefined;
}

export const answers = {
  notFound: (call: NotionCall) => refused(call, 400, 'invalid_request_url', 'Invalid request URL.'),
  malformed: (call: NotionCall) => refused(call, 400, 'invalid_json', 'Error parsing JSON body.'),
  limited: (call: NotionCall, verdict: LimitVerdict | undefined) =>
    refused(
      call,
      429,
      'rate_limited',
      'You have been rate limited. Please try again in a few minutes.',
      verdict && { 'retry-after': String(Math.max(1, Math.ceil(verdict.waitMs / 1000))) },
    ),
  missingScope: restricted,
};
