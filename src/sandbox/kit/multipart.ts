/**
 * Bodies in parts.
 *
 * @source RFC 2046 section 5.1 (multipart), RFC 7578 (form-data)
 * @module
 */

export interface Part {
  /** Of a form field. */
  name?: string;
  filename?: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

const PARTS_MAX = 1_000;

/** The parts, in order; `undefined` when the body is not what its content type says. */
export function multipartParts(contentType: string, body: Uint8Array): Part[] | undefined {
  const [, quoted, plain] = /boundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return undefined;
  // Latin-1 keeps every byte as one character, so that positions in the text are positions in the body.
  const text = Buffer.from(body).toString('latin1');
  const pieces = `\r\n${text}`.split(`\r\n--${boundary}`);
  const end = pieces.findIndex((piece) => piece.startsWith('--'));
  if (pieces.length < 2 || end < 1 || end > PARTS_MAX) return undefined;
  const parts = pieces.slice(1, end).map(partOf);
  return parts.some((part) => part === undefined) ? undefined : (parts as Part[]);
}

function partOf(piece: string): Part | undefined {
  const start = piece.indexOf('\r\n\r\n');
  if (start < 0) return undefined;
  const lines = piece.slice(0, start).split('\r\n').slice(1);
  const headers = Object.fromEntries(lines.map((line) => headerOf(line)));
  const disposition = headers['content-disposition'] ?? '';
  const name = /;\s*name="([^"]*)"/i.exec(disposition)?.[1];
  const filename = /;\s*filename="([^"]*)"/i.exec(disposition)?.[1];
  return {
    ...(name !== undefined && { name: utf8(name) }),
    ...(filename !== undefined && { filename: utf8(filename) }),
    headers,
    body: Buffer.from(piece.slice(start + 4), 'latin1'),
  };
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, Math.max(colon, 0)).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
