/** What is sent to Gmail and what is read from its answers. Run as tests by the connector suite. @module */
import type { CallExample, ExampleAnswer, ReconcileExample } from '../../core/connector.js';
import { markAsHex, markAsUuid } from '../../core/mark.js';

const MAIL = { to: ['Ada <ada@example.com>'], subject: 'Grüße', text: 'Hello' };
const RAW = [
  'To: Ada <ada@example.com>',
  'Subject: =?utf-8?B?R3LDvMOfZQ==?=',
  `X-Fairlead-Call: ${markAsUuid('example-key')}`,
  'MIME-Version: 1.0',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: base64',
  '',
  'SGVsbG8=',
].join('\r\n');
const SENT = { id: '18d1', threadId: '18d0' };
const list = (...ids: string[]): ExampleAnswer => ({ body: { messages: ids.map((id) => ({ id, threadId: '18d0' })) } });
const message = (id: string, internalDate: string, value = 'x'): ExampleAnswer => ({
  body: { id, threadId: '18d0', internalDate, payload: { headers: [{ name: 'X-Fairlead-Call', value }] } },
});

export const mailCalls: Readonly<Record<string, readonly CallExample[]>> = {
  sendEmail: [
    {
      input: MAIL,
      request: {
        method: 'POST',
        url: 'https://gmail.googleapis.com/gmail/v1/users/me/messages/send',
        json: { raw: Buffer.from(RAW).toString('base64url') },
      },
      answer: { body: { ...SENT, labelIds: ['SENT'] } },
      output: SENT,
    },
    {
      input: {
        ...MAIL,
        cc: ['bob@example.com'],
        bcc: ['"Eve, Ltd." <eve@example.com>'],
        from: 'Robot <robot@example.com>',
        replyTo: 'desk@example.com',
        html: '<p>Hello</p>',
        attachments: [{ filename: 'Füße.txt', contentType: 'text/plain', base64: 'SGVsbG8=' }],
        reply: { threadId: '18d0', messageId: '<abc@mail.example.com>' },
      },
      answer: { body: SENT },
      output: SENT,
    },
  ],
};

export const mailReconciles: Readonly<Record<string, readonly ReconcileExample[]>> = {
  sendEmail: [
    {
      input: MAIL,
      answers: [
        list('18d2'),
        message('18d2', '1000'),
        list('18d2', '18d1'),
        message('18d1', '900', markAsUuid('example-key')),
      ],
      means: { found: SENT },
    },
    { input: MAIL, answers: [{ body: { resultSizeEstimate: 0 } }], means: 'not_found' },
    { input: MAIL, answers: [list('18d2'), message('18d2', '-200000')], means: 'not_found' },
    { input: MAIL, answers: [list('18d2'), message('18d2', 'yesterday', markAsHex('x'))], means: 'undecided' },
    { input: MAIL, answers: [list('../18d2')], means: 'undecided' },
  ],
};
