/**
 * A mail message as bytes. Everything that comes from elsewhere is encoded or refused: no value can end the line of its
 * header, and no content can end its part.
 *
 * @source RFC 5322 (message), RFC 2045 and 2046 (parts), RFC 2047 (words in headers), RFC 2231 (names of files)
 * @module
 */
import { AppError } from '../../core/errors.js';

export interface Mailbox {
  /** Checked before, see `mailAddressOf`. */
  email: string;
  name?: string | undefined;
}

export interface Attachment {
  filename: string;
  contentType: string;
  /** RFC 4648, section 4. */
  base64: string;
}

export interface Message {
  from?: Mailbox | undefined;
  to: readonly Mailbox[];
  cc?: readonly Mailbox[] | undefined;
  bcc?: readonly Mailbox[] | undefined;
  replyTo?: Mailbox | undefined;
  subject: string;
  text?: string | undefined;
  html?: string | undefined;
  attachments?: readonly Attachment[] | undefined;
  /** Further ones, e.g. `In-Reply-To`. */
  headers?: Readonly<Record<string, string>>;
}

const CRLF = '\r\n';

/**
 * The message with CRLF line ends. The same message and seed give the same bytes.
 *
 * @param seed letters and digits for boundaries; what stands between them is base64, which has no dash
 * @throws AppError `invalid_argument` for a value that a header cannot carry
 */
export function mimeMessage(message: Message, seed: string): Buffer {
  const { from, to, cc = [], bcc = [], replyTo, subject, headers = {} } = message;
  const lines = [
    ...listLine('From', from ? [from] : []),
    ...listLine('To', to),
    ...listLine('Cc', cc),
    ...listLine('Bcc', bcc),
    ...listLine('Reply-To', replyTo ? [replyTo] : []),
    headerLine('Subject', ...words(subject)),
    ...Object.entries(headers).map(([name, value]) => headerLine(name, value)),
    'MIME-Version: 1.0',
  ];
  const content = contentOf(message, seed);
  return Buffer.from([...lines, ...content.headers, '', content.body].join(CRLF));
}

interface Part {
  headers: readonly string[];
  body: string;
}

function contentOf({ text, html, attachments = [] }: Message, seed: string): Part {
  const texts = [
    ...(text === undefined ? [] : [textPart('plain', text)]),
    ...(html === undefined ? [] : [textPart('html', html)]),
  ];
  // What cannot be shown is shown by the one before: the simplest comes first (RFC 2046, section 5.1.4).
  const shown = texts.length === 1 ? texts[0]! : multipart('alternative', texts, `${seed}a`);
  return attachments.length === 0 ? shown : multipart('mixed', [shown, ...attachments.map(filePart)], `${seed}m`);
}

function textPart(subtype: 'plain' | 'html', text: string): Part {
  const lines = text.replaceAll(/\r\n|\r|\n/g, CRLF);
  const headers = [`Content-Type: text/${subtype}; charset=utf-8`, 'Content-Transfer-Encoding: base64'];
  return { headers, body: base64Lines(Buffer.from(lines).toString('base64')) };
}

function filePart({ filename, contentType, base64 }: Attachment): Part {
  const headers = [
    headerLine('Content-Type', contentType),
    'Content-Transfer-Encoding: base64',
    headerLine('Content-Disposition', 'attachment;', ...filenamePieces(filename)),
  ];
  return { headers, body: base64Lines(base64) };
}

function multipart(subtype: 'alternative' | 'mixed', parts: readonly Part[], boundary: string): Part {
  const framed = parts.map(({ headers, body }) => [`--${boundary}`, ...headers, '', body].join(CRLF));
  const headers = [headerLine('Content-Type', `multipart/${subtype}; boundary="${boundary}"`)];
  return { headers, body: [...framed, `--${boundary}--`, ''].join(CRLF) };
}

/** RFC 2045, section 6.8. */
function base64Lines(base64: string): string {
  return (base64.match(/.{1,76}/g) ?? []).join(CRLF);
}

/** The only folds are those between the pieces: a line end inside of one would be somebody's who wants a header too. */
function headerLine(name: string, ...pieces: readonly string[]): string {
  if (pieces.every((piece) => /^[\x20-\x7e]*$/.test(piece))) return `${name}: ${pieces.join(`${CRLF} `)}`;
  throw new AppError('invalid_argument', {
    argument: name,
    problem: 'it has characters that a mail header cannot carry',
  });
}

function listLine(name: string, mailboxes: readonly Mailbox[]): string[] {
  const pieces = mailboxes.flatMap((mailbox, index) => {
    const own = mailboxPieces(mailbox);
    return index === mailboxes.length - 1 ? own : withEnd(own, ',');
  });
  return pieces.length === 0 ? [] : [headerLine(name, ...pieces)];
}

function mailboxPieces({ email, name = '' }: Mailbox): string[] {
  if (/[\s<>,]/.test(email))
    throw new AppError('invalid_argument', { argument: 'to', problem: 'it is no e-mail address' });
  if (name === '') return [email];
  const phrase = /^[A-Za-z0-9 ]+$/.test(name) || !isPlain(name) ? words(name) : [quoted(name)];
  return withEnd(phrase, ` <${email}>`);
}

function withEnd(pieces: readonly string[], end: string): string[] {
  return [...pieces.slice(0, -1), `${pieces.at(-1)}${end}`];
}

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

/** ASCII that no reader takes for an encoded word, in a line that needs no folding. */
const LINE_CHARACTERS_MAX = 900;
const isPlain = (text: string): boolean =>
  /^[\x20-\x7e]*$/.test(text) && !text.includes('=?') && text.length <= LINE_CHARACTERS_MAX;

/** RFC 2047, section 2: 75 characters with the frame, no character cut in two. */
const WORD_BYTES_MAX = 45;

/** Text of a header as it is, or as encoded words. A line end inside of it is encoded with the rest. */
function words(text: string): string[] {
  if (isPlain(text)) return [text];
  const chunks: string[] = [];
  let chunk = '';
  for (const character of text) {
    if (Buffer.byteLength(chunk + character) > WORD_BYTES_MAX) {
      chunks.push(chunk);
      chunk = '';
    }
    chunk += character;
  }
  return [...chunks, chunk].map((one) => `=?utf-8?B?${Buffer.from(one).toString('base64')}?=`);
}

/** For readers that know RFC 2231, and without accents for those that do not. */
function filenamePieces(filename: string): string[] {
  const plain = `filename="${filename.replaceAll(/[^\w .()-]/g, '_')}"`;
  if (/^[\w .()-]*$/.test(filename)) return [plain];
  const encoded = encodeURIComponent(filename.replaceAll(/\p{Surrogate}/gu, '\u{fffd}')).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return [`${plain};`, `filename*=UTF-8''${encoded}`];
}
