/** How fast a provider may be called: what a connector declares and an action uses. @module */
import type { Method } from './action-request.js';
import type { Environment } from './scope.js';
import type { WaitUnit } from './wait-signal.js';

/** What a rate limit covers and how fast it refills. A bucket exists once for each `key` an action gives. */
export interface LimitBucket {
  /** For people, e.g. `one channel`. */
  covers: string;
  /** Each connection has its own (default), or all connections of one account draw from one. */
  per?: 'connection' | 'account';
  /** Units a second, by environment where they differ. Absent means unknown: it is learnt from the answers. */
  ratePerSecond?: number | Readonly<Record<Environment, number>>;
  /** Units that may go at once after a rest. Default 1. */
  burst?: number;
  /** Requests under way at once. Absent means no limit of its own. */
  concurrency?: number;
  /** Units that every request of the connector takes, by method; absent means that only actions that name it take. */
  everyCall?: number | Readonly<Partial<Record<Method, number>>>;
  /** Headers in which the provider tells how much is left. */
  learns?: LimitHeaders;
  /** Page of the provider, or `memory` with what it rests on. */
  source: string;
}

export interface LimitHeaders {
  /** Units left in the window. Lower case. */
  remaining: string;
  /** When the window begins anew. */
  reset: { header: string; as: WaitUnit };
  /** Units in a window. */
  limit?: string;
  /** Only answers in which this header says so speak of this bucket, where one provider counts several. */
  when?: { header: string; is: string };
}

/** What one call takes from one bucket. */
export interface LimitUse {
  /** Name in the connector's `limits`. */
  bucket: string;
  /** What tells the buckets of this name apart, e.g. the channel. */
  key?: string;
  /** Default 1. */
  cost?: number;
}
