/**
 * Keys under which a request is done once and its answer kept.
 *
 * @source draft-ietf-httpapi-idempotency-key-header, sections 2.5 to 2.7
 * @module
 */
import { hash } from 'node:crypto';
import type { SandboxRequest } from './request.js';
import type { SandboxReply } from './reply.js';

interface Kept {
  fingerprint: string;
  reply: SandboxReply;
  /** Until then the first request is still being worked on. */
  readyAtMs: number;
  expiresAtMs: number;
}

export type KeyVerdict =
  { is: 'new' } | { is: 'mismatch' } | { is: 'in_flight' } | { is: 'repeat'; reply: SandboxReply };

const KEYS_MAX = 100_000;

export class IdempotencyKeys {
  readonly #kept = new Map<string, Kept>();

  constructor(readonly lifeMs: number) {}

  judge(key: string, request: SandboxRequest): KeyVerdict {
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.expiresAtMs <= request.nowMs) return { is: 'new' };
    if (kept.fingerprint !== fingerprintOf(request)) return { is: 'mismatch' };
    return kept.readyAtMs > request.nowMs ? { is: 'in_flight' } : { is: 'repeat', reply: kept.reply };
  }

  keep(key: string, request: SandboxRequest, reply: SandboxReply): void {
    if (this.#kept.size >= KEYS_MAX) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(key, {
      fingerprint: fingerprintOf(request),
      reply: { status: reply.status, headers: reply.headers, body: reply.body },
      readyAtMs: request.nowMs + (reply.delayMs ?? 0),
      expiresAtMs: request.nowMs + this.lifeMs,
    });
  }
}

function fingerprintOf({ method, path, query, body }: SandboxRequest): string {
  return hash('sha256', `${method} ${path}?${query.toString()}\n${Buffer.from(body).toString('base64')}`, 'hex');
}
