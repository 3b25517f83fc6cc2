/**
 * What SendGrid's answers mean.
 *
 * @source sendgrid-oai (ErrorResponse, ContactsError);
 * https://twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits (read: 429, epoch seconds);
 * the words of used up credits and of missing permissions from memory
 * @module
 */
import type { ProviderFailure } from '../../core/connector.js';
import { classifier } from '../../core/failure-table.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { USUAL_WAITS } from '../../core/wait-signal.js';

const HOUR_MS = 3_600_000;
const ERRORS_SHOWN = 3;

const byTable = classifier({
  requestId: ['x-message-id'],
  providerCode: ['errors.0.error_id', 'errors.0.field', 'errors.0.parameter'],
  says: ['errors.0.message'],
  prefix: 'SendGrid says: ',
  rules: [
    {
      when: { status: 429 },
      problem: 'too many requests',
      waits: [...USUAL_WAITS, { from: { header: 'x-ratelimit-reset' }, as: 'epoch-seconds' }],
    },
    {
      when: { status: [401, 403], body: { 'errors.0.message': /credits? exceeded/i } },
      code: 'rate_limited',
      providerCode: 'credits_exceeded',
      problem: 'the mails that this account may send are used up',
      safeToRetry: true,
      unsaidWaitMs: HOUR_MS,
    },
    {
      when: { status: 403, body: { 'errors.0.message': /access forbidden|not authorized|permission/i } },
      code: 'provider_auth',
      providerCode: 'missing_scope',
      problem: 'the API key lacks a permission for this',
    },
  ],
});

export function classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined {
  const failure = byTable(answer, nowMs);
  if (failure?.code !== 'provider_rejected') return failure;
  return { ...failure, problem: fieldWords(answer) ?? failure.problem };
}

/** Every error with the field it is about. */
function fieldWords({ body }: HttpAnswer): string | undefined {
  const errors = parseJsonObject(body)?.['errors'];
  // Some operations answer with one error in place of a list.
  const words = [errors ?? []].flat().slice(0, ERRORS_SHOWN).map(wordsOf).filter(Boolean);
  return words.length === 0 ? undefined : `SendGrid says: ${words.join('; ')}`;
}

function wordsOf(error: unknown): string {
  if (!isObject(error)) return '';
  const text = (name: string): string => (typeof error[name] === 'string' ? error[name].slice(0, 200) : '');
  const [message, field] = [text('message'), text('field') || text('parameter')];
  if (message === '' || field === '' || message.includes(field)) return message;
  return `${message.replace(/\.$/, '')} (field ${field})`;
}
