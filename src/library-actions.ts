/** The actions of every connector as methods of the library: `fairlead.slack.sendMessage({...})`. @module */
import type { Actions } from './connectors/actions.generated.js';
import type { CallResult } from './core/call.js';
import { AppError } from './core/errors.js';

export interface ActionOptions {
  /** The same key is the same call, for 35 days. Default: a fresh one. Payments need one. */
  idempotencyKey?: string;
  /** The connection to go through, by its id. */
  connection?: string;
  /** Say what would be sent; send no write. */
  dryRun?: boolean;
  signal?: AbortSignal;
}

/** What a call came to. There is an output in the states `done` and `replayed`. */
export type ActionResult<Output> = Omit<CallResult, 'output'> & { output?: Output };

/** @throws AppError what a call that was denied, expired or failed came to; nothing was done then */
export type LibraryActions = {
  [Provider in keyof Actions]: {
    [Name in keyof Actions[Provider]]: Actions[Provider][Name] extends (
      input: infer Input,
      ...rest: never[]
    ) => infer Answer
      ? (input: Input, options?: ActionOptions) => Promise<ActionResult<Awaited<Answer>>>
      : never;
  };
};

type RunAction = (operation: string, input: unknown, options?: ActionOptions) => Promise<unknown>;

const NO_EFFECT = new Set(['denied', 'expired', 'failed']);

/**
 * `library`, and every other name as the actions of the connector of that name; connectors of the configuration are
 * among them.
 */
export function withActions<Library extends object>(library: Library, run: RunAction): Library & LibraryActions {
  return new Proxy(library, {
    get(target, name, receiver) {
      // Whoever awaits it asks whether it is a promise.
      if (typeof name === 'symbol' || name === 'then' || name in target) return Reflect.get(target, name, receiver);
      return actionsOf(name, run);
    },
  }) as Library & LibraryActions;
}

function actionsOf(provider: string, run: RunAction): object {
  return new Proxy(
    {},
    {
      get: (_, name) => {
        if (typeof name === 'symbol' || name === 'then') return undefined;
        return async (input: unknown = {}, options: ActionOptions = {}) => {
          const result = (await run(`${provider}.${name}`, input, options)) as CallResult;
          if (!NO_EFFECT.has(result.state)) return result;
          if (result.error !== undefined) throw new AppError(result.error.code, result.error.data as never);
          throw new AppError('conflict', { what: `${provider}.${name}`, problem: `it was ${result.state}` });
        };
      },
    },
  );
}
