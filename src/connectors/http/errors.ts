/** What the answer of a tool means of which nothing is known but HTTP. @source RFC 9110, RFC 9457 @module */
import type { ProviderFailure } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { failureByStatus } from '../../core/provider-failure.js';

/** Where tools put a sentence, the most telling first (`detail` and `title` are RFC 9457). */
const SENTENCES = ['detail', 'message', 'error_description', 'error', 'title'];

export function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const body = parseJsonObject(answer.body);
  const said = SENTENCES.map((name) => body?.[name]).find((value) => typeof value === 'string' && value.trim() !== '');
  const code = body?.['code'];
  return failureByStatus(answer, nowMs, {
    ...(typeof said === 'string' && { problem: `it says: ${said}` }),
    ...(typeof code === 'string' && { providerCode: code }),
  });
}
