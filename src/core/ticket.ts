/**
 * Tickets: what is handed out once and comes back once, within minutes (the `state` of an authorization request). The
 * store sees the hash of what was handed out, and a sealed body.
 *
 * @module
 */
import type { Scope } from './scope.js';

export interface NewTicket {
  /** What it is for; one kind does not open another. */
  kind: string;
  /** SHA-256 of what was handed out. */
  hash: Uint8Array;
  /** Sealed; comes back as it was. */
  body: Uint8Array;
  ttlMs: number;
}

export interface TicketRow extends Scope {
  body: Uint8Array;
  createdAtMs: number;
}

export interface TicketVerbs {
  /** @returns `exists` for a hash that is there already; nothing was changed then. */
  issue(scope: Scope, ticket: NewTicket): Promise<'issued' | 'exists'>;
}
