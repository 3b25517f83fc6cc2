/** One request to SendGrid and its answer, told to whoever debugs with the key masked. @module */
import type { Clock } from './clock.js';
import { failureOf, SendGridError, type Answer, type SendGridFailure } from './error.js';

/** What is needed of `fetch`. */
export type FetchLike = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    body?: string;
    signal?: AbortSignal;
    redirect: 'error';
  },
) => Promise<{ status: number; headers: { get(name: string): string | null }; text(): Promise<string> }>;

/** One exchange, for a log at the level debug. The key is masked wherever it occurs, long bodies are cut. */
export interface DebugLine {
  provider: 'sendgrid';
  method: string;
  url: string;
  headers: Record<string, string>;
  requestBody?: string;
  /** Absent when there was no answer. */
  status?: number;
  responseBody?: string;
  durationMs: number;
  error?: string;
}

export interface TransportOptions {
  apiKey: string;
  baseUrl: string;
  fetch: FetchLike;
  clock: Clock;
  onBehalfOf: string | undefined;
  debug: ((line: DebugLine) => void) | undefined;
}

export interface Request {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  query?: Readonly<Record<string, string | number | undefined>>;
  json?: unknown;
  signal?: AbortSignal | undefined;
}

const BODY_CHARACTERS_SHOWN = 2_000;
const MASK = '[redacted]';

export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** @throws SendGridError for everything but a success */
  async send(request: Request): Promise<Answer> {
    const { clock, apiKey } = this.#options;
    const begunMs = clock.nowMs();
    const url = this.#url(request);
    const headers = this.#headers(request);
    const body = request.json === undefined ? undefined : JSON.stringify(request.json);
    const line = {
      provider: 'sendgrid',
      method: request.method,
      url,
      headers,
      ...(body && { requestBody: body }),
    } as const;
    const told = (rest: Partial<DebugLine>): void =>
      this.#tell({ ...line, headers: { ...headers }, durationMs: clock.nowMs() - begunMs, ...rest });
    const { signal } = request;
    try {
      const init = {
        method: request.method,
        headers,
        redirect: 'error',
        ...(body && { body }),
        ...(signal && { signal }),
      } as const;
      const response = await this.#options.fetch(url, init);
      const text = await response.text();
      told({ status: response.status, responseBody: text });
      return { status: response.status, header: (name) => response.headers.get(name) ?? undefined, body: jsonOf(text) };
    } catch (error) {
      const words = String(error instanceof Error ? error.message : error).replaceAll(apiKey, MASK);
      told({ error: words });
      throw new SendGridError(noAnswer(words, signal?.aborted === true));
    }
  }

  /** The same, for answers that must be a success. */
  async ask(request: Request): Promise<Answer> {
    const answer = await this.send(request);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new SendGridError(failureOf(answer));
  }

  #url({ path, query = {} }: Request): string {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const text = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
    return this.#options.baseUrl + path + (text === '' ? '' : `?${text}`);
  }

  #headers({ json }: Request): Record<string, string> {
    const { apiKey, onBehalfOf } = this.#options;
    return {
      authorization: `Bearer ${apiKey}`,
      accept: 'application/json',
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(onBehalfOf !== undefined && { 'on-behalf-of': onBehalfOf }),
    };
  }

  #tell(line: DebugLine): void {
    const { debug, apiKey } = this.#options;
    if (debug === undefined) return;
    const masked = (text: string): string => text.replaceAll(apiKey, MASK);
    const cut = (text: string): string =>
      text.length > BODY_CHARACTERS_SHOWN ? `${masked(text).slice(0, BODY_CHARACTERS_SHOWN)}…` : masked(text);
    const headers = Object.fromEntries(Object.entries(line.headers).map(([name, value]) => [name, masked(value)]));
    const shown = {
      ...line,
      url: masked(line.url),
      headers,
      ...(line.requestBody !== undefined && { requestBody: cut(line.requestBody) }),
      ...(line.responseBody !== undefined && { responseBody: cut(line.responseBody) }),
    };
    // A log that fails is no reason to take the request for one that failed.
    try {
      debug(shown);
    } catch {}
  }
}

function noAnswer(words: string, isAborted: boolean): SendGridFailure {
  const message = isAborted ? 'The request was stopped; it may have taken place' : `SendGrid gave no answer: ${words}`;
  return { status: 0, code: isAborted ? 'aborted' : 'no_answer', problems: [{ message }] };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
