/**
 * `fairlead/client`: the REST interface of a running Fairlead, typed from the same table of operations that the server
 * answers by. It needs nothing but `fetch`.
 *
 * What changes something on its own is sent under an idempotency key, made here unless one is given, so that it can be
 * sent again after a lost answer. Actions are called under a key when the caller gives one. Whoever wants to send a
 * request again after this program ended, or gave up, gives a key and keeps it.
 *
 * @module
 */
import type { Actions } from './connectors/actions.generated.js';
import type { CallResult } from './core/call.js';
import { PLACES, type Operations } from './client/operations.generated.js';
import type { Place } from './client/place.js';
import type { CallOptions, ClientOptions, StreamRow } from './client/options.js';
import { misuse } from './client/problem.js';
import { Sender } from './client/sender.js';

export { FairleadProblem } from './client/problem.js';
export type { CallOptions, ClientFetch, ClientOptions, StreamRow } from './client/options.js';

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

export function createClient(options: ClientOptions): FairleadClient {
  const sender = new Sender(options);
  const call = async (name: string, input: unknown = {}, callOptions: CallOptions = {}): Promise<unknown> =>
    await sender.call(placeOf(name), input, callOptions);
  const action: FairleadClient['action'] = async (name, input, callOptions) =>
    (await sender.action(name, input, callOptions)) as ActionAnswer<unknown>;
  return {
    actions: actionsBy(action),
    call: call as FairleadClient['call'],
    action,
    rows: ((name: Listed, input = {}, callOptions = {}) =>
      rowsOf(placeOf(name), (page) => call(name, page, callOptions), input)) as FairleadClient['rows'],
    follow: (name, input = {}, following = {}) => sender.follow(placeOf(name), input, following),
  };
}

/** @throws FairleadProblem `invalid_argument` for what is no operation of this version */
function placeOf(name: string): Place {
  if (!Object.hasOwn(PLACES, name)) throw misuse('operation', `there is no ${name.slice(0, 100)}`);
  return (PLACES as Readonly<Record<string, Place>>)[name]!;
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
