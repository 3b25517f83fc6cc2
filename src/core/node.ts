/** A node: one process that serves, what it does of the work, and what the others know of it. @module */

/** `all` does what the other three do together. */
export const NODE_ROLES = ['all', 'intake', 'worker', 'scheduler'] as const;
export type NodeRole = (typeof NODE_ROLES)[number];

export function isNodeRole(text: string): text is NodeRole {
  return (NODE_ROLES as readonly string[]).includes(text);
}

/** What one does of the work. */
export type NodeDuty = 'receives' | 'works' | 'keeps';

const DUTIES: Readonly<Record<NodeRole, readonly NodeDuty[]>> = {
  all: ['receives', 'works', 'keeps'],
  /** Takes deliveries. */
  intake: ['receives'],
  /** Claims and runs jobs. */
  worker: ['works'],
  /** Puts the audit log in order and deletes what is old, where it leads. */
  scheduler: ['keeps'],
};

export function hasDuty(role: NodeRole, duty: NodeDuty): boolean {
  return DUTIES[role].includes(duty);
}

/** The roles that have a duty. */
export function rolesWith(duty: NodeDuty): NodeRole[] {
  return NODE_ROLES.filter((role) => hasDuty(role, duty));
}

/** How long a node is taken to live after it was heard of last. */
export const NODE_LEASE_MS = 10_000;
/** How often it lets itself be heard: two of three may be lost. */
export const NODE_BEAT_MS = 3_000;

export interface NewNode {
  id: string;
  role: NodeRole;
  /** Of the program. */
  version: string;
  startedAtMs: number;
  /** It hears of new jobs by itself, see {@link HintVerbs}. */
  listens: boolean;
}

export interface NodeRow extends NewNode {
  /** What its program knows. */
  schemaVersion: number;
  /** When it was heard of last. */
  seenAtMs: number;
  /** `silent`: its time is over, and nobody has taken it out yet. */
  state: 'live' | 'silent';
}

export interface Beat {
  /** It was not there before: at the start, or because it was silent for so long that the others took it out. */
  joined: boolean;
  /** Live nodes by what they do; this one is among them. */
  live: Readonly<Record<NodeDuty | 'listens', number>>;
  /** Nodes that were taken out by this beat. Their jobs are free. */
  buried: string[];
}

export interface NodeVerbs {
  /**
   * Says that a node is there, for `leaseMs` from now, and takes out those whose time is over: the leases of their jobs
   * end. Nobody is taken out before nodes have been heard of without a gap for as long as a lease, so that the end of
   * an outage of the store is no end of the nodes.
   */
  beat(node: NewNode, leaseMs: number): Promise<Beat>;
  /** Takes a node out at its own wish. What it still holds is free at once; fences refuse what it settles later. */
  leave(id: string): Promise<void>;
  /** All there are, the oldest first. */
  list(): Promise<NodeRow[]>;
}

/** Where the work of one process is another's: that there is something to do. Hints may be lost; looking always works. */
export interface HintVerbs {
  /** New jobs are committed. */
  tell(): Promise<void>;
  /**
   * Calls `onHint` for each hint, and after any time in which hints may have been lost. Absent where nothing listens.
   *
   * @returns what ends it
   */
  listen?(onHint: () => void): () => Promise<void>;
}
