/** What can be said of a store's database without serving from it. @module */
import type { Environment } from './scope.js';

export interface SchemaFacts {
  /** 0: there is no schema yet. */
  found: number;
  /** What this program knows. */
  known: number;
  /** Migrations that are not applied yet, in order. */
  pending: { version: number; name: string }[];
}

export interface TreeFacts {
  /** Entries that have their place. */
  size: number;
  /** The last that was signed; `root` in base64, as in the checkpoint itself. */
  checkpoint?: { size: number; root: string; atMs: number };
}

export interface DatabaseFacts {
  driver: string;
  /** Where it is, without secrets. */
  place: string;
  engineVersion: string;
  schema: SchemaFacts;
  /** A move into it did not come to its end; nothing is served from it. */
  unfinished: boolean;
  sizeBytes: number;
  events: number;
  jobs: Record<string, number>;
  /** Who seems to serve from it, in words. */
  serving: string[];
  audit: Record<Environment, TreeFacts>;
}
