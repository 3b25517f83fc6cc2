/**
 * The kit a connector is written with: one folder of data and pure functions. A connector says what to send and what
 * an answer means; it never fetches, sleeps, reads a clock or logs. The guide is docs/guide/connectors.md.
 *
 * @module
 */
import type { ActionDefinition } from './action.js';
import type { ActionRequest, FormValue, Method, QueryValue } from './action-request.js';
import type { ConnectionView, CredentialKind } from './connection-view.js';
import type { AuthDefinition } from './connector-auth.js';
import type { ProviderFailure } from './failure.js';
import type { LimitBucket } from './limit.js';
import type { CurrencyRules } from './money.js';
import type { HttpAnswer } from './ports.js';
import type { RawRules } from './raw-request.js';
import type { Environment } from './scope.js';
import type { WebhookDefinition } from './webhook.js';

export * from './action.js';
export * from './action-request.js';
export * from './connection-view.js';
export * from './connector-auth.js';
export * from './failure.js';
export * from './limit.js';
export type { RawFacts, RawRules } from './raw-request.js';

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

/** Whose account a credential opens. */
export interface Identity {
  /** Stable id of the account (team, organisation, workspace). */
  accountId: string;
  /** Its name for people: "Acme". */
  account: string;
  /** In whose name we act there: "@releases". */
  actor?: string;
  url?: string;
  /** The environment the account is for, where the provider tells. */
  environment?: Environment;
}

/** Asks whose account it is. Reads only. */
export interface IdentityRequest {
  request(connection: ConnectionView): ActionRequest;
  /** `undefined` when the answer does not say. */
  read(answer: HttpAnswer): Identity | undefined;
}

/** The cheapest read that shows that provider and credential work. */
export interface HealthProbe {
  request(connection: ConnectionView): ActionRequest;
  /** Not more often than this. */
  intervalMs: number;
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
  /** Further base URLs by name, for providers of several hosts. An override of the connection stands for all. */
  bases?: Readonly<Record<string, string>>;
  /** Sent with every request, e.g. the version of the API. Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  envAliases: readonly EnvAlias[];
  actions: Readonly<Record<string, ActionDefinition<never, unknown>>>;
  /**
   * What an answer that is no success means; `undefined` for a success. Sees errors inside HTTP 200, too. `nowMs` is
   * there for answers that name an instant at which to come back. `classifier` makes one of a table.
   */
  classify(answer: HttpAnswer, nowMs: number): ProviderFailure | undefined;
  limits?: Readonly<Record<string, LimitBucket>>;
  /** What it knows of requests that are none of its actions. */
  raw?: RawRules;
  /** Currencies that the provider counts in its own way. */
  currencies?: CurrencyRules;
  identity?: IdentityRequest;
  health?: HealthProbe;
  webhooks?: WebhookDefinition;
  /** How people connect their accounts; absent where only keys are given out. */
  auth?: AuthDefinition;
  /** Run as tests by the connector suite. */
  examples?: ConnectorExamples;
}

/** Answers of the provider and what we must conclude, inputs and what we must send. */
export interface ConnectorExamples {
  answers: readonly AnswerExample[];
  /** By action. Every action has at least one. */
  calls: Readonly<Record<string, readonly CallExample[]>>;
  /** By action. Every action with `reconcile` has one that is found and one that is not. */
  reconciles?: Readonly<Record<string, readonly ReconcileExample[]>>;
  identity?: { answer: ExampleAnswer; is: Identity };
}

/** A string body is sent as it is, anything else as JSON. */
export interface ExampleAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface AnswerExample {
  name: string;
  answer: ExampleAnswer & { status: number };
  /** `'success'`, or the parts of the failure that matter. */
  means: 'success' | Partial<ProviderFailure>;
}

export interface CallExample {
  input: unknown;
  /** The credential it is sent with; by default the first of `accepts`, or else the connector's first. */
  credential?: CredentialKind;
  /** Answers to the look-ups that this input needs, in order. */
  lookups?: readonly ExampleAnswer[];
  /** What must be sent: the URL after the base URL (or whole), and the JSON or form. */
  request?: {
    method: Method;
    url?: string;
    query?: Readonly<Record<string, QueryValue>>;
    headers?: Readonly<Record<string, string>>;
    json?: unknown;
    form?: Readonly<Record<string, FormValue>>;
  };
  /** A successful answer and what must be read from it. */
  answer: ExampleAnswer;
  output: unknown;
}

export interface ReconcileExample {
  input: unknown;
  /** Answers of the listing, in order; the mark in them is `example-key`. */
  answers: readonly ExampleAnswer[];
  means: { found: unknown } | 'not_found' | 'undecided';
}

/** Checks nothing at run time; gives a connector file its types. */
export function defineConnector<const Definition extends ConnectorDefinition>(definition: Definition): Definition {
  return definition;
}
