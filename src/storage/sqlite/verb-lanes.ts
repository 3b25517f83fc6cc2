/**
 * Which verbs the store has and where each of them runs, without the verbs: whoever hands calls to a thread needs the
 * names alone, and starts without the SQL.
 *
 * @module
 */
import type { Store } from '../../core/store.js';

/** What runs as verbs: all of the store but what its carrier does itself. */
export type VerbGroups = Omit<Store, 'capabilities' | 'system' | 'leader' | 'limits' | 'hints'> & {
  system: Omit<Store['system'], 'close'>;
};

/**
 * `read` goes past the writer; the other reads, which are small and needed at the start of a program, go through it.
 * `sweep` reads the whole file, which would keep other reads waiting.
 */
export type Lane = 'write' | 'read' | 'sweep';

const LANES: { [Group in keyof VerbGroups]: { [Verb in keyof VerbGroups[Group]]: Lane } } = {
  sources: {
    create: 'write',
    get: 'write',
    list: 'write',
    rotateSecret: 'write',
    delete: 'write',
  },
  events: {
    accept: 'write',
    get: 'read',
    list: 'read',
  },
  jobs: {
    get: 'read',
    list: 'read',
    requeue: 'write',
    setPaused: 'write',
    depth: 'read',
  },
  calls: {
    begin: 'write',
    sending: 'write',
    takeUp: 'write',
    settle: 'write',
    get: 'read',
    underKey: 'read',
    list: 'read',
  },
  state: {
    get: 'read',
    transition: 'write',
  },
  secrets: {
    put: 'write',
    get: 'write',
    delete: 'write',
    list: 'read',
  },
  connections: {
    create: 'write',
    get: 'write',
    list: 'write',
    update: 'write',
    disconnect: 'write',
  },
  apiKeys: {
    create: 'write',
    get: 'write',
    list: 'read',
    revoke: 'write',
    rotate: 'write',
    used: 'write',
  },
  approvals: {
    request: 'write',
    get: 'write',
    ofCall: 'write',
    list: 'read',
    decide: 'write',
    start: 'write',
    end: 'write',
  },
  people: {
    add: 'write',
    get: 'write',
    ofIdentity: 'write',
    ofEmail: 'write',
    link: 'write',
    identities: 'read',
    list: 'read',
    setRole: 'write',
    firstAdmin: 'write',
    remove: 'write',
  },
  sessions: {
    begin: 'write',
    get: 'write',
    end: 'write',
    endAll: 'write',
  },
  clients: {
    create: 'write',
    get: 'write',
    list: 'write',
    delete: 'write',
  },
  grants: {
    keep: 'write',
    find: 'write',
    get: 'write',
    list: 'read',
    revoke: 'write',
    begin: 'write',
    session: 'write',
  },
  tenants: {
    create: 'write',
    get: 'write',
    list: 'write',
    delete: 'write',
  },
  spend: {
    sums: 'write',
    take: 'write',
    giveBack: 'write',
  },
  renewals: {
    begin: 'write',
    settle: 'write',
    get: 'write',
  },
  tickets: {
    issue: 'write',
  },
  audit: {
    append: 'write',
    search: 'read',
    get: 'read',
  },
  nodes: {
    beat: 'write',
    leave: 'write',
    list: 'write',
  },
  system: {
    allSources: 'write',
    sourcesVersion: 'write',
    apiKey: 'write',
    approval: 'write',
    approvalsDue: 'write',
    turn: 'write',
    nextDueInMs: 'write',
    auditTree: 'write',
    auditSequence: 'write',
    auditRows: 'read',
    auditLeaves: 'read',
    auditCheckpoint: 'write',
    auditTiles: 'read',
    auditCheckpoints: 'read',
    sealedRecords: 'read',
    rewrap: 'write',
    redeemTicket: 'write',
    session: 'write',
    rotateSession: 'write',
    dueRenewals: 'write',
    status: 'write',
    prune: 'write',
    integrity: 'sweep',
    backup: 'sweep',
  },
};

/** `group.verb` */
export type VerbName = {
  [Group in keyof VerbGroups & string]: `${Group}.${keyof VerbGroups[Group] & string}`;
}[keyof VerbGroups];

export interface VerbCall {
  name: VerbName;
  args: unknown[];
}

const BY_NAME = new Map<string, Lane>(
  Object.entries(LANES).flatMap(([group, verbs]) =>
    Object.entries(verbs as Record<string, Lane>).map(([verb, lane]) => [`${group}.${verb}`, lane] as const),
  ),
);

export function laneOf(name: VerbName): Lane {
  return BY_NAME.get(name)!;
}

/** The store's face over whatever carries its calls to an engine. */
export function facade(submit: (call: VerbCall) => Promise<unknown>): Omit<Store, 'capabilities'> {
  const groups = Object.entries(LANES).map(([group, verbs]) => {
    const methods = Object.keys(verbs).map((verb) => {
      const name = `${group}.${verb}` as VerbName;
      return [verb, (...args: unknown[]) => submit({ name, args })] as const;
    });
    return [group, Object.fromEntries(methods)] as const;
  });
  return Object.fromEntries(groups) as unknown as Omit<Store, 'capabilities'>;
}
