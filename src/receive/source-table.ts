/**
 * The sources the intake knows, by path, ready to verify with: connector, scheme, opened secrets, routed handlers.
 * Kept in memory and replaced as a whole when the store's version of the sources moves.
 *
 * @module
 */
import type { Clock, Log } from '../core/ports.js';
import type { Environment, Scope } from '../core/scope.js';
import { verifyDelivery, verifyUnder, type SignedRequest, type Verdict } from '../core/signature/index.js';
import type { SourceRow, SourceSecret } from '../core/source.js';
import type { Store } from '../core/store.js';
import type { WebhookDefinition } from '../core/webhook.js';

/** Finds what a connector says about webhooks; `undefined` for a provider nobody knows. */
export type WebhooksOf = (provider: string) => WebhookDefinition | undefined;

/** Opens a sealed secret or fetches a referenced one. */
export type OpenSecret = (source: SourceRow, secret: SourceSecret) => Promise<string>;

export interface ReadySource {
  row: SourceRow;
  scope: Scope;
  webhooks: WebhookDefinition;
  verify: (request: SignedRequest) => Verdict;
  /** Active secrets, newest first, beside their ids. */
  secrets: readonly string[];
  secretIds: readonly string[];
  bodyLimitBytes: number;
  refusalStatus: number;
  /** When the first of the active secrets expires; the entry is rebuilt then. */
  freshUntilMs: number;
}

const DEFAULT_BODY_LIMIT = 1024 * 1024;
export const BODY_LIMIT_MAX = 25 * 1024 * 1024;
const DEFAULT_REFUSAL = 401;
/** References are fetched again this often, so that a rotated file or variable takes effect without a restart. */
const REFERENCE_TTL_MS = 60_000;

export class SourceTable {
  #byPath = new Map<string, SourceRow>();
  #ready = new Map<string, ReadySource>();
  #version = -1;

  constructor(
    private readonly store: Store,
    private readonly declared: readonly SourceRow[],
    private readonly webhooksOf: WebhooksOf,
    private readonly openSecret: OpenSecret,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Reads the sources again if they changed since the last look. */
  async refresh(): Promise<void> {
    if (this.#version >= 0 && (await this.store.system.sourcesVersion()) === this.#version) return;
    const { version, sources } = await this.store.system.allSources();
    // Declared ones come first: a source created at the path of a declared one would otherwise take its deliveries.
    this.#byPath = new Map([...sources, ...this.declared].map((row) => [row.path, row]));
    this.#ready.clear();
    this.#version = version;
  }

  list(): readonly SourceRow[] {
    return [...this.#byPath.values()];
  }

  has(path: string): boolean {
    return this.#byPath.has(path);
  }

  /** The source at a path, or `undefined`. Synchronous and without allocation when it was used before. */
  known(path: string): ReadySource | undefined {
    const ready = this.#ready.get(path);
    return ready !== undefined && ready.freshUntilMs > this.clock.nowMs() ? ready : undefined;
  }

  /** As {@link known}, but opens the secrets first where that is due. */
  async find(path: string): Promise<ReadySource | undefined> {
    const known = this.known(path);
    if (known !== undefined) return known;
    const row = this.#byPath.get(path);
    if (row === undefined) return undefined;
    const ready = await this.#prepare(row);
    if (ready !== undefined) this.#ready.set(path, ready);
    return ready;
  }

  async #prepare(row: SourceRow): Promise<ReadySource | undefined> {
    const webhooks = this.webhooksOf(row.provider);
    if (webhooks === undefined) {
      this.log('error', 'source of an unknown provider', { source: row.id, provider: row.provider });
      return undefined;
    }
    const verify = verifierOf(webhooks, row.scheme);
    if (verify === undefined) {
      this.log('error', 'source names an unknown scheme', { source: row.id, scheme: row.scheme });
      return undefined;
    }
    const nowMs = this.clock.nowMs();
    const active = row.secrets.filter((secret) => secret.expiresAtMs === undefined || secret.expiresAtMs > nowMs);
    const newestFirst = active.toSorted((a, b) => b.createdAtMs - a.createdAtMs);
    const secrets = await Promise.all(newestFirst.map((secret) => this.openSecret(row, secret)));
    const expiries = active.flatMap((secret) => (secret.expiresAtMs === undefined ? [] : [secret.expiresAtMs]));
    const referenced = active.some((secret) => secret.reference !== undefined);
    return {
      row,
      scope: { tenant: row.tenant, environment: row.environment as Environment },
      webhooks,
      verify,
      secrets,
      secretIds: newestFirst.map((secret) => secret.id),
      bodyLimitBytes: Math.min(row.bodyLimitBytes ?? webhooks.bodyLimitBytes ?? DEFAULT_BODY_LIMIT, BODY_LIMIT_MAX),
      refusalStatus: row.refusalStatus ?? webhooks.refusalStatus ?? DEFAULT_REFUSAL,
      freshUntilMs: Math.min(...expiries, referenced ? nowMs + REFERENCE_TTL_MS : Infinity),
    };
  }
}

/** One scheme is checked directly; several that are equally strong, until one accepts. */
function verifierOf(webhooks: WebhookDefinition, name: string | undefined): ReadySource['verify'] | undefined {
  if (name !== undefined && webhooks.schemes[name] === undefined) return undefined;
  const open = Object.keys(webhooks.schemes).filter((scheme) => webhooks.schemes[scheme]?.onlyWhenNamed !== true);
  const only = name ?? (open.length === 1 ? open[0] : undefined);
  const row = only === undefined ? undefined : webhooks.schemes[only];
  return row === undefined
    ? (request) => verifyUnder(webhooks.schemes, request)
    : (request) => verifyDelivery(row, request);
}
