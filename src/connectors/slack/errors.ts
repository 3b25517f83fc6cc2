/**
 * What Slack's answers mean. The Web API says `{"ok":false,"error":"word"}` inside HTTP 200, an Incoming Webhook says
 * the bare word with 4xx or 5xx.
 *
 * @source slack-api-specs (response examples), docs.slack.dev error lists of chat.postMessage and of Incoming Webhooks;
 * the webhook words are from memory.
 * @module
 */
import type { ProviderFailure } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { failureByStatus } from '../../core/provider-failure.js';
import { retryAfterMs } from '../../core/retry-after.js';

/** In words for a person, by Slack's word. */
const REJECTED: Readonly<Record<string, string>> = {
  action_prohibited: 'an administrator of the workspace does not allow this',
  as_user_not_supported: 'this kind of token cannot post as a person',
  cant_delete_message: 'the app may not delete this message; it may delete only its own',
  cant_update_message: 'the app may not change this message; it may change only its own',
  cannot_reply_to_message: 'this message takes no replies',
  channel_is_archived: 'the channel is archived',
  channel_not_found: 'there is no such channel, or the app cannot see it',
  compliance_exports_prevent_deletion: 'the workspace keeps all messages for its records',
  edit_window_closed: 'the workspace does not allow changes to messages of this age',
  duplicate_channel_not_found: 'there is no such channel, or the app cannot see it',
  invalid_arguments: 'Slack does not understand one of the fields',
  invalid_attachments: 'the attachments are not in the form that Slack takes',
  invalid_blocks: 'the blocks are not in the form that Slack takes',
  invalid_blocks_format: 'the blocks are not in the form that Slack takes',
  invalid_cursor: 'the cursor is not one that Slack gave, or it is too old',
  invalid_payload: 'Slack could not read the message',
  is_archived: 'the channel is archived',
  is_inactive: 'the channel is not active',
  message_limit_exceeded: 'the workspace has reached the number of messages it may send',
  message_not_found: 'there is no such message in this channel',
  messages_tab_disabled: 'the person has closed messages from this app',
  msg_blocks_too_long: 'the blocks are too long',
  msg_too_long: 'the text is longer than Slack takes',
  no_text: 'the message is empty',
  not_in_channel: 'the app is not in this channel; invite it there',
  posting_to_general_channel_denied: 'an administrator allows only some people to post there',
  restricted_action: 'an administrator of the workspace does not allow this',
  restricted_action_non_threadable_channel: 'this channel takes no threads',
  restricted_action_read_only_channel: 'this channel can only be read',
  restricted_action_thread_only_channel: 'this channel takes replies only',
  thread_not_found: 'there is no such message to reply to',
  too_many_attachments: 'there are more attachments than Slack takes',
  user_not_found: 'there is no such person',
  user_not_visible: 'the app cannot see this person',
  users_not_found: 'there is no such person',
};

const CREDENTIAL: Readonly<Record<string, string>> = {
  access_denied: 'the token may not do this',
  account_inactive: 'the account behind the token was closed',
  invalid_auth: 'the token is not valid',
  invalid_token: 'the webhook address is not valid any more',
  missing_scope: 'the token lacks a permission',
  no_active_hooks: 'the webhook was switched off',
  no_permission: 'the token may not do this',
  no_service: 'the webhook was removed or switched off',
  no_team: 'the workspace is gone',
  not_allowed_token_type: 'this kind of token cannot do this',
  not_authed: 'no token arrived',
  org_login_required: 'the workspace is being moved; sign in again',
  team_access_not_granted: 'the token has no access to this workspace',
  team_disabled: 'the workspace was closed',
  token_expired: 'the token has expired',
  token_revoked: 'the token was revoked',
};

const PASSING: Readonly<Record<string, string>> = {
  fatal_error: 'Slack had an internal failure',
  internal_error: 'Slack had an internal failure',
  rollup_error: 'Slack had an internal failure',
  request_timeout: 'Slack did not get the whole request in time',
  service_unavailable: 'Slack is not available right now',
  team_added_to_org: 'the workspace is being moved',
};

/** Words for "slow down"; the second is in the 2021 description. */
const LIMITS: ReadonlySet<string> = new Set(['ratelimited', 'rate_limited']);

type Meaning = Pick<ProviderFailure, 'code' | 'providerCode' | 'problem' | 'safeToRetry'>;

export function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  const { status, headers } = answer;
  const meaning = meaningOf(answer);
  const requestId = headers['x-slack-req-id'];
  const named = requestId === undefined ? {} : { requestId };
  if (meaning === undefined) return failureByStatus(answer, nowMs, named);
  if (status < 200 || status >= 300) return failureByStatus(answer, nowMs, { ...named, ...meaning });
  const waitMs = retryAfterMs(headers['retry-after'], nowMs);
  return { ...named, ...meaning, ...(waitMs !== undefined && { retryAfterMs: waitMs }) };
}

/** What the body says, if it says that something failed. */
function meaningOf(answer: HttpAnswer): Meaning | undefined {
  const body = parseJsonObject(answer.body);
  if (body !== undefined) return body['ok'] === false ? meaningOfWord(word(body['error']), detailOf(body)) : undefined;
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const text = Buffer.from(answer.body.subarray(0, 200)).toString('utf8').trim();
  return /^[a-z][a-z_]{2,60}$/.test(text) ? meaningOfWord(text, '') : undefined;
}

function meaningOfWord(providerCode: string, detail: string): Meaning {
  const rejected = own(REJECTED, providerCode);
  if (rejected !== undefined) return meaning('provider_rejected', providerCode, rejected + detail);
  const credential = own(CREDENTIAL, providerCode);
  if (credential !== undefined) return meaning('provider_auth', providerCode, credential + detail);
  const passing = own(PASSING, providerCode);
  if (passing !== undefined) return meaning('provider_unavailable', providerCode, passing);
  if (LIMITS.has(providerCode))
    return { ...meaning('rate_limited', providerCode, 'too many messages'), safeToRetry: true };
  return meaning('provider_rejected', providerCode, `Slack says "${providerCode.replaceAll('_', ' ')}"${detail}`);
}

function meaning(code: ProviderFailure['code'], providerCode: string, problem: string): Meaning {
  return { code, providerCode, problem, safeToRetry: false };
}

/** Which permission is missing, or what Slack objects to. */
function detailOf(body: Record<string, unknown>): string {
  const needed = body['needed'];
  if (typeof needed === 'string') return ` (${needed.slice(0, 100)})`;
  const metadata = body['response_metadata'];
  const messages = isObject(metadata) ? metadata['messages'] : undefined;
  const first: unknown = Array.isArray(messages) ? messages[0] : undefined;
  return typeof first === 'string' ? ` (${first.slice(0, 200)})` : '';
}

function word(value: unknown): string {
  return typeof value === 'string' && /^[\w.-]{1,80}$/.test(value) ? value : 'unknown_error';
}

function own(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
