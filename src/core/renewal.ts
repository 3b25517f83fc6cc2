/**
 * The renewal of a connection's credential: who may do it now, when it is due, what became of the last one. One process
 * at a time holds the right to renew, by a lease whose fence grows with each holder.
 *
 * @module
 */
import type { Scope } from './scope.js';
import type { NewSecret } from './secret.js';
import type { ConnectionState } from './stored-connection.js';

export type RenewalBeginning =
  /** `interrupted`: who held it before never said what came of it. */
  | { kind: 'begun'; fence: number; failures: number; interrupted: boolean }
  /** Somebody else is at it, for so long at most. */
  | { kind: 'held'; remainingMs: number };

export interface RenewalSettlement {
  /** Of the lease that this ends; absent for a credential that did not come of a renewal (a person connected anew). */
  fence?: number;
  /** The new credential. Stored if it replaces the version it was made for, whoever holds the lease by now. */
  credential?: NewSecret;
  /** When the next renewal is due; absent means never by itself. */
  dueInMs?: number;
  /** It failed; counted until a credential is stored. */
  failed?: true;
  /** What went wrong, as JSON text that may be shown; absent means nothing. */
  problem?: string;
  /** The state that the connection is in from now on, unless it was disconnected. */
  state?: Exclude<ConnectionState, 'disconnected'>;
}

export interface RenewalRow {
  failures: number;
  dueAtMs?: number;
  problem?: string;
}

/** A connection whose credential is to be renewed by now. */
export interface DueRenewal extends Scope {
  connectionId: string;
}

export interface RenewalVerbs {
  /** Takes the right to renew for `leaseMs` from now. */
  begin(scope: Scope, connectionId: string, leaseMs: number): Promise<RenewalBeginning>;
  /**
   * Writes what came of it, and gives the lease back, in one commit.
   *
   * @returns `conflict` when another credential had been stored meanwhile, or, without a credential, when somebody else
   *   holds the lease; nothing was changed then.
   */
  settle(scope: Scope, connectionId: string, settlement: RenewalSettlement): Promise<'settled' | 'conflict'>;
  get(scope: Scope, connectionId: string): Promise<RenewalRow | undefined>;
}
