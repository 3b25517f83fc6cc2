/**
 * E-mails: sent, batched, read, rescheduled, cancelled. What becomes of one is decided by its recipient, as with
 * Resend's own test addresses.
 *
 * @source resend-openapi; the addresses of resend.dev from memory
 * @module
 */
import { isObject } from '../../core/json.js';
import { boundedCount, jsonReply, pageAroundId, type Fields, type Routes, type SandboxReply } from '../kit/index.js';
import { invalid, missingField, notFound, refused, type ResendCall } from './answers.js';
import { newUuid, timeText, type ResendEmail, type ResendState } from './state.js';

const FIELDS = new Set(
  'from to subject bcc cc reply_to html text template headers scheduled_at attachments tags topic_id'.split(' '),
);
const BATCH_MAX = 100;
const RECIPIENTS_MAX = 50;
const EMAILS_MAX = 20_000;
const ADDRESS = /^(?:[^<>]*<)?([^\s<>@]+@[^\s<>@]+\.[^\s<>@]+)>?$/;

const SEND = ['sending_access', 'full_access'];
const READ = ['full_access'];

export const emailRoutes: Routes<ResendState> = {
  'POST /emails': { scopes: SEND, run: sendOne },
  'POST /emails/batch': { scopes: SEND, run: sendMany },
  'GET /emails': { scopes: READ, run: listEmails },
  'GET /emails/:id': { scopes: READ, run: withEmail(({ email }) => jsonReply(200, emailShape(email))) },
  'PATCH /emails/:id': { scopes: READ, run: withEmail(reschedule) },
  'POST /emails/:id/cancel': { scopes: READ, run: withEmail(cancel) },
};

function sendOne(call: ResendCall): SandboxReply {
  const problem = problemOf(call, call.fields);
  return problem ?? jsonReply(200, { id: accept(call, call.fields).id });
}

/** All or none. */
function sendMany(call: ResendCall): SandboxReply {
  const { value } = call;
  if (!Array.isArray(value) || value.length === 0) return invalid('The body must be a list of emails.');
  if (value.length > BATCH_MAX) return invalid(`You can send at most ${BATCH_MAX} emails in a batch.`);
  for (const one of value) {
    if (!isObject(one)) return invalid('Every member of the batch must be an email.');
    if (one['attachments'] !== undefined) return invalid('The `attachments` field is not supported in batches.');
    const problem = problemOf(call, one);
    if (problem !== undefined) return problem;
  }
  return jsonReply(200, { data: value.map((one: Fields) => ({ id: accept(call, one).id })) });
}

const listOf = (value: unknown): unknown[] => (value === undefined ? [] : [value].flat());

function problemOf({ state }: ResendCall, email: Fields): SandboxReply | undefined {
  const unknown = Object.keys(email).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return invalid(`Unknown field \`${unknown}\`.`);
  for (const name of ['from', 'to', 'subject']) if (email[name] === undefined) return missingField(name);
  if (email['html'] === undefined && email['text'] === undefined && email['template'] === undefined) {
    return missingField('html` or `text');
  }
  const from = ADDRESS.exec(String(email['from']))?.[1];
  if (from === undefined) return refused(422, 'invalid_from_address', 'Invalid `from` field.');
  for (const name of ['to', 'cc', 'bcc', 'reply_to']) {
    const addresses = listOf(email[name]);
    if (addresses.length > RECIPIENTS_MAX || addresses.some((one) => !ADDRESS.test(String(one)))) {
      return invalid(`Invalid \`${name}\` field. The email address needs to follow the \`email@example.com\` format.`);
    }
  }
  return domainProblem(state, from) ?? attachmentProblem(email['attachments']);
}

function domainProblem({ domains }: ResendState, from: string): SandboxReply | undefined {
  const name = from.slice(from.lastIndexOf('@') + 1).toLowerCase();
  const isKnown = name === 'resend.dev' || domains.some((one) => one.isVerified && one.name === name);
  if (isKnown) return undefined;
  return refused(403, 'validation_error', `The ${name} domain is not verified. Please, add and verify your domain.`);
}

function attachmentProblem(attachments: unknown): SandboxReply | undefined {
  for (const one of listOf(attachments)) {
    const { content, path } = isObject(one) ? one : {};
    if ((content === undefined) !== (path === undefined)) continue;
    return refused(422, 'invalid_attachment', 'Attachment must have either a `content` or `path`.');
  }
  return undefined;
}

function accept(call: ResendCall, fields: Fields): ResendEmail {
  const { state, nowMs, random } = call;
  const email: ResendEmail = {
    id: newUuid(random),
    sent: fields,
    to: listOf(fields['to']).map(String),
    createdAtMs: nowMs,
    lastEvent: fields['scheduled_at'] === undefined ? 'sent' : 'scheduled',
  };
  state.emails.set(email.id, email);
  if (state.emails.size > EMAILS_MAX) state.emails.delete(state.emails.keys().next().value!);
  if (email.lastEvent === 'sent') deliver(call, email);
  return email;
}

const BOUNCE = {
  type: 'Permanent',
  subType: 'NoEmail',
  message: 'The recipient has no mailbox.',
  diagnosticCode: ['smtp; 550 5.1.1 user unknown'],
};

function deliver(call: ResendCall, email: ResendEmail): void {
  const happens = (type: string, more: Record<string, unknown> = {}): void => {
    email.lastEvent = type;
    const created_at = new Date(call.nowMs).toISOString();
    call.emit(`email.${type}`, { type: `email.${type}`, created_at, data: { ...eventData(email), ...more } });
  };
  happens('sent');
  const address = ADDRESS.exec(email.to[0] ?? '')?.[1] ?? '';
  const fate = call.trouble ?? /^(bounced|complained|suppressed)@resend\.dev$/.exec(address)?.[1];
  if (fate === 'bounced' || fate === 'bounce') return happens('bounced', { bounce: BOUNCE });
  if (fate === 'suppressed') return happens('suppressed');
  happens('delivered');
  if (fate === 'complained') happens('complained');
}

function eventData({ id, sent, to, createdAtMs }: ResendEmail): Record<string, unknown> {
  const tags = listOf(sent['tags']).filter(isObject);
  return {
    email_id: id,
    created_at: new Date(createdAtMs).toISOString(),
    from: sent['from'],
    to,
    subject: sent['subject'],
    ...(tags.length > 0 && { tags: Object.fromEntries(tags.map(({ name, value }) => [name, value])) }),
  };
}

function emailShape({ id, sent, to, createdAtMs, lastEvent }: ResendEmail): Record<string, unknown> {
  const { html, text } = sent;
  return {
    object: 'email',
    id,
    message_id: `<${id}@resend.example>`,
    to,
    from: sent['from'],
    created_at: timeText(createdAtMs),
    subject: sent['subject'],
    ...(html !== undefined && { html }),
    ...(text !== undefined && { text }),
    bcc: listOf(sent['bcc']),
    cc: listOf(sent['cc']),
    reply_to: listOf(sent['reply_to']),
    last_event: lastEvent,
  };
}

function listEmails({ state, query }: ResendCall): SandboxReply {
  const newest = [...state.emails.values()].reverse();
  const size = boundedCount(query['limit'], { fallback: 20, max: 100 });
  const [after, before] = [query['after'], query['before']].map((id) => (typeof id === 'string' ? id : undefined));
  const page = pageAroundId(newest, { after, before, size });
  if (page === undefined) return invalid('The `after` or `before` parameter is no id of an email.');
  return jsonReply(200, { object: 'list', has_more: page.hasMore, data: page.items.map(emailShape) });
}

function withEmail(run: (call: ResendCall & { email: ResendEmail }) => SandboxReply) {
  return (call: ResendCall): SandboxReply => {
    const email = call.state.emails.get(call.params['id'] ?? '');
    return email === undefined ? notFound('Email') : run({ ...call, email });
  };
}

function reschedule({ email, fields }: ResendCall & { email: ResendEmail }): SandboxReply {
  if (email.lastEvent !== 'scheduled') return invalid('Only scheduled emails can be updated.');
  if (typeof fields['scheduled_at'] !== 'string') return missingField('scheduled_at');
  email.sent = { ...email.sent, scheduled_at: fields['scheduled_at'] };
  return jsonReply(200, { scheduled_at: fields['scheduled_at'] });
}

function cancel({ email }: ResendCall & { email: ResendEmail }): SandboxReply {
  if (email.lastEvent !== 'scheduled') return invalid('Only scheduled emails can be cancelled.');
  email.lastEvent = 'canceled';
  return jsonReply(200, emailShape(email));
}
