/** Answers that come in pieces: operations that stream, and lists in pages as one stream of lines. @module */
import { toAppError } from '../../core/errors.js';
import type { TextStream } from '../../core/operation.js';
import { REST_HEADERS } from '../../core/rest-shape.js';
import { ndjsonLine } from '../../core/text.js';
import type { InputField, Operation } from '../../operations/index.js';

/**
 * Asks for the next piece when the client has taken the last. An error in the middle cuts the connection: half an
 * export must not look like a whole one.
 */
export function streamed(text: TextStream, headers: Record<string, string>): Response {
  const { companion } = text;
  const extra: Record<string, string> =
    companion === undefined ? {} : { [REST_HEADERS.checkpoint]: Buffer.from(companion.text).toString('base64') };
  const pieces = text[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    // The client went away: what is behind the stream ends, too.
    cancel: async () => void (await pieces.return?.()),
  });
  return new Response(stream, { headers: { ...headers, ...extra } });
}

/** Whether a stream can be followed as server-sent events. */
export const isFollowed = ({ resumes }: Operation): boolean => resumes !== undefined;

/** The output field with the rows of an operation that lists in pages; `undefined` for any other operation. */
export function rowsField(operation: Operation, fields: readonly InputField[]): string | undefined {
  return fields.some(({ name }) => name === 'cursor') ? operation.cli.table?.rows : undefined;
}

/**
 * All pages of a list, one row a line; each page is one call of the operation. The first is asked for at once, so that
 * a refusal is answered as one. A later refusal is told in a last line before the connection is cut.
 */
export async function pages(
  page: (cursor: string | undefined) => Promise<unknown>,
  rows: string,
  headers: Record<string, string>,
): Promise<Response> {
  return streamed(linesOf(await page(undefined), page, rows), headers);
}

async function* linesOf(
  first: unknown,
  page: (cursor: string | undefined) => Promise<unknown>,
  rows: string,
): AsyncGenerator<string> {
  for (let current = first as Record<string, unknown>; ;) {
    const lines = (current[rows] as unknown[]).map((row) => ndjsonLine(row)).join('');
    if (lines !== '') yield lines;
    const cursor = current['cursor'] as string | undefined;
    if (cursor === undefined) return;
    try {
      current = (await page(cursor)) as Record<string, unknown>;
    } catch (thrown) {
      const error = toAppError(thrown, () => 'export');
      yield ndjsonLine({ problem: error.view() });
      throw error;
    }
  }
}
