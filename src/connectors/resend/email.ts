/**
 * One e-mail as Resend takes it: what callers say, and what is sent of it.
 *
 * @source resend-openapi (SendEmailRequest, Attachment, EmailTemplateInput, Tag); size: resend.com/docs/dashboard/emails/attachments
 * @module
 */
import { z } from 'zod';
import { base64Bytes, mailAddressOf } from '../../core/mail.js';

/** Resend takes 40 MB of an e-mail, attachments counted after encoding; the rest is for text and headers. */
const ENCODED_CHARACTERS_MAX = 38_000_000;
const TEXT_CHARACTERS_MAX = 1_000_000;
const RECIPIENTS_MAX = 50;

const mailbox = z
  .string()
  .max(600)
  .refine((text) => mailAddressOf(text) !== undefined, {
    error: 'it is no address: write ada@example.org or Ada Lovelace <ada@example.org>',
  });
const mailboxes = z.array(mailbox).min(1).max(RECIPIENTS_MAX);
const oneLine = z.string().regex(/^\P{Cc}*$/u, 'it has a line break or another control character');
const word = z.string().regex(/^[\w-]{1,256}$/, 'only letters, digits, _ and -');

const attachment = z.strictObject({
  filename: oneLine.min(1).max(255),
  content: z
    .string()
    .min(4)
    .max(ENCODED_CHARACTERS_MAX)
    .refine((text) => base64Bytes(text) !== undefined, { error: 'it is not base64' })
    .describe('the file in base64'),
  contentType: oneLine.min(3).max(255).optional().describe('default: by the name of the file'),
  contentId: oneLine.min(1).max(128).optional().describe('for an image inside the HTML: cid:...'),
});

const template = z.strictObject({
  id: z.string().min(1).max(256).describe('id or alias of a published template'),
  variables: z.record(z.string().min(1).max(50), z.union([z.string().max(2_000), z.number()])).optional(),
});

const base = z.strictObject({
  from: mailbox,
  to: mailboxes,
  subject: oneLine.min(1).max(998),
  html: z.string().min(1).max(TEXT_CHARACTERS_MAX).optional(),
  text: z.string().min(1).max(TEXT_CHARACTERS_MAX).optional(),
  template: template.optional(),
  cc: mailboxes.optional(),
  bcc: mailboxes.optional(),
  replyTo: mailboxes.optional(),
  headers: z.record(z.string().regex(/^[\w-]{1,100}$/, 'it is no name of a header'), oneLine.max(998)).optional(),
  tags: z
    .array(z.strictObject({ name: word, value: word }))
    .max(75)
    .optional()
    .describe('come back in webhooks'),
});

type Base = z.output<typeof base>;

const CONTENT = {
  error: 'an e-mail needs html, text or a template, and a template comes without the other two',
  path: ['text'],
};
const hasContent = ({ html, text, template }: Base): boolean =>
  template === undefined ? Boolean(html ?? text) : html === undefined && text === undefined;

export const email = base
  .extend({
    attachments: z.array(attachment).min(1).max(100).optional(),
    scheduledAt: z.iso.datetime({ offset: true }).optional().describe('when to send it'),
  })
  .refine(hasContent, CONTENT)
  .refine(({ attachments = [] }) => encodedCharacters(attachments) <= ENCODED_CHARACTERS_MAX, {
    error: 'the attachments together are larger than Resend takes (40 MB, encoded)',
    path: ['attachments'],
  });

/** In a batch there are no attachments and no times. */
export const batchEmail = base.refine(hasContent, CONTENT);

export type Email = z.output<typeof email>;

function encodedCharacters(attachments: readonly { content: string }[]): number {
  return attachments.reduce((sum, { content }) => sum + content.length, 0);
}

/** As Resend writes it. */
export function emailJson({ replyTo, scheduledAt, attachments, ...rest }: Email): Record<string, unknown> {
  return {
    ...rest,
    ...(replyTo && { reply_to: replyTo }),
    ...(scheduledAt && { scheduled_at: scheduledAt }),
    ...(attachments && { attachments: attachments.map(attachmentJson) }),
  };
}

function attachmentJson({ filename, content, contentType, contentId }: z.output<typeof attachment>) {
  return {
    filename,
    content,
    ...(contentType && { content_type: contentType }),
    ...(contentId && { content_id: contentId }),
  };
}

/** The address alone, for targets and restrictions. */
export const addressOf = (mailbox: string): string => mailAddressOf(mailbox) ?? mailbox;
