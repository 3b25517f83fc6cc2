/**
 * A simulated internal tool: an HTTP endpoint of the user's own that records what it is sent and honours
 * `Idempotency-Key`. The first request under a key takes effect and its answer is kept; a repeat gets that answer.
 *
 * @source draft-ietf-httpapi-idempotency-key-header, sections 2.5 to 2.7
 * @module
 */
import { hash } from 'node:crypto';
import { parseJson } from '../../core/json.js';
import { Faults } from '../faults.js';
import type { SandboxProvider, SandboxRequest } from '../provider.js';
import { jsonReply, type SandboxReply } from '../reply.js';

export interface InternalToolOptions {
  /** When set, requests need `Authorization: Bearer <token>`. */
  token?: string;
}

/** One thing the tool did. */
export interface Effect {
  id: string;
  path: string;
  /** Absent when the request had none: then every request is an effect of its own. */
  key?: string;
  /** JSON, or text where the body is none. */
  body: unknown;
  atMs: number;
  /** How often the same key came again. */
  repeats: number;
}

interface Kept {
  effect: Effect;
  fingerprint: string;
  reply: SandboxReply;
}

const EFFECTS_MAX = 100_000;

export class InternalToolSandbox implements SandboxProvider {
  readonly name = 'internal-tool';
  readonly faults = new Faults();
  readonly #token: string | undefined;
  readonly #effects: Effect[] = [];
  readonly #kept = new Map<string, Kept>();

  constructor({ token }: InternalToolOptions = {}) {
    this.#token = token;
  }

  /** Everything the tool did, oldest first. */
  get effects(): readonly Effect[] {
    return this.#effects;
  }

  /** How many effects there were under a key. Anything but 1 is a fault of somebody. */
  effectsOf(key: string): number {
    return this.#effects.filter((effect) => effect.key === key).length;
  }

  state(): unknown {
    return { effects: this.#effects };
  }

  handle(request: SandboxRequest): SandboxReply {
    if (this.#token !== undefined && request.headers['authorization'] !== `Bearer ${this.#token}`) {
      return jsonReply(401, { error: 'the token is missing or wrong' });
    }
    if (request.method === 'GET') return jsonReply(200, this.state());
    if (request.method !== 'POST') return jsonReply(405, { error: 'only POST and GET' });
    return this.faults.meet(
      () => this.#take(request),
      () => jsonReply(429, { error: 'too many requests' }),
    );
  }

  #take(request: SandboxRequest): SandboxReply {
    const key = request.headers['idempotency-key'];
    if (key === undefined) return this.#record(request).reply;
    const fingerprint = fingerprintOf(request);
    const known = this.#kept.get(key);
    if (known === undefined) {
      const { effect, reply } = this.#record(request, key);
      this.#kept.set(key, { effect, fingerprint, reply });
      return reply;
    }
    if (known.fingerprint !== fingerprint) {
      return jsonReply(422, { error: 'this key was used for another request', code: 'idempotency_mismatch' });
    }
    known.effect.repeats++;
    return { ...known.reply, headers: { ...known.reply.headers, 'idempotency-replayed': 'true' } };
  }

  #record({ path, body, nowMs }: SandboxRequest, key?: string): { effect: Effect; reply: SandboxReply } {
    const id = `rec_${this.#effects.length + 1}`;
    const effect = { id, path, body: readBody(body), atMs: nowMs, repeats: 0, ...(key !== undefined && { key }) };
    this.#effects.push(effect);
    if (this.#effects.length > EFFECTS_MAX) this.#effects.shift();
    return { effect, reply: jsonReply(201, { id, recorded: true }) };
  }
}

function fingerprintOf({ path, query, body }: SandboxRequest): string {
  return hash('sha256', `${path}?${query}\n${Buffer.from(body).toString('base64')}`, 'hex');
}

function readBody(body: Uint8Array): unknown {
  const parsed = parseJson(body);
  return parsed.ok ? parsed.value : Buffer.from(body).toString('utf8');
}
