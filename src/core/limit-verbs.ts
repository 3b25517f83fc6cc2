/** Rate limits that several nodes draw from: what one of them takes, and when it may go. @module */
import type { Rate } from './gcra.js';

/** What one request takes from one bucket. */
export interface LimitDraw extends Rate {
  /** Names the bucket to all nodes. */
  bucket: string;
  cost: number;
}

export type LimitGrant =
  /** Taken from every bucket; the request conforms in `inMs`, and goes then or not at all. */
  | { kind: 'granted'; inMs: number }
  /** Nothing was taken; `bucket` is the narrowest, and as things stand the request would conform in `inMs`. */
  | { kind: 'later'; inMs: number; bucket: string };

export interface LimitVerbs {
  /**
   * Takes for each request in turn from all of its buckets, or from none: it is granted if it conforms to all of them
   * within `withinMs`. The generic cell rate algorithm, see gcra.ts. A crash of the store may forget the last moments.
   */
  take(requests: readonly (readonly LimitDraw[])[], withinMs: number): Promise<LimitGrant[]>;
}
