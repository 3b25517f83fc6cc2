/**
 * An action: one typed business operation of a connector, as data and pure functions. It never fetches, sleeps, reads a
 * clock or logs.
 *
 * @module
 */
import type { ActionRequest } from './action-request.js';
import type { ConnectionView, CredentialKind } from './connection-view.js';
import type { LimitUse } from './limit.js';
import type { Effect } from './operation.js';
import type { HttpAnswer } from './ports.js';
import type { Schema } from './schema.js';
import type { Verdict } from './verdict.js';

/** Turns a name that people use into the id the provider wants, before anything is sent. Reads only. */
export interface LookUp<Input> {
  /** What is looked up, e.g. `channel`. */
  what: string;
  /** The name to resolve; `undefined` when there is nothing to do (it is an id already). */
  name(input: Input): string | undefined;
  request(name: string, input: Input, connection: ConnectionView): ActionRequest;
  /** @param step which answer this is, from 1; `next` asks for another. */
  read(answer: HttpAnswer, name: string, step: number): Verdict<string>;
  /** The input with the id in place of the name. */
  apply(input: Input, id: string): Input;
  /** If it cannot be looked up (a permission is missing) the name is sent as it is. */
  optional?: true;
  /** What it finds may be another thing a minute later (the last release), so it is asked for every time. */
  fresh?: true;
}

/** Looks up whether a write that got no answer took place. */
export interface Reconciliation<Input, Output> {
  /** Whether this connection can look it up at all. Absent means yes. */
  isPossible?(input: Input, connection: ConnectionView): boolean;
  /** What is there bears no mark, so that ours looks like anybody's: it can be shown to be missing, never to be ours. */
  onlyDenies?: true;
  /** A listing, never a search index: a search may lag behind what it lists. */
  request(input: Input, marker: string, connection: ConnectionView, sinceMs: number): ActionRequest;
  /**
   * Reads one answer. `NOT_FOUND` only if all answers together are the whole listing since the call began.
   *
   * @param step which answer this is, from 1; `next` asks for another.
   * @param sinceMs when the call began, by our clock.
   */
  read(answer: HttpAnswer, input: Input, marker: string, step: number, sinceMs: number): Verdict<Output>;
}

/** How the provider recognises a repeat, and for how long; or not at all. */
export type Idempotency =
  | 'none'
  | {
      /** Header that takes our mark; the pipeline sets it. */
      header?: string;
      /** Dotted path in the body or query where `request` puts the mark, in the form the provider wants (`mark.ts`). */
      field?: string;
      /**
       * In place of both: the request says how things shall be (an upsert), so a repeat changes nothing more. `keyTtlMs`
       * then is how late a repeat may come without overwriting what is newer.
       */
      upsert?: true;
      keyTtlMs: number;
      /** Page of the provider. */
      source: string;
      /**
       * What a repeat gets: by default the first answer again. A provider that refuses it instead says so with one of
       * these provider codes; the pipeline then asks `reconcile` for what the first request made.
       */
      refusedWith?: readonly string[];
    };

/** Something that a connection can be restricted to, e.g. `{ type: 'channel', id: 'C024BE91L' }`. */
export interface TargetRef {
  type: string;
  id: string;
}

/** Where an input holds money, as dotted paths; amounts are integers in the smallest unit. */
export interface MoneyField {
  amount: string;
  currency: string;
}

export interface ActionDefinition<Input = unknown, Output = unknown> {
  /** One plain sentence for people. */
  summary: string;
  effect: Effect;
  /** What it calls, as the provider's reference writes it: `POST /chat.postMessage`. For the audit log and checks. */
  endpoint?: string;
  /** Permissions that the credential needs, in the provider's words. */
  permissions?: readonly string[];
  /**
   * Only a handler that names it in its `uses` may call it, in every environment: its input comes from configuration
   * and says things that no other caller may say (a reference to a secret).
   */
  handlersOnly?: true;
  /** Strict: an unknown field is refused. */
  input: Schema<Input>;
  /** True: an answer that does not fit is `provider_contract`. */
  output: Schema<Output>;
  target(input: Input): TargetRef;
  /**
   * Everything that a connection may be restricted to and that this call touches. A connection that is restricted to
   * some channels refuses an action that names none.
   */
  touches?(input: Input): readonly TargetRef[];
  /** Which credentials can carry this input, the best first. Absent means: whatever the connection has. */
  accepts?(input: Input): readonly CredentialKind[];
  /** Done in order, before the request is made; a dry run lists them. */
  lookups?: readonly LookUp<Input>[];
  request(input: Input, connection: ConnectionView, marker: string): ActionRequest;
  /** Reads the output from a successful answer; a value that does not fit `output` is `provider_contract`. */
  parse(answer: HttpAnswer, input: Input): unknown;
  /**
   * How the provider recognises a repeat. As a function it is asked once the target of the request is known, so that
   * `honoursIdempotencyKey` speaks about that very target.
   */
  idempotency: Idempotency | ((connection: ConnectionView) => Idempotency);
  reconcile?: Reconciliation<Input, Output>;
  /** How long after a lost answer the effect may still appear in a listing. */
  settleMs: number;
  /** What `settleMs` rests on: a page of the provider, or `memory`. */
  settleSource?: string;
  /** Dotted paths of output fields that are secrets: sealed and masked. */
  secretFields?: readonly string[];
  /** Those of `secretFields` that this input asks for in so many words; they are handed out. */
  reveals?(input: Input): readonly string[];
  /** What one call takes from the buckets of `limits`, beside what every call takes. */
  limits?(input: Input): readonly LimitUse[];
  money?: readonly MoneyField[];
  /**
   * It answers one page: `items` is the output field with the list, the input field `cursor` takes what the output
   * field `nextCursor` gave. See `everyItem`.
   */
  pages?: { items: string };
  /** Deadline of one attempt, where the usual one is too short (an upload). */
  timeoutMs?: number;
  /** Largest answer that is read, where the usual one is too small (a download). */
  maxAnswerBytes?: number;
}

/** An action that still knows its types, for {@link ActionFunctions}. They exist at compile time only. */
export type TypedAction<Input, Output> = ActionDefinition<never, unknown> & {
  readonly types?: { input: Input; output: Output };
};

/** Gives one action its types, so that `request` and `parse` see what `input` promises. */
export function defineAction<Input, Output>(action: ActionDefinition<Input, Output>): TypedAction<Input, Output> {
  return action as unknown as TypedAction<Input, Output>;
}

/** The actions of a connector as a handler calls them: `ctx.actions.slack.sendMessage({...}, { step: 'notify' })`. */
export type ActionFunctions<Connector extends { actions: Readonly<Record<string, unknown>> }> = {
  [Name in keyof Connector['actions']]: Connector['actions'][Name] extends TypedAction<infer Input, infer Output>
    ? (input: Input, options?: { step?: string }) => Promise<Output>
    : never;
};
