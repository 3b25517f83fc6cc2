/** What is said to make a simulated provider: data and pure functions, the whole truth at a glance. @module */
import type { Call } from './call.js';
import type { IdempotencyKeys } from './idempotency-keys.js';
import type { OAuthForm } from './oauth/index.js';
import type { LimitNumbers, LimitVerdict } from './rate-limits.js';
import type { SandboxReply } from './reply.js';
import type { SandboxRequest } from './request.js';
import type { Routes } from './route-table.js';
import type { SandboxSocket } from './socket-door.js';
import type { SandboxToken } from './tokens.js';
import type { WebhookForm, WebhookOutbox } from './webhook-outbox.js';

export interface SandboxDefinition<State> {
  /** Name of its folder. */
  name: string;
  /** The real one's address, without a slash at the end; paths of `routes` follow it. */
  address: string;
  /** Where its API begins below the address; empty when it begins there. */
  basePath: string;
  /** `raw`: bodies are not read; handlers look at `call.request.body`. */
  body?: 'raw';
  /** What is there at the beginning. */
  begin(): State;
  /** The tokens it takes. The first is the one that `variables` hands out. */
  tokens: readonly SandboxToken[];
  /** Where a request carries its token, if not as `Bearer` or `Basic` in `authorization`. Lower-case names. */
  tokenOf?(headers: Readonly<Record<string, string>>): string | undefined;
  /** Looks at `call.tokenState`; an answer refuses. Not asked for routes that are `open`. */
  authorize(call: Call<State>): SandboxReply | undefined;
  /** How it says what every provider has to say. */
  answers: {
    notFound(call: Call<State>): SandboxReply;
    /** The body cannot be read. */
    malformed(call: Call<State>, problem: string): SandboxReply;
    /** A rate limit refuses. `verdict` is absent when a fault wants the answer. */
    limited(call: Call<State>, verdict: LimitVerdict | undefined): SandboxReply;
    missingScope(call: Call<State>, scopes: readonly string[]): SandboxReply;
  };
  /** What every answer carries: a request id, what is left of the quota. */
  headers?(call: Call<State>): Record<string, string>;
  limits?: Readonly<Record<string, SandboxLimit<State>>>;
  idempotency?: SandboxIdempotency<State>;
  /**
   * The business faults it knows. What one gives is the answer, in place of the effect; nothing means that the handler
   * acts on `call.trouble`.
   */
  troubles?: Readonly<Record<string, (call: Call<State>) => SandboxReply | undefined>>;
  routes: Routes<State>;
  /** How people connect their accounts, where they do. Its addresses are `routes`, too. */
  oauth?: OAuthForm;
  webhooks?: WebhookForm;
  /** Its WebSockets, where it has any. */
  socket?(
    request: SandboxRequest,
    state: State,
    webhooks: WebhookOutbox,
    send: (text: string) => void,
  ): SandboxSocket | undefined;
  /** What connects Fairlead to it, served at `address`. */
  variables(address: string, token: SandboxToken, state: State): Record<string, string>;
  /** What people and tests see of it, as JSON, without secrets. */
  shows(state: State): unknown;
}

export interface SandboxLimit<State> extends LimitNumbers {
  /** Whose account pays for this call; `undefined` when the rule does not apply. */
  account(call: Call<State>): string | undefined;
}

export interface SandboxIdempotency<State> {
  /** Lower case. */
  header: string;
  lifeMs: IdempotencyKeys['lifeMs'];
  /** Methods that take it. */
  methods: readonly string[];
  /** Whether an answer is kept. Default: all are. */
  keeps?(reply: SandboxReply): boolean;
  /** The key itself is unusable. */
  refuses?(key: string, call: Call<State>): SandboxReply | undefined;
  /** A request came again under its key. */
  onRepeat?(key: string, call: Call<State>): void;
  mismatch(call: Call<State>): SandboxReply;
  inFlight(call: Call<State>): SandboxReply;
  /** What a repeated answer carries. */
  repeatHeaders: Record<string, string>;
}

/** Checks nothing at run time; gives a definition its types. */
export function defineSandbox<State>(definition: SandboxDefinition<State>): SandboxDefinition<State> {
  return definition;
}
