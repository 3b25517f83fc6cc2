/**
 * Mail: taken, judged, and what becomes of it. The recipient decides: `bounce@`, `spam@` and addresses that are
 * suppressed already are not delivered, everything else is.
 *
 * @source sendgrid-oai (SendMail); twilio.com/docs/sendgrid/api-reference/mail-send/errors; event webhook reference
 * @module
 */
import { isObject } from '../../core/json.js';
import { emptyReply, jsonReply, randomText, type Fields, type Routes, type SandboxReply } from '../kit/index.js';
import { invalid, refused, type SendgridCall } from './answers.js';
import { count } from './statistics.js';
import type { SendgridState, SentMessage, Suppressed } from './state.js';

const FIELDS = new Set(
  'personalizations from reply_to reply_to_list subject content attachments template_id headers categories custom_args send_at batch_id asm ip_pool_name mail_settings tracking_settings'.split(
    ' ',
  ),
);
const RECIPIENTS_MAX = 1_000;
const MESSAGES_MAX = 50_000;
const ADDRESS = /^[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+$/;

export const mailRoutes: Routes<SendgridState> = {
  'POST /v3/mail/send': { scopes: ['mail.send'], run: send },
  'GET /v3/messages': { scopes: ['messages.read'], run: search },
};

const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isObject) : []);
const emailOf = (value: unknown): string => (isObject(value) ? String(value['email'] ?? '') : '');

function send(call: SendgridCall): SandboxReply {
  const { fields } = call;
  const problem = problemOf(fields);
  if (problem !== undefined) return problem;
  const settings = isObject(fields['mail_settings']) ? fields['mail_settings'] : {};
  if (isObject(settings['sandbox_mode']) && settings['sandbox_mode']['enable'] === true) return emptyReply(200);
  const messageId = randomText(call.random, 22);
  for (const one of listOf(fields['personalizations'])) accept(call, one, messageId);
  return emptyReply(202, { 'x-message-id': messageId });
}

function problemOf(fields: Fields): SandboxReply | undefined {
  const unknown = Object.keys(fields).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return invalid(`Additional property ${unknown} is not allowed`, unknown);
  if (!ADDRESS.test(emailOf(fields['from']))) {
    return invalid('The from email does not contain a valid address.', 'from.email');
  }
  const personalizations = listOf(fields['personalizations']);
  if (personalizations.length === 0) return invalid('You must have at least one personalization.', 'personalizations');
  const all = personalizations.flatMap((one) => ['to', 'cc', 'bcc'].flatMap((name) => listOf(one[name]).map(emailOf)));
  if (all.length > RECIPIENTS_MAX) {
    return invalid('There is a limit of 1000 total recipients (to + cc + bcc) per request.', 'personalizations');
  }
  const bad = personalizations.findIndex((one) => listOf(one['to']).length === 0);
  if (bad >= 0)
    return invalid('The to array is required for all personalization objects.', `personalizations.${bad}.to`);
  if (all.some((address) => !ADDRESS.test(address))) {
    return invalid('Does not contain a valid address.', 'personalizations.to.email');
  }
  return contentProblem(fields, personalizations);
}

function contentProblem(fields: Fields, personalizations: readonly Fields[]): SandboxReply | undefined {
  const hasTemplate = typeof fields['template_id'] === 'string';
  const content = listOf(fields['content']);
  if (!hasTemplate && content.length === 0) {
    return invalid('Unless a valid template_id is provided, the content parameter is required.', 'content');
  }
  const first = content.findIndex(({ type }) => type === 'text/plain');
  if (first > 0) return invalid('If present, text/plain must be first, followed by text/html.', 'content');
  const hasSubject = fields['subject'] !== undefined || personalizations.every((one) => one['subject'] !== undefined);
  if (!hasTemplate && !hasSubject) return invalid('The subject is required.', 'subject');
  const from = emailOf(fields['from']);
  if (!from.endsWith('@example.com')) {
    return refused(403, 'The from address does not match a verified Sender Identity.', 'from');
  }
  return undefined;
}

function accept(call: SendgridCall, fields: Fields, messageId: string): void {
  const { state, nowMs } = call;
  const message: SentMessage = {
    messageId,
    to: listOf(fields['to']).map(emailOf),
    from: emailOf(call.fields['from']),
    subject: String(fields['subject'] ?? call.fields['subject'] ?? ''),
    customArgs: (isObject(fields['custom_args']) ? fields['custom_args'] : {}) as Record<string, string>,
    categories: Array.isArray(call.fields['categories']) ? call.fields['categories'].map(String) : [],
    status: 'processed',
    atMs: nowMs,
  };
  state.messages.push(message);
  if (state.messages.length > MESSAGES_MAX) state.messages.shift();
  for (const email of message.to) deliver(call, message, email);
}

const KINDS = { bounce: 'bounces', spam: 'spam_reports' } as const;

function deliver(call: SendgridCall, message: SentMessage, email: string): void {
  const { state, nowMs } = call;
  const tell = (event: string, metric: string, more: Record<string, unknown> = {}): void => {
    count(state, message, metric, nowMs);
    call.emit(event, eventOf(call, message, email, { event, ...more }));
  };
  count(state, message, 'requests', nowMs);
  const known = state.suppressed.find((one) => one.email === email.toLowerCase());
  message.status = 'not_delivered';
  if (known !== undefined) return tell('dropped', 'bounce_drops', { reason: 'Bounced Address', status: '5.0.0' });
  tell('processed', 'processed');
  const trouble = call.trouble ?? /^(bounce|spam)(\+[^@]*)?@/.exec(email)?.[1];
  const kind = trouble === 'bounce' || trouble === 'spam' ? KINDS[trouble] : undefined;
  if (kind === 'bounces') {
    const reason = '550 5.1.1 The email account does not exist.';
    suppress(state, { kind, email: email.toLowerCase(), reason, atMs: nowMs });
    return tell('bounce', 'bounces', {
      reason,
      type: 'bounce',
      status: '5.1.1',
      bounce_classification: 'Invalid Address',
    });
  }
  message.status = 'delivered';
  tell('delivered', 'delivered', { response: '250 OK' });
  if (kind === undefined) return;
  suppress(state, { kind, email: email.toLowerCase(), reason: '', atMs: nowMs });
  tell('spamreport', 'spam_reports');
}

function suppress({ suppressed }: SendgridState, one: Suppressed): void {
  if (!suppressed.some(({ kind, email }) => kind === one.kind && email === one.email)) suppressed.push(one);
}

function eventOf({ random, nowMs }: SendgridCall, message: SentMessage, email: string, more: Record<string, unknown>) {
  return {
    ...message.customArgs,
    email,
    timestamp: Math.floor(nowMs / 1000),
    'smtp-id': `<${message.messageId}@sandbox>`,
    category: message.categories,
    sg_event_id: randomText(random, 22),
    sg_message_id: `${message.messageId}.sandbox-0`,
    ...more,
  };
}

/** The feed answers to one kind of question: by a custom argument. */
function search({ state, query }: SendgridCall): SandboxReply {
  const [, name = '', value] = /^\(?unique_args\['([\w-]+)'\]="([^"]*)"\)?$/.exec(String(query['query'] ?? '')) ?? [];
  if (value === undefined) return refused(400, 'invalid query', 'query');
  const found = state.messages.filter(({ customArgs }) => customArgs[name] === value);
  return jsonReply(200, {
    messages: found.slice(0, Number(query['limit'] ?? 10)).map((one) => ({
      from_email: one.from,
      msg_id: `${one.messageId}.sandbox-0`,
      subject: one.subject,
      to_email: one.to[0],
      status: one.status,
      opens_count: 0,
      clicks_count: 0,
      last_event_time: new Date(one.atMs).toISOString(),
    })),
  });
}
