/** A list in pages as one stream of lines, for exports: each page is one call of the operation. @module */
import { toAppError } from '../../core/errors.js';
import { ndjsonLine } from '../../core/text.js';
import type { InputField, Operation } from '../../operations/index.js';

/** The output field with the rows of an operation that lists in pages; `undefined` for any other operation. */
export function rowsField(operation: Operation, fields: readonly InputField[]): string | undefined {
  return fields.some(({ name }) => name === 'cursor') ? operation.cli.table?.rows : undefined;
}

/**
 * Asks for the first page at once, so that a refusal is answered as one; then for the next whenever the client has
 * taken the last. An error in the middle is told in a last line and by cutting the connection: half an export must not
 * look like a whole one.
 */
export async function pages(
  page: (cursor: string | undefined) => Promise<unknown>,
  rows: string,
  headers: Record<string, string>,
): Promise<Response> {
  let next: unknown = await page(undefined);
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const current = next as Record<string, unknown>;
      const lines = (current[rows] as unknown[]).map((row) => ndjsonLine(row)).join('');
      if (lines !== '') controller.enqueue(encoder.encode(lines));
      const cursor = current['cursor'] as string | undefined;
      if (cursor === undefined) return controller.close();
      try {
        next = await page(cursor);
      } catch (thrown) {
        const error = toAppError(thrown, () => 'export');
        controller.enqueue(encoder.encode(ndjsonLine({ problem: error.view() })));
        controller.error(error);
      }
    },
  });
  return new Response(stream, { headers });
}
