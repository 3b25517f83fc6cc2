/** What operations work with. Filled by compose.ts; a test fills it with virtual parts. @module */
import type { ConnectFlow, ConnectLinks, OAuthApps, OAuthConnections, TokenClient } from '../auth/index.js';
import type { Grants, Sessions, SignIn, SigningKeys } from '../auth/index.js';
import type { LoginApp } from '../core/return-path.js';
import type { ApiKeys, Approvers, Attempts, ConnectionBook, KeptSecrets, Vault } from '../auth/index.js';
import type { ApprovalRow } from '../core/approval.js';
import type { NewAuditEntry } from '../core/audit.js';
import type { ConnectorDefinition } from '../core/connector.js';
import type { AuditDraft, RecorderParts, Sealer } from '../audit/index.js';
import type { KnownFinding } from '../core/known-finding.js';
import type { CallContext, OperationDefinition } from '../core/operation.js';
import type { Clock, Files, KeySource, Log, Random } from '../core/ports.js';
import type { Environment, Scope } from '../core/scope.js';
import type { SourceRow } from '../core/source.js';
import type { SpecEntry } from '../core/spec.js';
import type { Store } from '../core/store.js';
import type { SampleSet, WebhookDefinition } from '../core/webhook.js';
import type { HandlerTable } from '../jobs/index.js';
import type { CallResult } from '../core/call.js';
import type { ActionCall, LimitState } from '../outbound/index.js';
import type { Policy } from '../policy/index.js';
import type { IntakeDoor, SourceTable } from '../receive/index.js';

export type { Policy };

/** What an operation says for the audit log. */
export type EntryDraft = Omit<AuditDraft, 'actor' | 'callId'>;

export interface Check {
  name: string;
  ok: boolean;
  /** What was seen, and for a failed check what to do. */
  says: string;
}

/** Filled by the composition. */
export interface Connecting {
  flow: ConnectFlow;
  links: ConnectLinks;
  connections: OAuthConnections;
  tokens: TokenClient;
  apps: OAuthApps;
  baseUrlOf: (provider: string, environment: Environment) => string;
  /** Where a browser is sent in the end: a path of ours, or an address of the operator's. */
  returnTo: string;
  /** Origins whose pages may show the connect page in a frame. */
  embedIn: readonly string[];
}

/** Filled by the composition. */
export interface Login {
  signIn: SignIn;
  sessions: Sessions;
  keys: SigningKeys;
  /** What people give to programs. */
  grants: Grants;
  apps: readonly LoginApp[];
}

export interface Gateway {
  version: string;
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  files: Files;
  dataDir: string;
  /** Loaded when first asked for. */
  connectors: () => Promise<readonly ConnectorDefinition[]>;
  /** What the connectors can be asked for, to be searched. */
  specs: () => Promise<readonly SpecEntry[]>;
  webhooks: Readonly<Record<string, WebhookDefinition>>;
  samples: () => Promise<Readonly<Record<string, SampleSet>>>;
  handlers: HandlerTable;
  sources: SourceTable;
  door: IntakeDoor;
  /** Where the outside reaches us, e.g. `http://127.0.0.1:4650` or the public URL. */
  address: () => string;
  /** Tells the job runner that something may be due. */
  wake: () => void;
  /** What the vault keeps under a name or for a connection. */
  secrets: KeptSecrets;
  /** Loaded with the connectors. */
  connections: () => Promise<ConnectionBook>;
  /** How accounts are connected; loaded with the connectors. */
  connecting: () => Promise<Connecting>;
  /** How people sign in; loaded with the connectors. */
  login: () => Promise<Login>;
  vault: Vault;
  /** Keys of our own. */
  apiKeys: ApiKeys;
  approvers: Approvers;
  /** How often somebody may try to sign in or to decide. */
  attempts: Attempts;
  /** Addresses of proxies of ours, whose word on where a request came from counts. */
  trustedProxies: readonly string[];
  /** What checks before going live may find. */
  knownFindings: readonly KnownFinding[];
  policy: Policy;
  /** Sends what a person has agreed to; see `Outbound.carryOut`. */
  carryOut: (row: ApprovalRow, approval: { by: string; at: string }) => Promise<CallResult>;
  /** The keys of the vault, which lie outside the store. */
  keys: KeySource;
  sealSecret: (scope: Scope, sourceId: string, secretId: string, text: string) => Uint8Array;
  /** The active secrets of a source, newest first. Only for signing samples. */
  secretsOf: (row: SourceRow) => Promise<readonly string[]>;
  /** A line of the audit log; who and which call are taken from the context. */
  entry: (context: CallContext, draft: EntryDraft) => NewAuditEntry;
  callAction: (call: ActionCall) => Promise<CallResult>;
  /** The limits that calls have met or learnt in this process. */
  limits: (scope: Scope) => Promise<LimitState[]>;
  /** Sequences what is committed, so that an answer about the tree is about everything acknowledged. */
  sequenceAudit: () => Promise<void>;
  /** SPKI PEM. */
  auditPublicKey: (environment: Environment) => string;
  /** Names this installation in checkpoints. */
  installationId: () => string;
  /** What audit records are made with. */
  recorder: RecorderParts;
  /** Opens the personal values of audit entries. */
  sealer: Sealer;
  /** Opens the sealed body of an event; views mask its secret fields. */
  openBody: (scope: Scope, eventId: string, body: Uint8Array) => Uint8Array;
  /** The id of the key that new secrets are sealed under: a backup opens only where this key is. */
  keyId: () => string;
  checks: () => Promise<Check[]>;
  status: () => Promise<Record<string, unknown>>;
}

/** An operation of this product. */
export type Operation<Input = never, Output = unknown> = OperationDefinition<Input, Output, Gateway>;

/** Gives one row of the table its types. */
export function operation<Input, Output>(definition: OperationDefinition<Input, Output, Gateway>): Operation {
  return definition as unknown as Operation;
}
