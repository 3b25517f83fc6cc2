/** Queries, forms and multipart bodies as text and bytes. @module */
import { hash } from 'node:crypto';
import type { FormValue, Multipart, MultipartPart, QueryValue } from './action-request.js';
import { AppError } from './errors.js';

/** Deeper than any form of a provider. */
const DEPTH_MAX = 20;

/** Name and value pairs of a query; lists repeat the name. */
export function queryPairs(query: Readonly<Record<string, QueryValue>>): [name: string, value: string][] {
  return Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [value].flat().map((one): [string, string] => [name, String(one)]);
  });
}

/** `a[b][0]=x`: what is nested gets brackets, lists their index. */
export function formText(form: Readonly<Record<string, FormValue>>): string {
  return Object.entries(form)
    .flatMap(([name, value]) => formPairs(name, value, 0))
    .map(([name, value]) => `${formPart(name).replace(/%5B/g, '[').replace(/%5D/g, ']')}=${formPart(value)}`)
    .join('&');
}

function formPairs(name: string, value: FormValue, depth: number): [name: string, value: string][] {
  if (value === undefined) return [];
  if (value === null) return [[name, '']];
  if (typeof value !== 'object') return [[name, String(value)]];
  if (depth === DEPTH_MAX) throw invalid('it is nested too deep');
  return Object.entries(value).flatMap(([key, part]) => formPairs(`${name}[${key}]`, part as FormValue, depth + 1));
}

/** One name or value as the form serialiser of the URL standard writes it. */
function formPart(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/**
 * A multipart body. The boundary is made from the content, so that the same request is the same bytes.
 *
 * @throws AppError `invalid_argument` for a content type that a header cannot carry
 */
export function multipartBody({ subtype = 'form-data', parts }: Multipart): { body: Uint8Array; contentType: string } {
  const contents = parts.map((part) => ('text' in part ? Buffer.from(part.text) : Buffer.from(part.bytes)));
  const digests = contents.map((content) => hash('sha256', content, 'hex'));
  const boundary = `fairlead-${hash('sha256', JSON.stringify([subtype, digests]), 'hex').slice(0, 32)}`;
  const pieces = parts.flatMap((part, index) => [
    Buffer.from(`--${boundary}\r\n${partHeaders(part, subtype)}\r\n`),
    contents[index]!,
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  return { body, contentType: `multipart/${subtype}; boundary=${boundary}` };
}

function partHeaders(part: MultipartPart, subtype: string): string {
  const type = part.contentType;
  if (type !== undefined && !/^[\x20-\x7e]+$/.test(type)) throw invalid('a content type has strange characters');
  const lines = type === undefined ? '' : `content-type: ${type}\r\n`;
  if (subtype === 'related') return lines;
  const file = 'filename' in part ? `; filename="${quoted(part.filename)}"` : '';
  return `content-disposition: form-data; name="${quoted(part.name)}"${file}\r\n${lines}`;
}

/** As the HTML standard escapes names of parts: nothing in them ends the quotes or the line. */
function quoted(text: string): string {
  return text.replace(/\r\n?|\n/g, '%0D%0A').replaceAll('"', '%22');
}

function invalid(problem: string): AppError<'invalid_argument'> {
  return new AppError('invalid_argument', { argument: 'body', problem });
}
