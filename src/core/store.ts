/**
 * The only description of persistence: verbs that carry a whole intent and are atomic.
 *
 * No interactive transaction crosses this port; two things that must be atomic are one verb. Every verb of a tenant
 * takes {@link Scope} first; what serves the whole installation is in {@link SystemVerbs}. A promise that resolves
 * means: committed and fsynced (reads aside). A promise that rejects with `store_unavailable` means: not committed, or,
 * where the store is behind a network, not known to be. Both are safe to repeat.
 *
 * Durations go in (`leaseMs`, `delayMs`), instants come out (`...AtMs`): the store owns the clock that leases live by.
 *
 * @module
 */
import type { ApiKeyRow, NewApiKey } from './api-key.js';
import type {
  ApprovalDecision,
  ApprovalEnd,
  ApprovalFilter,
  ApprovalRequest,
  ApprovalRow,
  NewApproval,
} from './approval.js';
import type { NewAuditEntry, AuditRow, AuditFilter, Tile, StoredCheckpoint } from './audit.js';
import type { NewCall, CallBeginning, CallRow, CallSettlement, CallFilter, TakeUp, TakenUp } from './call.js';
import type { NewEvent, Acceptance, EventFilter, EventRow, EventSummary } from './event.js';
import type { Claim, JobFilter, JobRow, QueueDepth, Requeue, Turn } from './job.js';
import type { LimitVerbs } from './limit-verbs.js';
import type { HintVerbs, NodeVerbs } from './node.js';
import type { Environment, Scope } from './scope.js';
import type { NewSecret, Rewrap, SealedRecord, SecretKind, SecretPut, SecretRow, SecretSummary } from './secret.js';
import type { ConnectionChange, ConnectionFilter, ConnectionRow, NewConnection } from './stored-connection.js';
import type { NewSource, SourceRow, SourceSecret } from './source.js';
import type { SpendItem, SpendTaken, SpendWindow } from './spend.js';
import type { ClientVerbs, GrantVerbs } from './grant.js';
import type { PeopleVerbs, SessionRotation, SessionRow, SessionVerbs, TenantVerbs } from './people.js';
import type { DueRenewal, RenewalVerbs } from './renewal.js';
import type { TicketRow, TicketVerbs } from './ticket.js';

/** A page of a list in commit order. `cursor` is opaque; absent means: no more. */
export interface Page<Row> {
  rows: Row[];
  cursor?: string;
}

export interface PageRequest {
  /** At most this many rows, 1 to 1,000. */
  limit: number;
  cursor?: string;
  /** Newest first unless `oldest`. */
  order?: 'newest' | 'oldest';
}

export interface SourceVerbs {
  /** @returns `path_taken` when another live source, of any tenant, listens there. */
  create(scope: Scope, source: NewSource): Promise<'created' | 'path_taken'>;
  get(scope: Scope, id: string): Promise<SourceRow | undefined>;
  list(scope: Scope): Promise<SourceRow[]>;
  /** Adds a secret as the newest; the ones before it expire `overlapMs` from now, or earlier if they were to. */
  rotateSecret(scope: Scope, id: string, secret: SourceSecret, overlapMs: number): Promise<'rotated' | 'not_found'>;
  delete(scope: Scope, id: string): Promise<'deleted' | 'not_found'>;
}

export interface EventVerbs {
  /**
   * Stores an event, its dedupe keys, its jobs and its audit leaf, or nothing.
   *
   * The scope of the dedupe keys is (tenant, environment, source). On a duplicate only the counter of the first event
   * moves, and no leaf is written.
   */
  accept(scope: Scope, event: NewEvent): Promise<Acceptance>;
  get(scope: Scope, id: string): Promise<EventRow | undefined>;
  list(scope: Scope, filter: EventFilter, page: PageRequest): Promise<Page<EventSummary>>;
}

export interface JobVerbs {
  get(scope: Scope, id: string): Promise<JobRow | undefined>;
  list(scope: Scope, filter: JobFilter, page: PageRequest): Promise<Page<JobRow>>;
  /**
   * Makes jobs run again, or for the first time (an event that had no handler then). A job that waits or runs is left
   * alone. `again` raises the generation, which is part of every handler key.
   *
   * @returns how many jobs were made ready, of how many items.
   */
  requeue(scope: Scope, items: Requeue[]): Promise<{ requeued: number }>;
  /** Stops or lets go on the claims of one queue, or of all queues of the scope when `queue` is absent. */
  setPaused(scope: Scope, queue: string | undefined, paused: boolean): Promise<void>;
  /** Counts by state and the oldest waiting job per queue. Costs the same at any backlog. */
  depth(scope: Scope): Promise<QueueDepth[]>;
}

export interface CallVerbs {
  /**
   * Writes the intent of a call and, with `sending`, the fence that precedes its first byte; or says what an earlier
   * call under the same key came to. The audit entry is appended only when the answer is `begun` or `taken_over`.
   */
  begin(scope: Scope, call: NewCall): Promise<CallBeginning>;
  /** Records one more attempt of a call we hold. `lost` when another fence took over: then nothing may be sent. */
  sending(scope: Scope, callId: string, fence: number, leaseMs: number): Promise<'recorded' | 'lost'>;
  /**
   * Makes a call `sending` again under a new fence: one that ended `unknown`, or one that was taken over and is held
   * under `fence`. The audit entry is appended only when the answer is `taken_up`.
   */
  takeUp(scope: Scope, takeUp: TakeUp): Promise<TakenUp>;
  /** Ends a call with its outcome and its audit entry, and wakes the jobs parked on it unless it ended `unknown`. */
  settle(scope: Scope, settlement: CallSettlement): Promise<'settled' | 'lost'>;
  get(scope: Scope, callId: string): Promise<CallRow | undefined>;
  /** The last call under a key that is still remembered. It changes nothing. */
  underKey(scope: Scope, key: string): Promise<CallRow | undefined>;
  list(scope: Scope, filter: CallFilter, page: PageRequest): Promise<Page<CallRow>>;
}

/** State of the user's own things (an order, a subscription), kept for handlers. */
export interface StateRow {
  entity: string;
  state: string;
  /** JSON text. */
  data: string;
  version: number;
  updatedAtMs: number;
  /** The provider's time of the event behind the last transition. */
  occurredAtMs?: number;
}

export interface Transition {
  /**
   * The key of the step; once it was applied, a second transition under it changes nothing and answers as the first
   * did. A refused one is not remembered: it may come again when its predecessor has.
   */
  key: string;
  entity: string;
  /** States it may come from; `null` stands for "not seen yet". */
  from: (string | null)[];
  to: string;
  data?: string;
  occurredAtMs?: number;
  /** How long the step's key is remembered. */
  keyTtlMs: number;
}

export type TransitionOutcome =
  { kind: 'applied'; row: StateRow; replayed: boolean } | { kind: 'refused'; row: StateRow | undefined };

export interface StateVerbs {
  get(scope: Scope, entity: string): Promise<StateRow | undefined>;
  transition(scope: Scope, transition: Transition): Promise<TransitionOutcome>;
}

/** Sealed values by kind and name. The store sees ciphertext only. */
export interface SecretVerbs {
  /** Keeps a value if the version that is there is the expected one: of two that refresh a token together, one wins. */
  put(scope: Scope, kind: SecretKind, secret: NewSecret): Promise<SecretPut>;
  get(scope: Scope, kind: SecretKind, name: string): Promise<SecretRow | undefined>;
  delete(scope: Scope, kind: SecretKind, name: string): Promise<boolean>;
  list(scope: Scope, kind: SecretKind, page: PageRequest): Promise<Page<SecretSummary>>;
}

export interface ConnectionVerbs {
  /** Stores a connection and, with it, its credential (kind `connection`, named by the id of the connection). */
  create(scope: Scope, connection: NewConnection, credential: NewSecret | undefined): Promise<'created' | 'exists'>;
  get(scope: Scope, id: string): Promise<ConnectionRow | undefined>;
  list(scope: Scope, filter: ConnectionFilter, page: PageRequest): Promise<Page<ConnectionRow>>;
  update(scope: Scope, id: string, change: ConnectionChange): Promise<'updated' | 'conflict' | 'not_found'>;
  /** Ends it: its credential is deleted in the same commit. The row stays, for the record; a second time is no error. */
  disconnect(scope: Scope, id: string): Promise<'disconnected' | 'not_found'>;
}

/** Keys of Fairlead's own. Only hashes come here. */
export interface ApiKeyVerbs {
  create(scope: Scope, key: NewApiKey): Promise<'created' | 'exists'>;
  get(scope: Scope, id: string): Promise<ApiKeyRow | undefined>;
  list(scope: Scope, page: PageRequest): Promise<Page<ApiKeyRow>>;
  /** Ends a key at once; a second time is no error. */
  revoke(scope: Scope, id: string): Promise<'revoked' | 'not_found'>;
  /** Stores the next key, and lets the old one end `overlapMs` from now, or earlier if it was to. A key that has ended is not found. */
  rotate(scope: Scope, id: string, next: NewApiKey, overlapMs: number): Promise<'rotated' | 'not_found'>;
  /** Notes that a key is in use. */
  used(scope: Scope, id: string): Promise<void>;
}

export interface ApprovalVerbs {
  /** Asks for one, or says which one the key has already. The audit entry is appended only when it is `requested`. */
  request(scope: Scope, approval: NewApproval): Promise<ApprovalRequest>;
  get(scope: Scope, id: string): Promise<ApprovalRow | undefined>;
  /** The newest approval of a call. */
  ofCall(scope: Scope, callId: string): Promise<ApprovalRow | undefined>;
  list(scope: Scope, filter: ApprovalFilter, page: PageRequest): Promise<Page<ApprovalRow>>;
  /** Of several that decide, one does; a no wakes the jobs parked on the call. `closed`: decided before, or too late. */
  decide(scope: Scope, id: string, decision: ApprovalDecision): Promise<'decided' | 'closed' | 'not_found'>;
  /** Takes an approved call in hand for `leaseMs`: of several that want to send it, one may. */
  start(scope: Scope, id: string, leaseMs: number): Promise<boolean>;
  /** Closes an open approval and wakes the jobs parked on its call. */
  end(scope: Scope, id: string, end: ApprovalEnd): Promise<'ended' | 'not_found'>;
}

/** Counters of amounts, over windows that move on with the time. */
export interface SpendVerbs {
  /** What was counted in each window. */
  sums(scope: Scope, windows: readonly SpendWindow[]): Promise<number[]>;
  /** Counts all amounts or none, once a key: asked again under the same key it changes nothing. */
  take(scope: Scope, key: string, items: readonly SpendItem[]): Promise<SpendTaken>;
  /** Takes back what was counted under a key: the call certainly had no effect. */
  giveBack(scope: Scope, key: string): Promise<void>;
}

export interface AuditVerbs {
  append(scope: Scope, entries: NewAuditEntry[]): Promise<void>;
  search(scope: Scope, filter: AuditFilter, page: PageRequest): Promise<Page<AuditRow>>;
  get(scope: Scope, id: string): Promise<AuditRow | undefined>;
}

/** How full, how old, how many: what `status` shows and what readiness asks. */
export interface StoreStatus {
  driver: string;
  engineVersion: string;
  schemaVersion: number;
  sizeBytes: number;
  events: number;
  jobs: Record<string, number>;
}

export interface Retention {
  bodiesMs: number;
  attemptsMs: number;
  dedupeMs: number;
  auditMs: number;
}

export interface SystemVerbs {
  /** Every source that is not deleted, with the version that {@link SystemVerbs.sourcesVersion} had then. */
  allSources(): Promise<{ version: number; sources: SourceRow[] }>;
  sourcesVersion(): Promise<number>;

  /** The key of this hash, whatever its state. */
  apiKey(hash: Uint8Array): Promise<ApiKeyRow | undefined>;
  /** An approval by its id alone, for who follows a link. */
  approval(id: string): Promise<ApprovalRow | undefined>;
  /** Approvals that something has to be done about: approved and in nobody's hand, or pending beyond their time. */
  approvalsDue(limit: number): Promise<ApprovalRow[]>;

  /** Settles what has ended and claims what is due, in one commit. The heart of the queue. */
  turn(turn: Turn): Promise<Claim>;
  /** Milliseconds until the next job falls due, 0 if one is due, `undefined` if none waits. */
  nextDueInMs(): Promise<number | undefined>;

  /** The sequenced tree of an environment. */
  auditTree(environment: Environment): Promise<{ size: number; checkpoint: StoredCheckpoint | undefined }>;
  /**
   * Rows `fromSize` and up to `limit` on, in the order of the tree; committed leaves without a place get theirs first,
   * in commit order. `fromSize` is at most the size of the tree; rows that have their place already are given again.
   */
  auditSequence(environment: Environment, fromSize: number, limit: number): Promise<AuditRow[]>;
  /** Rows `from` to `to` (exclusive) of the sequenced tree, with their leaf hashes. */
  auditRows(environment: Environment, from: number, to: number): Promise<AuditRow[]>;
  auditLeaves(environment: Environment, from: number, to: number): Promise<Uint8Array[]>;
  /** Stores full tiles and a checkpoint over `size` leaves, and deletes the checkpoints whose sizes are in `drop`. */
  auditCheckpoint(
    environment: Environment,
    tiles: Tile[],
    checkpoint: StoredCheckpoint,
    drop: readonly number[],
  ): Promise<void>;
  auditTiles(environment: Environment, level: number, from: number, to: number): Promise<Tile[]>;
  /** All checkpoints, oldest first, paged by size. */
  auditCheckpoints(environment: Environment, afterSize: number, limit: number): Promise<StoredCheckpoint[]>;

  /**
   * Everything that is wrapped by a key-encryption key, of every tenant, oldest first: secrets, then secrets of sources.
   * What is added while it is walked over may be missed, what is deleted may still come.
   */
  sealedRecords(page: PageRequest): Promise<Page<SealedRecord>>;
  /** Replaces sealed bytes, each only where they are still what they were; in one commit. */
  rewrap(records: readonly Rewrap[]): Promise<{ replaced: number }>;

  /** Takes a ticket back, which no one can do again; `undefined` when there is none or its time is over. */
  redeemTicket(kind: string, hash: Uint8Array): Promise<TicketRow | undefined>;
  /** The open session that a token of a cookie belongs to; noted as used. `undefined` for one that has ended. */
  session(hash: Uint8Array): Promise<SessionRow | undefined>;
  /**
   * Uses a refresh token up for the next one (kind `tokens` unless it says `client`, where the first is the code).
   * `undefined` for one that nobody has given out, that has ended, or that is of another kind.
   */
  rotateSession(hash: Uint8Array, next: Uint8Array, kind?: 'tokens' | 'client'): Promise<SessionRotation | undefined>;
  /** Connections whose credentials are due to be renewed and that nobody is at, those due longest first. */
  dueRenewals(limit: number): Promise<DueRenewal[]>;

  status(): Promise<StoreStatus>;
  /** Deletes what is older than its retention, at most `limit` rows a kind; returns rows removed by kind. */
  prune(retention: Retention, limit: number): Promise<Record<string, number>>;
  /** Structure and content check of the whole database. Empty means sound. */
  integrity(): Promise<string[]>;
  /** A consistent copy while writes go on. */
  backup(path: string): Promise<{ bytes: number }>;
  close(): Promise<void>;
}

/** Where several processes write: which of them does what one must do. */
export interface LeaderVerbs {
  /**
   * Takes or keeps the lead in a role for `leaseMs` from now; 0 gives it up.
   *
   * @returns the epoch, which counts the changes of leader, or `undefined` while somebody else leads
   */
  lead(role: string, owner: string, leaseMs: number): Promise<number | undefined>;
}

export interface StoreCapabilities {
  /** More than one process may write at a time. */
  concurrentWriters: boolean;
  /** Another process's commit can wake this one. */
  notify: boolean;
  /** A consistent copy can be taken through {@link SystemVerbs.backup}. */
  backup: boolean;
}

export interface Store {
  readonly capabilities: StoreCapabilities;
  readonly sources: SourceVerbs;
  readonly events: EventVerbs;
  readonly jobs: JobVerbs;
  readonly calls: CallVerbs;
  readonly state: StateVerbs;
  readonly secrets: SecretVerbs;
  readonly connections: ConnectionVerbs;
  readonly renewals: RenewalVerbs;
  readonly tickets: TicketVerbs;
  readonly apiKeys: ApiKeyVerbs;
  readonly approvals: ApprovalVerbs;
  readonly people: PeopleVerbs;
  readonly sessions: SessionVerbs;
  readonly clients: ClientVerbs;
  readonly grants: GrantVerbs;
  readonly tenants: TenantVerbs;
  readonly spend: SpendVerbs;
  readonly audit: AuditVerbs;
  readonly system: SystemVerbs;
  readonly nodes: NodeVerbs;
  /** Absent where one process owns the store: it leads. */
  readonly leader?: LeaderVerbs;
  /** Absent where one process owns the store: its limits are in its memory. */
  readonly limits?: LimitVerbs;
  /** Absent where one process owns the store: it knows what it has written. */
  readonly hints?: HintVerbs;
}
