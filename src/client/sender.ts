/** Sends requests, again where that is safe, and reads answers to their end. @module */
import type { CallOptions, ClientFetch, ClientOptions, StreamRow } from './options.js';
import { eventsIn } from './events.js';
import { requestOf, type Place } from './place.js';
import { FairleadProblem } from './problem.js';

/** Times a request that was lost is sent again; only what is read or has a key is. */
const REPEATS = 2;
const BACKOFF_MS = 250;
const COME_BACK_MS = 2_000;

interface Sent {
  place: Place;
  input: Readonly<Record<string, unknown>>;
  headers: Record<string, string>;
  signal: AbortSignal | undefined;
  isRepeatable: boolean;
}

export class Sender {
  readonly #options: ClientOptions;
  readonly #base: string;
  readonly #fetch: ClientFetch;
  readonly #sleep: NonNullable<ClientOptions['sleep']>;

  constructor(options: ClientOptions) {
    this.#options = options;
    // It may lie under a path of somebody's proxy.
    this.#base = options.url.replace(/\/+$/, '');
    // oxlint-disable-next-line no-restricted-globals
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
    this.#sleep = options.sleep ?? sleep;
  }

  async call(place: Place, input: unknown, options: CallOptions): Promise<unknown> {
    const isWrite = place.writes === true && options.dryRun !== true;
    const idempotencyKey = options.idempotencyKey ?? (isWrite ? freshKey() : undefined);
    const all = { ...options, ...(idempotencyKey !== undefined && { idempotencyKey }) };
    return await this.#answered(place, input, all, !isWrite || idempotencyKey !== undefined);
  }

  async action(name: string, input: unknown, options: CallOptions = {}): Promise<unknown> {
    const place = { method: 'POST', path: `/v1/actions/${encodeURIComponent(name)}` };
    const isRepeatable = options.idempotencyKey !== undefined || options.dryRun === true;
    return await this.#answered(place, input, options, isRepeatable);
  }

  async *follow(
    place: Place,
    input: object,
    { after, signal }: { after?: string; signal?: AbortSignal },
  ): AsyncGenerator<StreamRow> {
    let seen = after;
    while (!isOver(signal)) {
      let waitMs = COME_BACK_MS;
      const headers: Record<string, string> = {
        accept: 'text/event-stream',
        ...(seen === undefined ? {} : { 'last-event-id': seen }),
      };
      try {
        // A request that nobody answered is sent again below, for as long as it takes.
        const sent = { place, input: { ...input }, headers, signal, isRepeatable: false };
        const body = await this.#send(sent, async (response) => response.body);
        for await (const { id, data } of eventsIn(body)) {
          if (data !== undefined) yield { id, row: JSON.parse(data) as StreamRow['row'] };
          seen = id;
        }
      } catch (error) {
        if (isOver(signal)) return;
        // What is refused is refused again; what was lost is gone on with.
        if (error instanceof FairleadProblem && error.retry === 'never') throw error;
        if (error instanceof FairleadProblem) waitMs = Math.max(waitMs, error.retryAfterMs ?? 0);
      }
      if (!isOver(signal)) await this.#sleep(waitMs, signal);
    }
  }

  async #answered(place: Place, input: unknown, options: CallOptions, isRepeatable: boolean): Promise<unknown> {
    const { signal, idempotencyKey, connection, dryRun } = options;
    const headers = {
      ...(idempotencyKey !== undefined && { 'idempotency-key': quoted(idempotencyKey) }),
      ...(connection !== undefined && { 'fairlead-connection': connection }),
      ...(dryRun === true && { 'fairlead-dry-run': 'true' }),
    };
    const fields = input as Readonly<Record<string, unknown>>;
    return await this.#send({ place, input: fields, headers, signal, isRepeatable }, async (response) => {
      const text = await response.text();
      return isOfType(response, 'application/json') ? (JSON.parse(text) as unknown) : text;
    });
  }

  /** What `read` makes of a good answer; an answer that was cut off is none. @throws FairleadProblem for every other */
  async #send<Read>(
    { place, input, headers, signal, isRepeatable }: Sent,
    read: (response: Response) => Promise<Read>,
  ): Promise<Read> {
    const { path, body } = requestOf(place, input);
    const { key, environment } = this.#options;
    const init: RequestInit = {
      method: place.method,
      // The server sends nobody elsewhere, and a key is for nobody else.
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${key}`,
        ...(environment !== undefined && { 'fairlead-environment': environment }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    };
    for (let repeats = 0; ; repeats++) {
      try {
        const response = await this.#fetch(`${this.#base}${path}`, init);
        if (!response.ok) throw await problemIn(response);
        return await read(response);
      } catch (error) {
        if (isOver(signal) || !isRepeatable || repeats === REPEATS) throw error;
        const waitMs = pauseBefore(error, repeats);
        if (waitMs === undefined) throw error;
        await this.#sleep(waitMs, signal);
        if (isOver(signal)) throw error;
      }
    }
  }
}

/** How long to wait before the same request; `undefined` where the answer is one. */
function pauseBefore(error: unknown, repeats: number): number | undefined {
  if (!(error instanceof FairleadProblem)) return BACKOFF_MS * 2 ** repeats;
  // The first one, whose answer was lost, is still at work.
  return error.code === 'call_in_flight' ? (error.retryAfterMs ?? COME_BACK_MS) : undefined;
}

async function problemIn(response: Response): Promise<FairleadProblem> {
  const text = await response.text();
  const problem = isOfType(response, 'application/problem+json') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return new FairleadProblem(response.status, problem, response.headers.get('retry-after'));
}

const isOfType = ({ headers }: Response, type: string): boolean =>
  headers.get('content-type')?.split(';')[0]!.trim() === type;

/** Asked anew each time: it changes while something is awaited. */
const isOver = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** As a string of Structured Fields (RFC 9651 section 3.3.3). */
const quoted = (key: string): string => `"${key.replace(/["\\]/g, '\\$&')}"`;

// oxlint-disable-next-line no-restricted-globals
const freshKey = (): string => crypto.randomUUID();

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // oxlint-disable-next-line no-restricted-globals
    const timer = setTimeout(done, ms);
    function done(): void {
      // oxlint-disable-next-line no-restricted-globals
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done, { once: true });
    if (signal?.aborted === true) done();
  });
}
