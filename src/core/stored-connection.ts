/** A connection as the store keeps it; its credential lies beside it, sealed. @module */
import type { Scope } from './scope.js';

export const CONNECTION_STATES = ['connected', 'needs_reconnect', 'disconnected'] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

export interface NewConnection {
  id: string;
  provider: string;
  /** The person it belongs to; absent means everybody of the tenant. */
  user?: string;
  state: ConnectionState;
  /** JSON text: kind of credential, account, restrictions. Never a part of the credential. */
  facts: string;
  createdBy: string;
}

export interface ConnectionRow extends NewConnection, Scope {
  /** Counts the changes, from 1. */
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface ConnectionFilter {
  provider?: string;
  user?: string;
  /** Leaves out those that were disconnected. */
  usable?: true;
}

export interface ConnectionChange {
  /** The version that was read. */
  expectedVersion: number;
  state?: ConnectionState;
  facts?: string;
}
