/**
 * The kit a connector is written with: one folder of data and pure functions. A connector says what to send and what
 * an answer means; it never fetches, sleeps, reads a clock or logs.
 *
 * @module
 */
import type { Effect } from './operation.js';
import type { HttpAnswer } from './ports.js';
import type { Schema } from './schema.js';
import type { SchemeRow } from './signature/index.js';
import type { Environment } from './scope.js';
import type { WebhookDefinition } from './webhook.js';

/** How a connection's credential reaches the provider. */
export type CredentialKind =
  /** `Authorization: Bearer <secret>`. */
  | 'bearer'
  /** `Authorization: Basic base64(<secret>)`, the secret being `user:password`. */
  | 'basic'
  /** The secret stands alone in a header of the provider's own, see {@link EnvAlias.header}. */
  | 'header'
  /** The secret is itself the URL that is posted to. */
  | 'secret_url'
  /** The connection has no secret. */
  | 'none';

/** A variable of the environment that teams already set, and what it makes. */
export interface EnvAlias {
  variable: string;
  makes: 'connection' | 'source';
  credential?: CredentialKind;
  /** Lower-case name of the header, for the credential kind `header`. */
  header?: string;
  /** Tells from the value which environment the key belongs to, where the provider marks its keys (`sk_test_`). */
  environmentOf?: (value: string) => Environment | undefined;
}

/** What a request function may know of the connection. The secret itself is added later, by `outbound/`. */
export interface ConnectionView {
  id: string;
  environment: Environment;
  credential: CredentialKind;
  /** Base URL of the API; a sandbox provider or the operator can set another. No slash at the end. */
  baseUrl: string;
  /** The operator says that this target recognises `Idempotency-Key` (the user's own internal tool). */
  honoursIdempotencyKey?: boolean;
}

/** What to send. Exactly one of `json`, `form` and `bytes`, or none. */
export interface ActionRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * Relative to the connection's base URL and beginning with `/`, or absolute below one of the connector's hosts;
   * absent for `secret_url`.
   */
  url?: string;
  headers?: Record<string, string>;
  json?: unknown;
  form?: Record<string, string>;
  bytes?: { body: Uint8Array; contentType: string };
  /** A signature over the body, made anew for every attempt; the key is fetched by reference and never seen here. */
  sign?: { row: SchemeRow; reference: string; id: string };
}

/** What a provider's answer comes to, when it is no success. */
export interface ProviderFailure {
  code: 'rate_limited' | 'provider_unavailable' | 'provider_rejected' | 'provider_auth';
  /** The provider's own word for it, e.g. `channel_not_found`. */
  providerCode: string;
  /** Words for a person, without a status number. */
  problem: string;
  requestId?: string;
  /** How long the provider asks us to wait. Absent means backoff, never zero. */
  retryAfterMs?: number;
  /** The answer proves that nothing took place, so that even a write without a key may be sent again. */
  safeToRetry: boolean;
}

/** Looks up whether a write that got no answer took place. */
export interface Reconciliation<Input, Output> {
  /** Whether this connection can look it up at all. Absent means yes. */
  isPossible?(input: Input, connection: ConnectionView): boolean;
  /** A listing, never a search index: a search may lag behind what it lists. */
  request(input: Input, marker: string, connection: ConnectionView, sinceMs: number): ActionRequest;
  decide(
    answer: HttpAnswer,
    input: Input,
    marker: string,
  ): { found: true; output: Output } | { found: false } | undefined;
}

/** A header that takes our key, and for how long the provider remembers it; or nothing. */
export type Idempotency = { header: string; keyTtlMs: number; source: string } | 'none';

export interface ActionDefinition<Input = unknown, Output = unknown> {
  summary: string;
  effect: Effect;
  /**
   * Only a handler that names it in its `uses` may call it, in every environment: its input comes from configuration
   * and says things that no other caller may say (a reference to a secret).
   */
  handlersOnly?: true;
  input: Schema<Input>;
  output: Schema<Output>;
  target(input: Input): { type: string; id: string };
  /** Which credentials can carry this input, the best first. Absent means: whatever the connection has. */
  accepts?(input: Input): readonly CredentialKind[];
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
  /** Dotted paths of output fields that are secrets: sealed and masked. */
  secretFields?: readonly string[];
  /** Name of the rate-limit bucket in `limits`. */
  bucket?: string;
}

/** What a rate limit covers and how fast it refills. */
export interface LimitBucket {
  covers: string;
  ratePerSecond: number;
  burst: number;
  concurrency: number;
  source: string;
}

export interface ConnectorDefinition {
  apiVersion: 1;
  provider: string;
  title: string;
  /** Hosts its credentials may be sent to; `*.example.com` covers one level of subdomains. */
  hosts: readonly string[];
  /**
   * The caller names the target, which can be anywhere the egress guard allows (the generic `http` connector). The
   * credential still goes only to the hosts that the operator listed; to others the request goes without it.
   */
  anyTarget?: boolean;
  baseUrl: string;
  envAliases: readonly EnvAlias[];
  actions: Readonly<Record<string, ActionDefinition<never, unknown>>>;
  /**
   * What an answer that is no success means; `undefined` for a success. Sees errors inside HTTP 200, too. `nowMs` is
   * there for answers that name an instant at which to come back.
   */
  classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined;
  limits?: Readonly<Record<string, LimitBucket>>;
  webhooks?: WebhookDefinition;
  /** Run as tests by the connector suite. */
  examples?: ConnectorExamples;
}

/** Answers of the provider and what we must conclude, inputs and what we must send. */
export interface ConnectorExamples {
  answers: readonly AnswerExample[];
  /** By action. Every action has at least one. */
  calls: Readonly<Record<string, readonly CallExample[]>>;
}

export interface AnswerExample {
  name: string;
  answer: { status: number; headers?: Record<string, string>; body?: unknown };
  /** `'success'`, or the parts of the failure that matter. */
  means: 'success' | Partial<ProviderFailure>;
}

export interface CallExample {
  input: unknown;
  /** The credential it is sent with; by default the first of `accepts`, or else the connector's first. */
  credential?: CredentialKind;
  /** What must be sent: the URL after the base URL (or whole), and the JSON or form. */
  request?: { method: string; url?: string; json?: unknown; form?: Record<string, string> };
  /** A successful answer and what must be read from it. A string body is sent as it is, anything else as JSON. */
  answer: { status?: number; headers?: Record<string, string>; body?: unknown };
  output: unknown;
}

/** Checks nothing at run time; gives a connector file its types. */
export function defineConnector<const Definition extends ConnectorDefinition>(definition: Definition): Definition {
  return definition;
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
