/**
 * A whole store in neutral form: what `fairlead db move` carries from one driver to the other.
 *
 * Three kinds of contents. Plain tables are the same in every driver, row by row. The log is every leaf of the audit
 * trees in the order of the commits, each with what it stands for: an event with its jobs and keys, or an entry.
 * Everything else (counters, numbers, leases, places on the disk) is each driver's own, and made anew from these.
 *
 * @module
 */
import type { JobState } from './event.js';
import type { Environment } from './scope.js';

export type Cell = null | number | boolean | string | Uint8Array;

/** `key` is text that is only compared: a driver may keep a long one as its beginning and its hash, see `keyText`. */
export type FieldType = 'number' | 'flag' | 'text' | 'key' | 'bytes';

export interface PlainTable {
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Fields whose values no two rows share; rows come in their order. */
  readonly order: readonly string[];
  /** A number that says nothing but the order: rows are numbered from 1 on their way out. */
  readonly renumber?: string;
  /** A number that the store itself gives to new rows. */
  readonly generated?: string;
}

/** In the order in which they are copied. Fields are called like the columns of the drivers. */
export const PLAIN_TABLES = {
  scope: {
    fields: { id: 'number', tenant: 'text', environment: 'text', paused: 'flag' },
    order: ['id'],
    generated: 'id',
  },
  origin: { fields: { id: 'number', scope: 'number', name: 'text' }, order: ['id'], generated: 'id' },
  queue: {
    fields: { id: 'number', scope: 'number', name: 'text', paused: 'flag' },
    order: ['id'],
    generated: 'id',
  },
  source: {
    fields: {
      seq: 'number',
      scope: 'number',
      id: 'text',
      provider: 'text',
      path: 'text',
      scheme: 'text',
      unsigned_reason: 'text',
      refusal_status: 'number',
      body_limit_bytes: 'number',
      tolerance_seconds: 'number',
      public_url: 'text',
      pairing_until: 'number',
      created_at: 'number',
      created_by: 'text',
      deleted_at: 'number',
    },
    order: ['seq'],
    generated: 'seq',
  },
  source_secret: {
    fields: {
      source: 'number',
      ordinal: 'number',
      id: 'text',
      sealed: 'bytes',
      reference: 'text',
      created_at: 'number',
      created_by: 'text',
      expires_at: 'number',
    },
    order: ['source', 'ordinal'],
  },
  secret: {
    fields: {
      seq: 'number',
      scope: 'number',
      kind: 'text',
      name: 'text',
      id: 'text',
      version: 'number',
      sealed: 'bytes',
      facts: 'text',
      created_at: 'number',
      updated_at: 'number',
    },
    order: ['seq'],
    generated: 'seq',
  },
  connection: {
    fields: {
      seq: 'number',
      scope: 'number',
      id: 'text',
      provider: 'text',
      user: 'text',
      state: 'text',
      facts: 'text',
      version: 'number',
      created_at: 'number',
      created_by: 'text',
      updated_at: 'number',
    },
    order: ['seq'],
    generated: 'seq',
  },
  entity: {
    fields: {
      scope: 'number',
      entity: 'key',
      state: 'text',
      data: 'text',
      version: 'number',
      updated_at: 'number',
      occurred_at: 'number',
    },
    order: ['scope', 'entity'],
  },
  transition: {
    fields: { scope: 'number', key: 'key', outcome: 'text', forget_at: 'number' },
    order: ['scope', 'key'],
  },
  ordering: {
    fields: { queue: 'number', key: 'key', slots: 'number', heads: 'number', blocked: 'number' },
    order: ['queue', 'key'],
  },
  call: {
    fields: {
      seq: 'number',
      scope: 'number',
      id: 'text',
      key: 'key',
      current: 'flag',
      operation: 'text',
      input_hash: 'bytes',
      state: 'text',
      fence: 'number',
      attempts: 'number',
      sending_at: 'number',
      lease_until: 'number',
      key_ttl: 'number',
      started_at: 'number',
      ended_at: 'number',
      forget_at: 'number',
      duration_ms: 'number',
      result: 'text',
    },
    order: ['scope', 'seq', 'id'],
    renumber: 'seq',
  },
  ticket: {
    fields: {
      kind: 'text',
      hash: 'bytes',
      scope: 'number',
      body: 'bytes',
      created_at: 'number',
      expires_at: 'number',
    },
    order: ['kind', 'hash'],
  },
  renewal: {
    fields: {
      scope: 'number',
      connection: 'text',
      fence: 'number',
      until: 'number',
      failures: 'number',
      due_at: 'number',
      problem: 'text',
    },
    order: ['scope', 'connection'],
  },
  api_key: {
    fields: {
      seq: 'number',
      scope: 'number',
      id: 'text',
      hash: 'bytes',
      facts: 'text',
      created_by: 'text',
      created_at: 'number',
      expires_at: 'number',
      revoked_at: 'number',
      used_at: 'number',
    },
    order: ['seq'],
    generated: 'seq',
  },
  approval: {
    fields: {
      seq: 'number',
      scope: 'number',
      id: 'text',
      call: 'text',
      key: 'key',
      current: 'flag',
      operation: 'text',
      input_hash: 'bytes',
      state: 'text',
      request: 'text',
      requested_by: 'text',
      requested_at: 'number',
      expires_at: 'number',
      decision: 'text',
      decided_at: 'number',
      outcome: 'text',
      lease_until: 'number',
    },
    order: ['seq'],
    generated: 'seq',
  },
  person: {
    fields: {
      seq: 'number',
      scope: 'number',
      id: 'text',
      email: 'text',
      verified: 'flag',
      role: 'text',
      facts: 'text',
      created_at: 'number',
    },
    order: ['seq'],
    generated: 'seq',
  },
  identity: {
    fields: {
      scope: 'number',
      iss: 'text',
      sub: 'text',
      person: 'text',
      provider: 'text',
      email: 'text',
      created_at: 'number',
    },
    order: ['scope', 'iss', 'sub'],
  },
  session: {
    fields: {
      scope: 'number',
      id: 'text',
      person: 'text',
      kind: 'text',
      created_at: 'number',
      expires_at: 'number',
      idle_ms: 'number',
      idle_at: 'number',
      ended_at: 'number',
      access_grant: 'text',
      bound: 'text',
    },
    order: ['scope', 'id'],
  },
  session_token: {
    fields: { hash: 'bytes', scope: 'number', session: 'text', spent: 'flag' },
    order: ['hash'],
  },
  client: {
    fields: {
      seq: 'number',
      scope: 'number',
      id: 'text',
      name: 'text',
      redirect_uris: 'text',
      created_by: 'text',
      created_at: 'number',
      deleted_at: 'number',
    },
    order: ['seq'],
    generated: 'seq',
  },
  access_grant: {
    fields: {
      seq: 'number',
      scope: 'number',
      id: 'text',
      person: 'text',
      client: 'text',
      client_name: 'text',
      redirect_uri: 'text',
      resource: 'text',
      scopes: 'text',
      environment: 'text',
      created_at: 'number',
      revoked_at: 'number',
    },
    order: ['seq'],
    generated: 'seq',
  },
  tenant: {
    fields: { name: 'text', created_by: 'text', created_at: 'number', deleted_at: 'number' },
    order: ['name'],
  },
  spend: {
    fields: { scope: 'number', counter: 'key', key: 'key', at: 'number', minor: 'number' },
    order: ['scope', 'counter', 'key'],
  },
  tile: {
    fields: { environment: 'text', level: 'number', idx: 'number', hashes: 'bytes' },
    order: ['environment', 'level', 'idx'],
  },
  checkpoint: {
    fields: { environment: 'text', size: 'number', root: 'bytes', at: 'number', note: 'text' },
    order: ['environment', 'size'],
  },
} as const satisfies Record<string, PlainTable>;

export type PlainName = keyof typeof PLAIN_TABLES;

export const PLAIN_NAMES = Object.keys(PLAIN_TABLES) as PlainName[];

export const plainTable = (name: PlainName): PlainTable => PLAIN_TABLES[name];

/** Cells in the order of the table's fields. */
export type PlainRow = readonly Cell[];

export interface PortableAttempt {
  fence: number;
  attempt: number;
  endedAtMs: number;
  error: string;
}

export interface PortableJob {
  /** Among the jobs of its event. */
  place: number;
  id: string;
  queue: number;
  state: JobState;
  hold: boolean;
  attempts: number;
  maxAttempts: number;
  generation: number;
  fence: number;
  orderLimit: number;
  orderKey: string | null;
  dueAtMs: number;
  updatedAtMs: number;
  leaseUntilMs: number | null;
  parkedOn: string | null;
  error: string | null;
  ahead: boolean;
  waitingSinceMs: number | null;
  past: PortableAttempt[];
}

export interface PortableEvent {
  id: string;
  origin: number;
  provider: string;
  type: string;
  key: string;
  /** 16 bytes each. */
  dedupeKey: Uint8Array;
  bodyKey: Uint8Array | null;
  /** Whether the keys still keep copies out: retention has not taken them. */
  isKeyKnown: boolean;
  isBodyKeyKnown: boolean;
  occurredAtMs: number | null;
  receivedAtMs: number;
  account: string | null;
  subject: string | null;
  /** Headers, then the body; `null` once retention has taken them. */
  parcel: Uint8Array | null;
  headersBytes: number;
  bodyBytes: number;
  bodySha256: Uint8Array;
  sealed: boolean;
  secretId: string | null;
  duplicates: number;
  jobCount: number;
  jobs: PortableJob[];
}

export interface PortableEntry {
  id: string;
  atMs: number;
  action: string;
  status: string;
  actor: string;
  provider: string | null;
  target: string | null;
  callId: string | null;
  eventId: string | null;
  record: string;
  personal: Uint8Array | null;
}

/** A leaf of an audit tree. Without event and entry once retention has taken what it stands for. */
export interface LogRecord {
  environment: Environment;
  /** Place in the tree of its environment; they come without gaps, from 0. */
  index: number;
  scope: number;
  hash: Uint8Array;
  /** Never less than that of the record before, whatever the environment. */
  storedAtMs: number;
  kind: 'receipt' | 'entry';
  event?: PortableEvent;
  entry?: PortableEntry;
}

/** What is in a store that no row says: how much of each tree has its place for good, and the version of the sources. */
export interface PortableFacts {
  sequenced: Record<Environment, number>;
  sourcesVersion: number;
}

/** How much there is of everything, by name, and the audit trees down to their roots. */
export interface StoreSummary {
  counts: Record<string, number>;
  /** `root` is hexadecimal, over all leaves. */
  trees: Record<Environment, { leaves: number; sequenced: number; root: string }>;
}

/** One state of a store, read from end to end. Nothing in it changes. */
export interface PortableSource {
  /** Where it is, without secrets. */
  readonly place: string;
  readonly driver: string;
  summary(): Promise<StoreSummary>;
  facts(): Promise<PortableFacts>;
  rows(table: PlainName): AsyncIterable<PlainRow[]>;
  log(): AsyncIterable<LogRecord[]>;
  /** What was written since the state that is read; empty when nothing was. */
  changes(): Promise<string[]>;
}

/** An empty store that is filled, batch by batch; each is committed before the promise resolves. */
export interface PortableTarget {
  readonly place: string;
  readonly driver: string;
  /** `unfinished`: an earlier move did not come to its end here. Nobody serves from such a store. */
  state(): Promise<'empty' | 'unfinished' | 'filled'>;
  /** Removes what an unfinished move left, and marks the store as unfinished. */
  begin(): Promise<void>;
  addRows(table: PlainName, rows: readonly PlainRow[]): Promise<void>;
  addLog(records: readonly LogRecord[]): Promise<void>;
  /** After the last batch: makes what the driver derives from the rows. */
  derive(facts: PortableFacts): Promise<void>;
  summary(): Promise<StoreSummary>;
  /** Takes the mark away: the store may be served from. */
  complete(): Promise<void>;
  close(): Promise<void>;
}

/** The name in `meta` under which a store is marked that a move has not filled yet. */
export const UNFINISHED = 'unfinished_move';
