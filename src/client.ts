/**
 * `fairlead/client`: the REST interface of a running Fairlead, typed from the same table of operations that the server
 * answers by. It needs nothing but `fetch`.
 *
 * What changes something on its own is sent under an idempotency key, made here unless one is given, so that it can be
 * sent again after a lost answer. Actions are called under a key when the caller gives one.
 *
 * @module
 */
import type { Actions } from './connectors/actions.generated.js';
import type { CallResult } from './core/call.js';
import type { ErrorCode } from './core/errors.js';
import { PLACES, type Operations } from './client/operations.generated.js';
import { eventsIn } from './client/events.js';

/** What is needed of `fetch`. */
export type ClientFetch = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** Where Fairlead listens, e.g. `http://127.0.0.1:4650`. */
  url: string;
  /** A key made with `fairlead key create`, or an access token. */
  key: string;
  /** Default: that of the key or of the server. */
  environment?: 'sandbox' | 'live';
  fetch?: ClientFetch;
  /** Waits before coming back; for tests. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface CallOptions {
  /** 1 to 255 printable ASCII characters. */
  idempotencyKey?: string;
  /** Of an action: the connection to go through, by its id. */
  connection?: string;
  /** Say what would be done; do nothing. */
  dryRun?: boolean;
  signal?: AbortSignal;
}

type Name = keyof Operations;
type Places = typeof PLACES;
type Listed = { [One in Name]: Places[One] extends { rows: string } ? One : never }[Name];
type Followed = { [One in Name]: Places[One] extends { follows: true } ? One : never }[Name];
type RowsOf<One extends Listed> = Places[One] extends { rows: infer Rows extends string }
  ? Operations[One]['output'] extends Record<Rows, readonly (infer Row)[]>
    ? Row
    : unknown
  : never;
type InputOf<One extends Name> = {} extends Operations[One]['input']
  ? [input?: Operations[One]['input'], options?: CallOptions]
  : [input: Operations[One]['input'], options?: CallOptions];

/** What a call came to. There is an output in the states `done` and `replayed`. */
export type ActionAnswer<Output> = Omit<CallResult, 'output' | 'error'> & { output?: Output };

export type ActionMethods = {
  [Provider in keyof Actions]: {
    [One in keyof Actions[Provider]]: Actions[Provider][One] extends (
      input: infer Input,
      ...rest: never[]
    ) => infer Answer
      ? (input: Input, options?: CallOptions) => Promise<ActionAnswer<Awaited<Answer>>>
      : never;
  };
};

/** A row of a stream, and the place behind which to go on. */
export interface StreamRow {
  id: string;
  row: Record<string, unknown>;
}

export interface FairleadClient {
  /** Every action of the built-in connectors: `client.actions.slack.sendMessage({...})`. */
  actions: ActionMethods;
  /** Runs one operation. @throws FairleadProblem, and what `fetch` throws when nobody answers */
  call<One extends Name>(operation: One, ...rest: InputOf<One>): Promise<Operations[One]['output']>;
  /** Runs an action by its name: for connectors of your own. */
  action(name: string, input: unknown, options?: CallOptions): Promise<ActionAnswer<unknown>>;
  /** The rows of a list, of all its pages; the next page is asked for when the last row was taken. */
  rows<One extends Listed>(operation: One, ...rest: InputOf<One>): AsyncGenerator<RowsOf<One>>;
  /**
   * What happens from now on, or behind the place in `after`, each row once. Comes back by itself after a lost
   * connection; ends with `signal`, or when its consumer stops.
   */
  follow<One extends Followed>(
    operation: One,
    input?: Operations[One]['input'],
    options?: { after?: string; signal?: AbortSignal },
  ): AsyncGenerator<StreamRow>;
}

/** A refusal or failure, as the server says it (RFC 9457). */
export class FairleadProblem extends Error {
  override readonly name = 'FairleadProblem';
  readonly code: ErrorCode | 'unreadable_answer';
  readonly status: number;
  readonly title: string;
  readonly help: string;
  readonly side: 'you' | 'provider' | 'fairlead';
  readonly retry: 'never' | 'later' | 'now' | 'same-key';
  readonly data: Readonly<Record<string, unknown>>;
  readonly requestId: string | undefined;
  /** When it makes sense to come back. */
  readonly retryAfterMs: number | undefined;
  /** Of an action: the call, with its id and its key. */
  readonly call: Readonly<Partial<CallResult>> | undefined;

  constructor(status: number, problem: Readonly<Record<string, unknown>>, retryAfter: string | null) {
    super(String(problem['detail'] ?? `It answered ${status} with no problem document.`));
    this.status = status;
    this.code = (problem['code'] ?? 'unreadable_answer') as ErrorCode;
    this.title = String(problem['title'] ?? 'The answer cannot be read');
    this.help = String(problem['help'] ?? 'Check that the address is that of a Fairlead.');
    this.side = (problem['side'] ?? 'fairlead') as FairleadProblem['side'];
    this.retry = (problem['retry'] ?? 'never') as FairleadProblem['retry'];
    this.data = (problem['data'] ?? {}) as FairleadProblem['data'];
    this.requestId = problem['instance'] as string | undefined;
    this.retryAfterMs = retryAfter === null ? undefined : Number(retryAfter) * 1_000;
    this.call = problem['call'] as FairleadProblem['call'];
  }
}

/** Times a request that was lost is sent again; only what is read or has a key is. */
const REPEATS = 2;
const BACKOFF_MS = 250;
const COME_BACK_MS = 2_000;

interface Place {
  readonly method: string;
  readonly path: string;
  readonly writes?: true;
  readonly rows?: string;
}

interface Sent {
  place: Place;
  input: Readonly<Record<string, unknown>>;
  headers: Record<string, string>;
  signal: AbortSignal | undefined;
  isRepeatable: boolean;
}

export function createClient(options: ClientOptions): FairleadClient {
  const sender = new Sender(options);
  const call = async (name: string, input: unknown = {}, callOptions: CallOptions = {}): Promise<unknown> =>
    await sender.call((PLACES as Record<string, Place>)[name]!, input, callOptions);
  const action: FairleadClient['action'] = async (name, input, callOptions) =>
    await sender.action(name, input, callOptions);
  return {
    actions: actionsBy(action),
    call: call as FairleadClient['call'],
    action,
    rows: ((name: Listed, input = {}, callOptions = {}) =>
      rowsOf(PLACES[name], (page) => call(name, page, callOptions), input)) as FairleadClient['rows'],
    follow: (name, input = {}, following = {}) => sender.follow(PLACES[name], input, following),
  };
}

/** `actions.slack.sendMessage(...)` for whatever names there are. */
function actionsBy(action: FairleadClient['action']): ActionMethods {
  const methods = (provider: string): object =>
    named((word) => (input: unknown, options?: CallOptions) => action(`${provider}.${word}`, input, options));
  return named(methods) as ActionMethods;
}

function named(of: (name: string) => unknown): object {
  // Whoever awaits it asks whether it is a promise.
  return new Proxy({}, { get: (_, name) => (typeof name === 'symbol' || name === 'then' ? undefined : of(name)) });
}

async function* rowsOf(
  { rows }: Place,
  page: (input: object) => Promise<unknown>,
  input: object,
): AsyncGenerator<unknown> {
  let cursor: string | undefined;
  do {
    const answer = (await page(cursor === undefined ? input : { ...input, cursor })) as Record<string, unknown>;
    yield* answer[rows ?? ''] as unknown[];
    cursor = answer['cursor'] as string | undefined;
  } while (cursor !== undefined);
}

class Sender {
  readonly #options: ClientOptions;
  readonly #fetch: ClientFetch;
  readonly #sleep: NonNullable<ClientOptions['sleep']>;

  constructor(options: ClientOptions) {
    this.#options = options;
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

  async action(name: string, input: unknown, options: CallOptions = {}): Promise<ActionAnswer<unknown>> {
    const place = { method: 'POST', path: `/v1/actions/${encodeURIComponent(name)}` };
    const isRepeatable = options.idempotencyKey !== undefined || options.dryRun === true;
    return (await this.#answered(place, input, options, isRepeatable)) as ActionAnswer<unknown>;
  }

  async *follow(
    place: Place,
    input: object,
    { after, signal }: { after?: string; signal?: AbortSignal },
  ): AsyncGenerator<StreamRow> {
    let seen = after;
    while (!isOver(signal)) {
      const headers: Record<string, string> = {
        accept: 'text/event-stream',
        ...(seen === undefined ? {} : { 'last-event-id': seen }),
      };
      try {
        const { body } = await this.#send({ place, input: { ...input }, headers, signal, isRepeatable: true });
        for await (const event of eventsIn(body)) {
          yield { id: event.id, row: JSON.parse(event.data) as StreamRow['row'] };
          seen = event.id;
        }
      } catch (error) {
        if (isOver(signal)) return;
        // What is refused is refused again; what was lost is gone on with.
        if (error instanceof FairleadProblem && error.retry === 'never') throw error;
      }
      await this.#sleep(COME_BACK_MS, signal);
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
    const response = await this.#send({ place, input: fields, headers, signal, isRepeatable });
    const text = await response.text();
    return response.headers.get('content-type')?.startsWith('application/json') === true ? JSON.parse(text) : text;
  }

  /** A good answer. @throws FairleadProblem for every other */
  async #send({ place, input, headers, signal, isRepeatable }: Sent): Promise<Response> {
    const { path, body } = requestOf(place, input);
    const { url, key, environment } = this.#options;
    const init: RequestInit = {
      method: place.method,
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
        return await goodAnswer(await this.#fetch(new URL(path, url).href, init));
      } catch (error) {
        const isLost = !(error instanceof FairleadProblem) && signal?.aborted !== true;
        if (!isLost || !isRepeatable || repeats === REPEATS) throw error;
        await this.#sleep(BACKOFF_MS * 2 ** repeats, signal);
      }
    }
  }
}

async function goodAnswer(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text();
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') === true;
  const problem = isProblem ? (JSON.parse(text) as Record<string, unknown>) : {};
  throw new FairleadProblem(response.status, problem, response.headers.get('retry-after'));
}

/** Fields of the path into the path, the rest into the query or the body. */
function requestOf({ method, path }: Place, input: Readonly<Record<string, unknown>>): { path: string; body?: string } {
  const left = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(left.get(name) ?? '');
    left.delete(name);
    return encodeURIComponent(value);
  });
  if (method === 'POST') return { path: filled, body: JSON.stringify(Object.fromEntries(left)) };
  const query = new URLSearchParams();
  for (const [name, value] of left)
    for (const one of Array.isArray(value) ? value : [value])
      query.append(name, typeof one === 'object' ? JSON.stringify(one) : String(one));
  return { path: query.size === 0 ? filled : `${filled}?${query.toString()}` };
}

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
