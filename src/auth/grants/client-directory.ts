/** Which program a client_id is: one that an operator made known, or one whose document is fetched. @module */
import type { Clock, HttpAnswer, Net } from '../../core/ports.js';
import type { Scope } from '../../core/scope.js';
import type { ClientVerbs } from '../../core/grant.js';
import { isDocumentId, readDocument, shownName, type ClientFound } from './client-document.js';

export interface ClientDirectoryParts {
  clients: ClientVerbs;
  /** Behind the egress guard: no private address, no redirect. */
  net: Net;
  clock: Clock;
  scope: Scope;
}

const DOCUMENT_BYTES_MAX = 8 * 1024;
const DOCUMENT_TIMEOUT_MS = 5_000;
const KEPT_MS = 10 * 60_000;
const KEPT_MIN_MS = 60_000;
const KEPT_MAX_MS = 24 * 3_600_000;
const KEPT_DOCUMENTS_MAX = 200;

interface Kept {
  found: ClientFound;
  untilMs: number;
}

export class ClientDirectory {
  readonly #kept = new Map<string, Kept>();

  constructor(private readonly parts: ClientDirectoryParts) {}

  /**
   * @param onFetch asked before a document is fetched, so that whoever makes us fetch is counted; may throw
   */
  async find(id: string, onFetch: () => Promise<void>): Promise<ClientFound> {
    if (!id.startsWith('https:')) return await this.#registered(id);
    if (!isDocumentId(id)) return { ok: false, problem: 'its client_id is no address that a document can have' };
    const nowMs = this.parts.clock.nowMs();
    const kept = this.#kept.get(id);
    if (kept !== undefined && kept.untilMs > nowMs) return kept.found;
    await onFetch();
    const fetched = await this.#fetch(id);
    this.#kept.delete(id);
    if (this.#kept.size >= KEPT_DOCUMENTS_MAX) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(id, { found: fetched.found, untilMs: nowMs + fetched.keepMs });
    return fetched.found;
  }

  async #registered(id: string): Promise<ClientFound> {
    const isId = /^clt_[0-9a-z]{26}$/.test(id);
    const row = isId ? await this.parts.clients.get(this.parts.scope, id) : undefined;
    if (row === undefined) return { ok: false, problem: 'nobody here knows its client_id' };
    return { ok: true, client: { id, name: shownName(row.name) ?? id, redirectUris: row.redirectUris } };
  }

  /** What fails is kept for a minute, too: nobody makes us ask a host again and again. */
  async #fetch(id: string): Promise<{ found: ClientFound; keepMs: number }> {
    const result = await this.parts.net.send({
      method: 'GET',
      url: id,
      headers: { accept: 'application/json', 'user-agent': 'fairlead' },
      timeoutMs: DOCUMENT_TIMEOUT_MS,
      maxAnswerBytes: DOCUMENT_BYTES_MAX,
    });
    const problem = result.ok ? problemOf(result.answer) : 'its document cannot be fetched';
    if (!result.ok || problem !== undefined) return { found: { ok: false, problem: problem! }, keepMs: KEPT_MIN_MS };
    const found = readDocument(id, result.answer.body);
    return { found, keepMs: found.ok ? keptMs(result.answer.headers['cache-control']) : KEPT_MIN_MS };
  }
}

function problemOf({ status, headers, truncated }: HttpAnswer): string | undefined {
  if (status !== 200) return 'there is no document at its client_id';
  if (truncated) return `its document is longer than ${DOCUMENT_BYTES_MAX / 1024} KiB`;
  const isJson = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(headers['content-type'] ?? '');
  return isJson ? undefined : 'its document is not served as JSON';
}

/** RFC 9111, as far as a document has use for it: never shorter than a minute, never longer than a day. */
function keptMs(cacheControl = ''): number {
  if (/\bno-(?:store|cache)\b/i.test(cacheControl)) return KEPT_MIN_MS;
  const [, seconds] = /\bmax-age=(\d{1,9})\b/i.exec(cacheControl) ?? [];
  if (seconds === undefined) return KEPT_MS;
  return Math.min(KEPT_MAX_MS, Math.max(KEPT_MIN_MS, Number(seconds) * 1_000));
}
