/**
 * One mail as SendGrid takes it: what callers say, and what is sent of it.
 *
 * @source sendgrid-oai (SendMail); https://twilio.com/docs/sendgrid/api-reference/mail-send/errors (1,000 recipients); the
 * 30 MB of a whole mail from memory
 * @module
 */
import { z } from 'zod';
import { base64Bytes, mailAddressOf } from '../../core/mail.js';
import { markAsUuid } from '../../core/mark.js';

/** SendGrid takes 30 MB of a mail, attachments counted after encoding; the rest is for text and headers. */
const ENCODED_CHARACTERS_MAX = 28_000_000;
const TEXT_CHARACTERS_MAX = 1_000_000;
const RECIPIENTS_MAX = 1_000;
const CUSTOM_CHARACTERS_MAX = 9_000;

/** Where a mail carries our mark. It comes back in every event about the mail. */
export const MARK_ARGUMENT = 'fairlead_call';

const mailbox = z
  .string()
  .max(600)
  .refine((text) => mailAddressOf(text) !== undefined, {
    error: 'it is no address: write ada@example.org or Ada Lovelace <ada@example.org>',
  });
const mailboxes = z.array(mailbox).min(1).max(RECIPIENTS_MAX);
const oneLine = z.string().regex(/^\P{Cc}*$/u, 'it has a line break or another control character');

const message = z.strictObject({
  to: mailboxes,
  cc: mailboxes.optional(),
  bcc: mailboxes.optional(),
  subject: oneLine.min(1).max(998).optional().describe('in place of the subject of all'),
  templateData: z.record(z.string(), z.unknown()).optional().describe('for a dynamic template'),
  customArgs: z
    .record(z.string().regex(/^[\w-]{1,100}$/), z.string().max(1_000))
    .refine((args) => !Object.hasOwn(args, MARK_ARGUMENT), { error: `${MARK_ARGUMENT} is Fairlead's own` })
    .refine((args) => JSON.stringify(args).length <= CUSTOM_CHARACTERS_MAX, { error: 'SendGrid takes 10,000 bytes' })
    .optional()
    .describe('come back in webhooks'),
});

const attachment = z.strictObject({
  filename: oneLine.min(1).max(255),
  content: z
    .string()
    .min(4)
    .max(ENCODED_CHARACTERS_MAX)
    .refine((text) => base64Bytes(text) !== undefined, { error: 'it is not base64' })
    .describe('the file in base64'),
  type: oneLine.min(3).max(255).optional().describe('content type'),
  contentId: oneLine.min(1).max(128).optional().describe('for an image inside the HTML: cid:...'),
});

export const mail = z
  .strictObject({
    from: mailbox,
    messages: z.array(message).min(1).max(RECIPIENTS_MAX).describe('each is a mail of its own to its recipients'),
    subject: oneLine.min(1).max(998).optional(),
    text: z.string().min(1).max(TEXT_CHARACTERS_MAX).optional(),
    html: z.string().min(1).max(TEXT_CHARACTERS_MAX).optional(),
    templateId: z
      .string()
      .regex(/^[\w-]{1,64}$/, 'it is no id of a template')
      .optional(),
    replyTo: mailbox.optional(),
    attachments: z.array(attachment).min(1).max(100).optional(),
    categories: z.array(oneLine.min(1).max(255)).min(1).max(10).optional(),
    headers: z.record(z.string().regex(/^[\w-]{1,100}$/, 'it is no name of a header'), oneLine.max(998)).optional(),
    sendAt: z.iso.datetime({ offset: true }).optional().describe('at most 72 hours ahead'),
    unsubscribeGroup: z.int().positive().optional(),
    validateOnly: z.boolean().optional().describe('SendGrid checks the mail and sends nothing'),
  })
  .refine(({ text, html, templateId }) => Boolean(text ?? html ?? templateId), {
    error: 'a mail needs text, html or a template',
    path: ['text'],
  })
  .refine(({ subject, templateId, messages }) => subject ?? templateId ?? messages.every((one) => one.subject), {
    error: 'a mail needs a subject, for all, for each message or by its template',
    path: ['subject'],
  })
  .refine(({ messages }) => recipientsOf(messages) <= RECIPIENTS_MAX, {
    error: `SendGrid takes ${RECIPIENTS_MAX} recipients at once`,
    path: ['messages'],
  })
  .refine(({ attachments = [] }) => encodedCharacters(attachments) <= ENCODED_CHARACTERS_MAX, {
    error: 'the attachments together are larger than SendGrid takes (30 MB, encoded)',
    path: ['attachments'],
  });

export type Mail = z.output<typeof mail>;
type Message = z.output<typeof message>;

function recipientsOf(messages: readonly Message[]): number {
  return messages.reduce((sum, { to, cc = [], bcc = [] }) => sum + to.length + cc.length + bcc.length, 0);
}

function encodedCharacters(attachments: readonly { content: string }[]): number {
  return attachments.reduce((sum, { content }) => sum + content.length, 0);
}

/** As SendGrid writes it. */
export function mailJson(input: Mail, mark: string): Record<string, unknown> {
  const { from, messages, subject, templateId, replyTo, attachments, categories, headers } = input;
  return {
    personalizations: messages.map((one) => personalization(one, mark)),
    from: addressJson(from),
    ...(replyTo && { reply_to: addressJson(replyTo) }),
    ...(subject && { subject }),
    ...contentJson(input),
    ...(templateId && { template_id: templateId }),
    ...(attachments && { attachments: attachments.map(attachmentJson) }),
    ...(categories && { categories: [...new Set(categories)] }),
    ...(headers && { headers }),
    ...(input.sendAt && { send_at: Math.floor(Date.parse(input.sendAt) / 1000) }),
    ...(input.unsubscribeGroup && { asm: { group_id: input.unsubscribeGroup } }),
    ...(input.validateOnly && { mail_settings: { sandbox_mode: { enable: true } } }),
  };
}

function personalization({ to, cc, bcc, subject, templateData, customArgs }: Message, mark: string) {
  return {
    to: to.map(addressJson),
    ...(cc && { cc: cc.map(addressJson) }),
    ...(bcc && { bcc: bcc.map(addressJson) }),
    ...(subject && { subject }),
    ...(templateData && { dynamic_template_data: templateData }),
    custom_args: { ...customArgs, [MARK_ARGUMENT]: markAsUuid(mark) },
  };
}

/** Plain text goes first: SendGrid wants it so. */
function contentJson({ text, html }: Mail) {
  if (text === undefined && html === undefined) return {};
  const content = [
    ...(text === undefined ? [] : [{ type: 'text/plain', value: text }]),
    ...(html === undefined ? [] : [{ type: 'text/html', value: html }]),
  ];
  return { content };
}

function attachmentJson({ filename, content, type, contentId }: z.output<typeof attachment>) {
  return {
    content,
    filename,
    ...(type && { type }),
    ...(contentId && { content_id: contentId, disposition: 'inline' }),
  };
}

function addressJson(mailbox: string): { email: string; name?: string } {
  const open = mailbox.indexOf('<');
  const name =
    open < 0
      ? ''
      : mailbox
          .slice(0, open)
          .trim()
          .replace(/^"(.*)"$/, '$1');
  return { email: addressOf(mailbox), ...(name !== '' && { name }) };
}

/** The address alone, for targets and restrictions. */
export const addressOf = (mailbox: string): string => mailAddressOf(mailbox) ?? mailbox;
