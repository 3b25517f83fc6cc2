/** The raw input of an operation, gathered from path, query and JSON body. The schema judges it later. @module */
import { AppError } from '../../core/errors.js';
import { isObject, parseJson, type JsonProblem } from '../../core/json.js';
import { valueOfText, type InputField } from '../../operations/index.js';

export const BODY_BYTES_MAX = 1024 * 1024;
const BODY_DEPTH_MAX = 32;

const PROBLEMS: Record<JsonProblem, string> = {
  too_large: 'it is too large',
  too_deep: `it nests deeper than ${BODY_DEPTH_MAX}`,
  not_utf8: 'it is not UTF-8',
  not_json: 'it is not JSON',
};

/** A query in which only lists repeat a name; a text becomes a number or a boolean where the field is one. */
export function queryInput(query: URLSearchParams, fields: readonly InputField[]): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const field = fields.find((one) => one.name === name) ?? { name, kind: 'text' as const };
    const values = query.getAll(name).map((text) => valueOfText(field, text));
    if (values.length > 1 && field.kind !== 'list') throw invalid(name, 'it is given more than once');
    define(input, name, field.kind === 'list' ? values : values[0]);
  }
  return input;
}

/** @throws AppError `invalid_argument` for anything but one JSON object; an empty body stands for `{}`. */
export function bodyInput(bytes: Uint8Array, contentType: string | undefined): Record<string, unknown> {
  if (bytes.byteLength === 0) return {};
  if (!/^application\/json(\s*;|$)/i.test(contentType ?? ''))
    throw invalid('content-type', 'it must be application/json');
  const result = parseJson(bytes, { maxBytes: BODY_BYTES_MAX, maxDepth: BODY_DEPTH_MAX });
  if (!result.ok) throw invalid('body', PROBLEMS[result.reason]);
  if (!isObject(result.value)) throw invalid('body', 'it must be a JSON object');
  return result.value;
}

/** Parts together; a field that stands in two places is refused, because nobody can say which one was meant. */
export function joinInput(...parts: readonly Record<string, unknown>[]): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, value] of parts.flatMap((part) => Object.entries(part))) {
    if (Object.hasOwn(input, name)) throw invalid(name, 'it is given in two places');
    define(input, name, value);
  }
  return input;
}

/** Sets an own property, whatever its name (`__proto__` in a query). */
function define(input: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(input, name, { value, enumerable: true, configurable: true, writable: true });
}

/** The whole body, or `body_too_large` as soon as it is longer than allowed. */
export async function readBody(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > BODY_BYTES_MAX) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > BODY_BYTES_MAX) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(): AppError {
  return new AppError('body_too_large', { limitBytes: BODY_BYTES_MAX });
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}
