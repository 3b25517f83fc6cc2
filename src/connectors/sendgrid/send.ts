/**
 * Sending mail.
 *
 * @source sendgrid-oai (SendMail: no key for repeats); X-Message-Id from memory; the Email Activity Feed (`/v3/messages`,
 * an add-on): https://docs.sendgrid.com/api-reference/email-activity/filter-all-messages
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import { markAsUuid } from '../../core/mark.js';
import { found, UNDECIDED } from '../../core/verdict.js';
import { addressOf, mail, mailJson, MARK_ARGUMENT, type Mail } from './mail.js';

const UPLOAD_TIMEOUT_MS = 120_000;

const mailOutput = z.strictObject({
  messageId: z.string().min(1).optional().describe('begins the sg_message_id of events; absent when nothing was sent'),
});

export const sendMail = defineAction<Mail, z.output<typeof mailOutput>>({
  summary: 'Sends mail by SendGrid, to each of up to a thousand recipients',
  effect: 'send',
  endpoint: 'POST /v3/mail/send',
  permissions: ['mail.send'],
  input: mail,
  output: mailOutput,
  target: ({ messages }) => ({ type: 'recipient', id: addressOf(messages[0]?.to[0] ?? '') }),
  touches: ({ from, messages }) => [
    { type: 'sender', id: addressOf(from).toLowerCase() },
    ...messages.flatMap(({ to, cc = [], bcc = [] }) =>
      [...to, ...cc, ...bcc].map((one) => ({ type: 'recipient', id: addressOf(one).toLowerCase() })),
    ),
  ],
  request: (input, _connection, mark) => ({ method: 'POST', url: '/v3/mail/send', json: mailJson(input, mark) }),
  parse({ headers }) {
    const messageId = headers['x-message-id'];
    return { ...(messageId && { messageId }) };
  },
  idempotency: 'none',
  reconcile: {
    isPossible: ({ validateOnly }) => validateOnly !== true,
    request: (_input, mark) => ({
      method: 'GET',
      url: '/v3/messages',
      query: { query: `(unique_args['${MARK_ARGUMENT}']="${markAsUuid(mark)}")`, limit: 10 },
    }),
    read({ body }) {
      const messages = parseJsonObject(body)?.['messages'];
      const ours: unknown = Array.isArray(messages) ? messages[0] : undefined;
      const id = isObject(ours) ? ours['msg_id'] : undefined;
      // The feed is an index that lags, so it can only confirm: a mail that is not there may be on its way.
      if (typeof id !== 'string' || id === '') return UNDECIDED;
      return found({ messageId: id.split('.', 1)[0]! });
    },
  },
  settleMs: 60_000,
  settleSource: 'memory: mail shows in the Email Activity Feed within a minute, where the account has it',
  timeoutMs: UPLOAD_TIMEOUT_MS,
});
