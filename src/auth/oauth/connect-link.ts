/**
 * A link by which somebody else connects an account: sealed by the vault, so that nobody can make or change one, good
 * for a while, for one provider and one tenant. It opens a page, not a connection: consent is given at the provider.
 *
 * @module
 */
import { isObject, parseJsonObject } from '../../core/json.js';
import type { Clock } from '../../core/ports.js';
import { isEnvironment, type Scope } from '../../core/scope.js';
import type { SecretBinding } from '../place.js';
import type { Vault } from '../vault.js';

export interface ConnectLink {
  scope: Scope;
  /** Who gave it out, for the audit log. */
  createdBy: string;
  /** Whose connection it will be; absent means everybody of the tenant. */
  user?: string;
  label?: string;
  wanted: readonly string[];
  /** The connection that is connected again. */
  connectionId?: string;
}

const LINK_CHARACTERS_MAX = 8_000;

export class ConnectLinks {
  constructor(
    private readonly vault: Vault,
    private readonly clock: Clock,
  ) {}

  make(provider: string, link: ConnectLink, ttlMs: number): string {
    const untilMs = this.clock.nowMs() + ttlMs;
    const bytes = new TextEncoder().encode(JSON.stringify({ ...link, untilMs }));
    return Buffer.from(this.vault.seal(bytes, placeOf(provider))).toString('base64url');
  }

  /** `undefined` for one of another provider, one that is over, and one that is not ours. */
  open(provider: string, text: string): ConnectLink | undefined {
    if (text.length > LINK_CHARACTERS_MAX || !/^[\w-]+$/.test(text)) return undefined;
    try {
      const bytes = this.vault.open(new Uint8Array(Buffer.from(text, 'base64url')), placeOf(provider));
      const link = parseJsonObject(bytes);
      const { scope, untilMs } = link ?? {};
      const isScope = isObject(scope) && isEnvironment(String(scope['environment']));
      if (!isScope || typeof untilMs !== 'number' || untilMs <= this.clock.nowMs()) return undefined;
      return link as unknown as ConnectLink;
    } catch {
      return undefined;
    }
  }
}

function placeOf(provider: string): SecretBinding {
  return { tenant: '', environment: '', kind: 'connect_link', id: provider, field: 'link' };
}
