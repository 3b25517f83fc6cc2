import { describe, expect, it } from 'vitest';
import { isAppError } from '../../core/errors.js';
import { mimeMessage, type Message } from './mime.js';

const TO = [{ email: 'ada@example.com' }];
const written = (message: Partial<Message>): string =>
  mimeMessage({ to: TO, subject: 'Hello', text: 'x', ...message }, 'seed').toString('latin1');
const headOf = (text: string): string => text.slice(0, text.indexOf('\r\n\r\n'));
/** Names of headers as a reader sees them: folded lines belong to the one before. */
const namesIn = (text: string): string[] =>
  headOf(text)
    .split(/\r\n(?![ \t])/)
    .map((line) => line.split(':', 1)[0]!);

describe('mimeMessage', () => {
  it.each<[string, Partial<Message>, RegExp]>([
    ['a plain name', { to: [{ ...TO[0]!, name: 'Ada Lovelace' }] }, /^To: Ada Lovelace <ada@example\.com>/m],
    ['a name with a comma', { to: [{ ...TO[0]!, name: 'Love"lace, Ada' }] }, /^To: "Love\\"lace, Ada" <ada@/m],
    ['a name with accents', { to: [{ ...TO[0]!, name: 'Zoë' }] }, /^To: =\?utf-8\?B\?Wm\/Dqw==\?= <ada@/m],
    ['a name that looks encoded', { to: [{ ...TO[0]!, name: '=?x?=' }] }, /^To: =\?utf-8\?B\?/m],
    ['several people, folded', { to: [TO[0]!, { email: 'b@x.test' }] }, /^To: ada@example\.com,\r\n b@x\.test\r\n/m],
    ['a subject with accents', { subject: 'Grüße' }, /^Subject: =\?utf-8\?B\?R3LDvMOfZQ==\?=\r\n/m],
    [
      'text and html',
      { html: '<p>' },
      /multipart\/alternative; boundary="seeda"[^]*text\/plain[^]*text\/html[^]*--seeda--/,
    ],
    [
      'a file with accents',
      { attachments: [{ filename: "Fü'ße (1).txt", contentType: 'text/csv', base64: 'eA==' }] },
      /filename="F___e \(1\)\.txt";\r\n filename\*=UTF-8''F%C3%BC%27%C3%9Fe%20%281%29\.txt/,
    ],
  ])('writes %s', (_, message, expected) => {
    const text = written(message);
    expect(text).toMatch(expected);
  });

  it('folds a long subject without cutting a character, in words of 75 characters', () => {
    const subject = 'ä😀'.repeat(60);
    const lines = headOf(written({ subject })).split('\r\n');
    const encoded = lines
      .filter((line) => line.includes('=?utf-8?B?'))
      .map((line) => line.replace('Subject: ', '').trim());
    expect(Math.max(...encoded.map((word) => word.length))).toBeLessThanOrEqual(75);
    const decoded = encoded.map((word) => Buffer.from(word.slice(10, -2), 'base64').toString('utf8')).join('');
    expect(decoded).toBe(subject);
  });

  it('keeps lines of contents short, and gives them back as they were', () => {
    const text = 'é\n.\n--seedm--\r\n'.repeat(100);
    const message = written({ text, attachments: [{ filename: 'a', contentType: 'a/b', base64: 'eA==' }] });
    expect(Math.max(...message.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(90);
    const body =
      /charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n([^-]+)\r\n--seedm/.exec(message)?.[1] ?? '';
    expect(Buffer.from(body, 'base64').toString('utf8')).toBe(text.replaceAll(/\r\n|\n/g, '\r\n'));
    expect(message.match(/--seedm--/g)).toHaveLength(1);
  });

  const EVIL = [
    'x\r\nBcc: eve@evil.test',
    'x\nBcc: eve@evil.test',
    'x\r\n Bcc: eve',
    '\r\n\r\n<script>',
    'x\u0000y',
    'x\rBcc: y',
  ];
  const PLACES: readonly [string, (evil: string) => Partial<Message>][] = [
    ['the subject', (subject) => ({ subject })],
    ['a name', (name) => ({ to: [{ email: 'ada@example.com', name }] })],
    ['an address', (email) => ({ to: [{ email }] })],
    ['the sender', (email) => ({ from: { email } })],
    ['a header', (value) => ({ headers: { 'In-Reply-To': value } })],
    ['a file name', (filename) => ({ attachments: [{ filename, contentType: 'a/b', base64: '' }] })],
    ['a media type', (contentType) => ({ attachments: [{ filename: 'a', contentType, base64: '' }] })],
  ];
  it.each(PLACES)('lets nobody add a header by %s', (_, place) => {
    const usual = new Set([
      'From',
      'To',
      'Cc',
      'Subject',
      'In-Reply-To',
      'MIME-Version',
      'Content-Type',
      'Content-Transfer-Encoding',
    ]);
    for (const evil of EVIL) {
      let text: string;
      try {
        text = written(place(evil));
      } catch (error) {
        expect(isAppError(error)).toBe(true);
        continue;
      }
      expect(namesIn(text).filter((name) => !usual.has(name))).toEqual([]);
      expect(text).not.toMatch(/[\r\n]\s*Bcc:|<script>|\0/);
    }
  });
});
