/** How the simulated Slack says yes and no: HTTP 200 either way. @module */
import { jsonReply, textReply, type Call, type LimitVerdict, type SandboxReply } from '../kit/index.js';
import type { Messages } from './messages.js';

export interface SlackState {
  messages: Messages;
  /** Path of the Incoming Webhook, whose end is a secret. */
  webhookPath: string;
}

export type SlackCall = Call<SlackState>;

export function accepted(fields: Record<string, unknown>): SandboxReply {
  return jsonReply(200, { ok: true, ...fields });
}

export function refused(error: string, more: Record<string, unknown> = {}): SandboxReply {
  return jsonReply(200, { ok: false, error, ...more });
}

const isApi = ({ request }: SlackCall): boolean => request.path.startsWith('/api/');

export function authorize(call: SlackCall): SandboxReply | undefined {
  if (!isApi(call)) return undefined;
  const words = { missing: 'not_authed', unknown: 'invalid_auth', expired: 'token_expired' } as const;
  return call.tokenState === 'valid' ? undefined : refused(words[call.tokenState]);
}

export const answers = {
  notFound: (call: SlackCall) => (isApi(call) ? refused('unknown_method') : textReply(404, 'no such page')),
  malformed: (call: SlackCall) => (isApi(call) ? refused('invalid_json') : textReply(400, 'invalid_payload')),
  limited(call: SlackCall, verdict: LimitVerdict | undefined): SandboxReply {
    const wait: Record<string, string> =
      verdict === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(verdict.waitMs / 1000))) };
    return isApi(call)
      ? jsonReply(429, { ok: false, error: 'ratelimited' }, wait)
      : textReply(429, 'rate_limited', wait);
  },
  missingScope: (call: SlackCall, scopes: readonly string[]) =>
    refused('missing_scope', { needed: scopes.join(','), provided: (call.token?.scopes ?? []).join(',') }),
};
