/**
 * Sending mail from the account's own mailbox.
 *
 * Gmail recognises no repeat, and gives every message that comes through its API a Message-ID of its own. So a message
 * bears a mark in a header, and a lost answer is looked for in the list of what was sent (never by `q`, which is a
 * search). The look-up takes the permission `gmail.metadata`; without it the outcome stays unknown.
 *
 * @source discovery document gmail v1 (messages.send, .list, .get); the new Message-ID: gauteh/lieer issue 198
 * @module
 */
import { z } from 'zod';
import { defineAction, type ActionRequest } from '../../core/connector.js';
import { parseJsonObject, valueAt } from '../../core/json.js';
import { base64Bytes, mailAddressOf } from '../../core/mail.js';
import { markAsHex, markAsUuid } from '../../core/mark.js';
import { path } from '../../core/path.js';
import { found, next, NOT_FOUND, UNDECIDED, type Verdict } from '../../core/verdict.js';
import { mimeMessage, type Mailbox } from './mime.js';
import { SCOPES } from './scopes.js';

/** A message of Gmail has up to 25 MB, attachments as base64. */
const ATTACHMENT_BYTES_MAX = 18 * 1024 * 1024;
/** A larger message goes up as it is instead of as base64url inside of JSON. */
const JSON_BYTES_MAX = 5 * 1024 * 1024;
const TIMEOUT_MS = 60_000;
const UNITS = 100;
/** The clocks of Google and of this machine may differ. */
const CLOCK_SKEW_MS = 120_000;

const MARK_HEADER = 'X-Fairlead-Call';

const oneLine = /^[^\p{Cc}\u2028\u2029]*$/u;
const address = z
  .string()
  .max(320)
  .refine((text) => mailboxOf(text) !== undefined, 'it is no e-mail address, e.g. Ada <ada@example.com>');
const addresses = z.array(address).max(100);

const attachment = z.strictObject({
  filename: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}/\\]+$/u, 'it is no name of a file'),
  contentType: z
    .string()
    .regex(
      /^(?!multipart\/|message\/)[\w.+-]{1,100}\/[\w.+-]{1,100}$/i,
      'it is no media type of a file, e.g. application/pdf',
    ),
  base64: z.string().refine((text) => base64Bytes(text) !== undefined, 'it is no base64'),
});

const input = z
  .strictObject({
    to: addresses.min(1),
    cc: addresses.optional(),
    bcc: addresses.optional(),
    from: address.optional().describe("one of the account's own addresses; default: its first"),
    replyTo: address.optional(),
    subject: z.string().max(900).regex(oneLine, 'it must be one line'),
    text: z.string().max(1_000_000).optional(),
    html: z.string().max(1_000_000).optional(),
    attachments: z.array(attachment).max(50).optional(),
    reply: z
      .strictObject({
        threadId: z.string().regex(/^[0-9a-f]{1,32}$/, 'it is no id of a thread'),
        messageId: z
          .string()
          .max(900)
          .regex(/^<[\x21-\x3b\x3d\x3f-\x7e]+>$/, 'it is no Message-ID, e.g. <x@example.com>'),
      })
      .optional()
      .describe('the message that this one answers; the subject must be the same'),
  })
  .refine(({ text, html }) => text !== undefined || html !== undefined, {
    error: 'a message needs text or html',
    path: ['text'],
  })
  .refine(({ attachments = [] }) => bytesOf(attachments) <= ATTACHMENT_BYTES_MAX, {
    error: `together they may have ${ATTACHMENT_BYTES_MAX} bytes`,
    path: ['attachments'],
  });
type Mail = z.output<typeof input>;

const output = z.strictObject({ id: z.string(), threadId: z.string() });
type Sent = z.output<typeof output>;

function bytesOf(attachments: readonly z.output<typeof attachment>[]): number {
  return attachments.reduce((sum, { base64 }) => sum + (base64Bytes(base64) ?? 0), 0);
}

/** `Ada <ada@example.com>` in its parts. Only ASCII: what comes after `@` is written in Punycode. */
function mailboxOf(text: string): Mailbox | undefined {
  const email = mailAddressOf(text);
  if (email === undefined || !/^[\x21-\x7e]+$/.test(email)) return undefined;
  const name = text.includes('<')
    ? text
        .slice(0, text.indexOf('<'))
        .trim()
        .replace(/^"(.*)"$/, '$1')
    : '';
  return { email, ...(name !== '' && { name }) };
}

const mailboxes = (list: readonly string[] = []): Mailbox[] => list.map((one) => mailboxOf(one)!);

const ownMailbox = (text: string | undefined): Mailbox | undefined =>
  text === undefined ? undefined : mailboxOf(text);

function messageOf({ to, cc, bcc, from, replyTo, reply, ...content }: Mail, marker: string): Buffer {
  const people = { to: mailboxes(to), cc: mailboxes(cc), bcc: mailboxes(bcc) };
  const headers = {
    ...(reply && { 'In-Reply-To': reply.messageId, References: reply.messageId }),
    [MARK_HEADER]: markAsUuid(marker),
  };
  const message = { ...content, ...people, from: ownMailbox(from), replyTo: ownMailbox(replyTo), headers };
  return mimeMessage(message, markAsHex(marker).slice(0, 40));
}

function sendRequest(mail: Mail, marker: string): ActionRequest {
  const message = messageOf(mail, marker);
  const thread = mail.reply === undefined ? {} : { threadId: mail.reply.threadId };
  if (message.byteLength <= JSON_BYTES_MAX) {
    const json = { raw: message.toString('base64url'), ...thread };
    return { method: 'POST', base: 'mail', url: '/gmail/v1/users/me/messages/send', json };
  }
  return {
    method: 'POST',
    base: 'mail',
    url: '/upload/gmail/v1/users/me/messages/send',
    query: { uploadType: 'multipart' },
    multipart: {
      subtype: 'related',
      parts: [
        { name: 'metadata', text: JSON.stringify(thread), contentType: 'application/json; charset=utf-8' },
        { name: 'message', bytes: message, contentType: 'message/rfc822', filename: 'message.eml' },
      ],
    },
  };
}

/** The newest so many of what was sent, newest first. */
const sentList = (count: number): ActionRequest => ({
  method: 'GET',
  base: 'mail',
  url: '/gmail/v1/users/me/messages',
  query: { labelIds: 'SENT', maxResults: count },
});

const headersOf = (id: string): ActionRequest => ({
  method: 'GET',
  base: 'mail',
  url: path`/gmail/v1/users/me/messages/${id}`,
  query: { format: 'metadata', metadataHeaders: MARK_HEADER },
});

/**
 * A list has ids only, so lists and messages take turns: the first of the newest one, the second of the newest two, ...
 * until a message is older than the call. What is sent meanwhile makes it see one twice, and pass none by.
 */
function readSent(body: Uint8Array, marker: string, step: number, sinceMs: number): Verdict<Sent> {
  const answer = parseJsonObject(body);
  if (answer === undefined) return UNDECIDED;
  if (step % 2 === 1) return readList(answer, (step - 1) / 2);
  const { id, threadId, internalDate } = answer;
  if (bearsMark(answer, marker)) return found({ id, threadId } as Sent);
  const sentAtMs = typeof internalDate === 'string' ? Number(internalDate) : Number.NaN;
  if (Number.isNaN(sentAtMs)) return UNDECIDED;
  return sentAtMs < sinceMs - CLOCK_SKEW_MS ? NOT_FOUND : next(sentList(step / 2 + 1));
}

function readList({ messages = [], nextPageToken }: Record<string, unknown>, index: number): Verdict<never> {
  if (!Array.isArray(messages)) return UNDECIDED;
  const id = valueAt(messages, `${index}.id`);
  if (typeof id === 'string' && /^[0-9a-f]{1,32}$/.test(id)) return next(headersOf(id));
  return messages.length <= index && nextPageToken === undefined ? NOT_FOUND : UNDECIDED;
}

function bearsMark(message: Record<string, unknown>, marker: string): boolean {
  const headers = valueAt(message, 'payload.headers');
  if (!Array.isArray(headers)) return false;
  return headers.some(
    (one: unknown) =>
      String(valueAt(one, 'name')).toLowerCase() === MARK_HEADER.toLowerCase() &&
      valueAt(one, 'value') === markAsUuid(marker),
  );
}

export const sendEmail = defineAction<Mail, Sent>({
  summary: 'Sends an e-mail from the Gmail mailbox of the account',
  effect: 'send',
  endpoint: 'POST /gmail/v1/users/{userId}/messages/send',
  permissions: [SCOPES.sendMail],
  input,
  output,
  target: ({ to }) => ({ type: 'recipient', id: mailAddressOf(to[0] ?? '') ?? 'nobody' }),
  touches: ({ to, cc = [], bcc = [] }) =>
    [...to, ...cc, ...bcc].map((one) => ({ type: 'recipient', id: mailAddressOf(one)! })),
  request: (mail, _connection, marker) => sendRequest(mail, marker),
  parse({ body }) {
    const { id, threadId } = parseJsonObject(body) ?? {};
    return { id, threadId };
  },
  idempotency: 'none',
  reconcile: {
    request: () => sentList(1),
    read: ({ body }, _mail, marker, step, sinceMs) => readSent(body, marker, step, sinceMs),
  },
  settleMs: 30_000,
  settleSource: 'memory: no page says it; a message is in the list of what was sent once it has an id',
  limits: () => [{ bucket: 'mail', cost: UNITS }],
  timeoutMs: TIMEOUT_MS,
});
