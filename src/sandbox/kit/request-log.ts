/** What a simulated provider was asked and what it answered, for people and tests; no secret is kept. @module */
import { redact } from '../../core/redact.js';
import type { SandboxRequest } from './request.js';
import type { SandboxReply } from './reply.js';
import type { SandboxToken } from './tokens.js';

export interface ReceivedRequest {
  number: number;
  atMs: number;
  method: string;
  /** With the query. */
  path: string;
  /** The name of the token, `unknown` for one that was made up, or absent. */
  token?: string;
  idempotencyKey?: string;
  body?: unknown;
  status: number;
  /** What the caller did not see of it. */
  broken?: 'lost' | 'cut';
  fault?: string;
}

const KEPT_MAX = 500;

export class RequestLog {
  readonly #kept: ReceivedRequest[] = [];
  #count = 0;

  /** The last {@link KEPT_MAX}, oldest first. */
  get requests(): readonly ReceivedRequest[] {
    return this.#kept;
  }

  /** How many there were in all. */
  get count(): number {
    return this.#count;
  }

  add(
    { method, path, query, headers, nowMs }: SandboxRequest,
    { status, lost, cut }: SandboxReply,
    about: { body: unknown; token: SandboxToken | undefined; fault: string | undefined },
  ): void {
    const search = redact(Object.fromEntries(query)) as Record<string, string>;
    const queryText = new URLSearchParams(search).toString();
    const token = about.token?.name ?? (headers['authorization'] === undefined ? undefined : 'unknown');
    const key = headers['idempotency-key'];
    this.#kept.push({
      number: ++this.#count,
      atMs: nowMs,
      method,
      path: maskedPath(path) + (queryText && `?${queryText}`),
      ...(token !== undefined && { token }),
      ...(key !== undefined && { idempotencyKey: key.slice(0, 255) }),
      ...(about.body !== undefined && { body: redact(about.body) }),
      status,
      ...(lost && { broken: 'lost' as const }),
      ...(cut && { broken: 'cut' as const }),
      ...(about.fault !== undefined && { fault: about.fault }),
    });
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
  }
}

/** A path whose last part is itself the secret, as in the address of an incoming webhook. */
function maskedPath(path: string): string {
  return path.startsWith('/services/') ? path.replace(/[^/]+$/, '…') : path;
}
