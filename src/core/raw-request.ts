/**
 * A request in the provider's own words, from a caller who uses no action: an official SDK behind the proxy, or
 * `fairlead request`. What a connector says here lets the pipeline judge it as it judges an action.
 *
 * @module
 */
import type { Idempotency, TargetRef } from './action.js';
import type { Method } from './action-request.js';
import type { LimitUse } from './limit.js';
import type { BodyStream } from './ports.js';
import type { ErrorView } from './errors.js';
import type { Effect } from './operation.js';

export type RawMethod = Method | 'HEAD';
export const RAW_METHODS: readonly RawMethod[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** What is asked for. Headers and body are sent as they are, once the pipeline has let them pass. */
export interface RawRequest {
  method: RawMethod;
  /** Path and query, or an absolute address on one of the connector's hosts. */
  url: string;
  /** Where a path begins: below the base URL (default; its own path may be repeated), or at the root of its host. */
  from?: 'base' | 'host';
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
  /** In place of `body`, where it is too long to be kept: sent once, whatever becomes of it. */
  stream?: BodyStream;
}

/** Takes the answer to a read in pieces, where it is no text that has to be understood. */
export interface AnswerSink {
  begin(head: Pick<RawAnswer, 'status' | 'headers' | 'base'>): void;
  write(piece: Uint8Array): Promise<void>;
}

/** A raw request as the rules of a connector see it. */
export interface RawFacts {
  /** HEAD is judged as the GET that it stands for (RFC 9110, section 9.3.2). */
  method: Method;
  /** Below the base URL; decoded, lower case, without doubled slashes and without one at the end. */
  path: string;
  query: URLSearchParams;
  /** A JSON object or the fields of a form; empty for every other body. */
  fields: Readonly<Record<string, unknown>>;
}

/** What a connector knows of requests that are none of its actions. Everything has a default. */
export interface RawRules {
  /** Default: that of the action with this endpoint, else by the method. */
  effect?(request: RawFacts): Effect;
  /** Names of the actions that this request does, whose rules of policy hold as well. Default: by endpoint. */
  actions?(request: RawFacts): readonly string[];
  /** Why it is never passed on, in words: it hands out credentials, or holds other requests inside of it. */
  refuses?(request: RawFacts): string | undefined;
  /** What it takes from the buckets, beside what every call takes. */
  limits?(request: RawFacts): readonly LimitUse[];
  /** What it touches. A restricted connection refuses what names nothing. */
  touches?(request: RawFacts): readonly TargetRef[];
  /** Name of one of the connector's `bases` for this path. */
  base?(path: string): string | undefined;
  /** How the provider recognises a repeat. Default: the header that its actions use. */
  idempotency?: Idempotency;
  /** Headers of the provider's own that are passed on, lower case. `*` at the end stands for any ending. */
  headers?: readonly string[];
  /** Headers of an answer that make the provider's SDK stop, beside those that all get. */
  stopHeaders?: Readonly<Record<string, string>>;
  /** A refusal of ours in the form in which the provider's SDK stops; default problem+json with its status. */
  refusal?(error: ErrorView): { status: number; body: unknown };
}

/** What the provider answered, without what is not the caller's. */
export interface RawAnswer {
  status: number;
  /** Lower-case names, an allow-list. */
  headers: Record<string, string>;
  /** Text where the body is UTF-8, else `base64`. */
  text?: string;
  base64?: string;
  /** The body went to an {@link AnswerSink}, so many bytes of it. */
  streamedBytes?: number;
  /** Where it was asked: the beginning of addresses in the answer that mean this provider. */
  base: string;
}
