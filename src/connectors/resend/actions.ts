/**
 * What Resend can be asked to do.
 *
 * @source resend-openapi (/emails, /emails/batch, /emails/{email_id}); keys:
 * https://resend.com/docs/dashboard/emails/idempotency-keys (read: 24 hours, 256 characters, single and batch); batches
 * without attachments from memory
 * @module
 */
import { z } from 'zod';
import { defineAction, type Idempotency } from '../../core/connector.js';
import { isObject, parseJson, parseJsonObject } from '../../core/json.js';
import { path } from '../../core/path.js';
import { addressOf, batchEmail, email, emailJson, type Email } from './email.js';

const EMAILS_MAX = 100;
const UPLOAD_TIMEOUT_MS = 120_000;
const DAY_MS = 86_400_000;

const idempotency: Idempotency = {
  header: 'Idempotency-Key',
  keyTtlMs: DAY_MS,
  source: 'https://resend.com/docs/dashboard/emails/idempotency-keys',
};

/** A connection can be restricted to senders. */
const sender = ({ from }: { from: string }) => ({ type: 'sender', id: addressOf(from).toLowerCase() });
const recipient = ({ to }: { to: readonly string[] }) => ({ type: 'recipient', id: addressOf(to[0] ?? '') });

/** Everybody it reaches, for policy. */
const recipients = ({
  to,
  cc = [],
  bcc = [],
}: {
  to: readonly string[];
  cc?: readonly string[] | undefined;
  bcc?: readonly string[] | undefined;
}) => [...to, ...cc, ...bcc].map((one) => ({ type: 'recipient', id: addressOf(one).toLowerCase() }));

const sent = z.strictObject({ id: z.string().min(1) });

export const sendEmail = defineAction<Email, z.output<typeof sent>>({
  summary: 'Sends an e-mail by Resend',
  effect: 'send',
  endpoint: 'POST /emails',
  permissions: ['sending_access'],
  input: email,
  output: sent,
  target: recipient,
  touches: (input) => [sender(input), ...recipients(input)],
  request: (input) => ({ method: 'POST', url: '/emails', json: emailJson(input) }),
  parse: ({ body }) => ({ id: parseJsonObject(body)?.['id'] }),
  idempotency,
  settleMs: 0,
  timeoutMs: UPLOAD_TIMEOUT_MS,
});

const batchInput = z.strictObject({ emails: z.array(batchEmail).min(1).max(EMAILS_MAX) });
const batchOutput = z.strictObject({ ids: z.array(z.string().min(1)).describe('in the order of the e-mails') });

export const sendBatch = defineAction<z.output<typeof batchInput>, z.output<typeof batchOutput>>({
  summary: 'Sends up to a hundred e-mails by Resend at once, all or none',
  effect: 'send',
  endpoint: 'POST /emails/batch',
  permissions: ['sending_access'],
  input: batchInput,
  output: batchOutput,
  target: ({ emails }) => recipient(emails[0] ?? { to: [] }),
  touches: ({ emails }) => emails.flatMap((one) => [sender(one), ...recipients(one)]),
  request: ({ emails }) => ({ method: 'POST', url: '/emails/batch', json: emails.map(emailJson) }),
  parse({ body }, { emails }) {
    const data = parseJsonObject(body)?.['data'];
    // As many ids as e-mails, or nobody can say which id is whose.
    if (!Array.isArray(data) || data.length !== emails.length) return undefined;
    return { ids: data.map((one: unknown) => (isObject(one) ? one['id'] : undefined)) };
  },
  idempotency,
  settleMs: 0,
  timeoutMs: UPLOAD_TIMEOUT_MS,
});

const getInput = z.strictObject({ id: z.string().regex(/^[\w-]{1,64}$/, 'it is no id of an e-mail') });
const getOutput = z.strictObject({
  id: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  cc: z.array(z.string()),
  bcc: z.array(z.string()),
  replyTo: z.array(z.string()),
  subject: z.string(),
  html: z.string().optional(),
  text: z.string().optional(),
  status: z.string().describe('what happened last: sent, delivered, bounced, complained, ...'),
  createdAt: z.string(),
});

export const getEmail = defineAction<z.output<typeof getInput>, z.output<typeof getOutput>>({
  summary: 'Reads an e-mail that Resend has sent, and what became of it',
  effect: 'read',
  endpoint: 'GET /emails/{email_id}',
  permissions: ['full_access'],
  input: getInput,
  output: getOutput,
  target: ({ id }) => ({ type: 'email', id }),
  request: ({ id }) => ({ method: 'GET', url: path`/emails/${id}` }),
  parse: ({ body }) => emailFrom(parseJson(body)),
  idempotency: 'none',
  settleMs: 0,
});

function emailFrom(read: ReturnType<typeof parseJson>): unknown {
  if (!read.ok || !isObject(read.value)) return undefined;
  const { html, text, ...mail } = read.value;
  return {
    id: mail['id'],
    from: mail['from'],
    to: listOf(mail['to']),
    cc: listOf(mail['cc']),
    bcc: listOf(mail['bcc']),
    replyTo: listOf(mail['reply_to']),
    subject: mail['subject'],
    ...(typeof html === 'string' && { html }),
    ...(typeof text === 'string' && { text }),
    status: mail['last_event'],
    createdAt: mail['created_at'],
  };
}

/** Resend writes null for a list without members, and one address as text. */
function listOf(value: unknown): unknown {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
