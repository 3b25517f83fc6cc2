/** Posting by a secret URL, which answers in plain words. @module */
import { isObject } from '../../core/json.js';
import { textReply, type SandboxReply } from '../kit/index.js';
import type { SlackCall } from './answers.js';
import { contentOf } from './fields.js';

const WEBHOOK_FIELDS = new Set(['text', 'blocks', 'attachments']);

export function incomingWebhook({ request, value, state, nowMs }: SlackCall): SandboxReply {
  if (request.path !== state.webhookPath) return textReply(404, 'no_service');
  if (request.method !== 'POST') return textReply(405, 'method_not_allowed');
  if (!isObject(value) || Object.keys(value).some((name) => !WEBHOOK_FIELDS.has(name))) {
    return textReply(400, 'invalid_payload');
  }
  const content = contentOf(value);
  if (typeof content === 'string') return textReply(400, content);
  state.messages.add({ channel: 'C00GENERAL', via: 'webhook', ...content }, nowMs);
  return textReply(200, 'ok');
}
