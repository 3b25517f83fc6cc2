/**
 * How the simulated GitHub refuses, and how it counts.
 *
 * @source docs.github.com rate-limits-for-the-rest-api, octokit/plugin-throttling.js (the words of a secondary limit),
 * `@octokit/openapi` (basic-error, validation-error)
 * @module
 */
import { jsonReply, type Call, type LimitVerdict, type SandboxReply } from '../kit/index.js';
import type { GithubState } from './state.js';

export type GithubCall = Call<GithubState>;

const DOCS = 'https://docs.github.com/rest';

export function refused(status: number, message: string, headers: Record<string, string> = {}): SandboxReply {
  return jsonReply(status, { message, documentation_url: DOCS, status: String(status) }, headers);
}

export const notFound = (): SandboxReply => refused(404, 'Not Found');

export interface FieldProblem {
  resource: string;
  field: string;
  code: 'missing_field' | 'invalid' | 'already_exists' | 'missing';
}

export function invalid(...errors: FieldProblem[]): SandboxReply {
  return jsonReply(422, { message: 'Validation Failed', errors, documentation_url: DOCS });
}

export function authorize({ tokenState, request, token }: GithubCall): SandboxReply | undefined {
  if (request.headers['user-agent'] === undefined) {
    return refused(
      403,
      'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
    );
  }
  if (tokenState === 'valid' && token !== undefined) return undefined;
  return refused(401, tokenState === 'missing' ? 'Requires authentication' : 'Bad credentials');
}

/** The primary limit says when it is over in `x-ratelimit-reset`; the secondary one in words and `retry-after`. */
export function limited(_call: GithubCall, verdict: LimitVerdict | undefined): SandboxReply {
  if (verdict?.rule === 'core' || verdict?.rule === 'search') {
    return refused(403, 'API rate limit exceeded for user ID 103.');
  }
  const wait: Record<string, string> =
    verdict === undefined ? {} : { 'retry-after': String(Math.ceil(verdict.waitMs / 1000)) };
  return refused(
    verdict === undefined ? 429 : 403,
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    wait,
  );
}

/** What every answer carries. */
export function headers({ requestId, quota, token }: GithubCall): Record<string, string> {
  const primary = quota.find(({ rule }) => rule === 'core' || rule === 'search');
  return {
    'x-github-request-id': requestId.slice(4).toUpperCase(),
    'x-github-media-type': 'github.v3; format=json',
    ...(token?.scopes && { 'x-oauth-scopes': token.scopes.join(', ') }),
    ...(primary && {
      'x-ratelimit-limit': String(primary.limit),
      'x-ratelimit-remaining': String(primary.remaining),
      'x-ratelimit-used': String(primary.limit - primary.remaining),
      'x-ratelimit-reset': String(Math.ceil(primary.resetAtMs / 1000)),
      'x-ratelimit-resource': primary.rule,
    }),
  };
}
