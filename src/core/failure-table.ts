/**
 * What a provider's answers mean, as one table: where it puts its code and its words, which of them mean what, where it
 * says how long to wait. `classifier` makes the function of it that a connector declares.
 *
 * @module
 */
import type { FailureCode, ProviderFailure } from './failure.js';
import { parseJsonObject, valueAt } from './json.js';
import type { HttpAnswer } from './ports.js';
import { failureByStatus, requestIdOf, type FailureWords } from './provider-failure.js';
import { USUAL_WAITS, waitAskedMs, type WaitSignal } from './wait-signal.js';

/** Values that a field must have: one of a list of texts, or a text that fits. A number is compared as text. */
export type Wanted = string | readonly string[] | RegExp;

/** All conditions that are there must hold. */
export interface AnswerPattern {
  status?: number | readonly number[];
  /** By lower-case name. */
  headers?: Readonly<Record<string, Wanted>>;
  /** By dotted path in a JSON body. Booleans are written `'true'`, `'false'`. */
  body?: Readonly<Record<string, Wanted>>;
  /** In the body as text, for answers that are no JSON. */
  text?: RegExp;
}

/** What answers of one pattern mean; what a rule leaves out is decided by the status. */
export interface FailureRule {
  when: AnswerPattern;
  code?: FailureCode;
  providerCode?: string;
  /** Words for a person. */
  problem?: string;
  safeToRetry?: boolean;
  advice?: ProviderFailure['advice'];
  /** Instead of the table's `waits`. */
  waits?: readonly WaitSignal[];
  /** The wait when nothing usable is said. */
  unsaidWaitMs?: number;
}

/** What one word of the provider means; a bare text is the words for a person. */
export type CodeMeaning = string | Pick<FailureRule, 'code' | 'problem' | 'safeToRetry' | 'advice'>;

export interface FailureTable {
  /** Answers in 2xx that are failures all the same. */
  failsInside2xx?: AnswerPattern;
  /** Headers with the id of the request, before the usual ones. */
  requestId?: readonly string[];
  /** Dotted paths where the provider puts its code, the most telling first. */
  providerCode?: readonly string[];
  /** Dotted paths where it puts its words. */
  says?: readonly string[];
  /** What its words are introduced with, e.g. `Acme says: `. */
  prefix?: string;
  /** The first that fits decides, before `codes`. */
  rules?: readonly FailureRule[];
  /** By provider code. */
  codes?: Readonly<Record<string, CodeMeaning>>;
  /** A header in which the provider says itself whether another try makes sense. */
  advice?: { header: string; retry: string; stop: string };
  /** Where it says how long to wait. Default {@link USUAL_WAITS}. */
  waits?: readonly WaitSignal[];
}

/** The `classify` of a connector, from its table. Total: never throws. */
export function classifier(table: FailureTable): (answer: HttpAnswer, nowMs: number) => ProviderFailure | undefined {
  return (answer, nowMs) => {
    const isIn2xx = answer.status >= 200 && answer.status < 300;
    // Most answers: whoever reads them afterwards reads them once.
    if (isIn2xx && table.failsInside2xx === undefined) return undefined;
    const seen = look(answer);
    if (isIn2xx && (table.failsInside2xx === undefined || !fits(table.failsInside2xx, seen))) return undefined;
    const words = wordsOf(table, seen, nowMs);
    if (!isIn2xx) return failureByStatus(answer, nowMs, words);
    // Without a status that speaks, what is not known to pass is a verdict about the request.
    const byStatus = failureByStatus({ ...answer, status: 400 }, nowMs, words)!;
    return { ...byStatus, ...(words.providerCode === undefined && { providerCode: 'unknown_error' }) };
  };
}

interface Seen {
  answer: HttpAnswer;
  body: Record<string, unknown> | undefined;
}

function look(answer: HttpAnswer): Seen {
  return { answer, body: parseJsonObject(answer.body) };
}

function wordsOf(table: FailureTable, seen: Seen, nowMs: number): FailureWords {
  const providerCode = firstText(seen, table.providerCode);
  const rule = table.rules?.find(({ when }) => fits(when, seen));
  const meaning: Partial<FailureRule> = rule ?? meaningOf(table, providerCode);
  const said = firstText(seen, table.says);
  const problem = meaning.problem ?? (said === undefined ? undefined : `${table.prefix ?? ''}${said}`);
  const waitMs = waitAskedMs(seen.answer, nowMs, meaning.waits ?? table.waits ?? USUAL_WAITS) ?? meaning.unsaidWaitMs;
  const requestId = table.requestId?.map((name) => seen.answer.headers[name]).find(Boolean) ?? requestIdOf(seen.answer);
  const advice = meaning.advice ?? adviceOf(table, seen);
  return {
    ...present('code', meaning.code),
    ...present('providerCode', meaning.providerCode ?? providerCode),
    ...present('problem', problem),
    ...present('safeToRetry', meaning.safeToRetry ?? (meaning.code === 'rate_limited' ? true : undefined)),
    ...present('retryAfterMs', waitMs),
    ...present('requestId', requestId),
    ...present('advice', advice),
  };
}

function meaningOf({ codes }: FailureTable, code: string | undefined): Partial<FailureRule> {
  if (codes === undefined || code === undefined || !Object.hasOwn(codes, code)) return {};
  const meaning = codes[code]!;
  return typeof meaning === 'string' ? { problem: meaning } : meaning;
}

function adviceOf({ advice }: FailureTable, { answer }: Seen): ProviderFailure['advice'] {
  const said = advice && answer.headers[advice.header]?.trim();
  if (advice === undefined || said === undefined) return undefined;
  if (said === advice.retry) return 'retry';
  return said === advice.stop ? 'stop' : undefined;
}

const TEXT_BYTES_SEARCHED = 4 * 1024;

function fits({ status, headers = {}, body = {}, text }: AnswerPattern, { answer, body: parsed }: Seen): boolean {
  if (status !== undefined && ![status].flat().includes(answer.status)) return false;
  if (!Object.entries(headers).every(([name, wanted]) => isWanted(answer.headers[name], wanted))) return false;
  if (!Object.entries(body).every(([path, wanted]) => isWanted(valueAt(parsed, path), wanted))) return false;
  return text === undefined || text.test(Buffer.from(answer.body.subarray(0, TEXT_BYTES_SEARCHED)).toString('utf8'));
}

function isWanted(value: unknown, wanted: Wanted): boolean {
  if (value === undefined || value === null || typeof value === 'object') return false;
  const text = String(value);
  if (wanted instanceof RegExp) return wanted.test(text);
  return [wanted].flat().includes(text);
}

function firstText({ body }: Seen, paths: readonly string[] = []): string | undefined {
  for (const path of paths) {
    const value = valueAt(body, path);
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

function present<Name extends string, Value>(name: Name, value: Value | undefined): { [N in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: Value };
}
