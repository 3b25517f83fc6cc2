/** Who calls, and what a caller may do. @module */
import { AppError } from './errors.js';

export type PrincipalType = 'person' | 'agent' | 'api_key' | 'handler' | 'system';

/**
 * What a credential is good for. `read` sees, `write` acts, `operate` replays and pauses, `admin` changes sources and
 * secrets, `approve` decides for others and is never given to an agent.
 */
export const SCOPES = ['read', 'write', 'operate', 'admin', 'approve'] as const;
export type PermissionScope = (typeof SCOPES)[number];

export interface Principal {
  type: PrincipalType;
  id: string;
  /** Shown to people; personal, so the audit log keeps a commitment instead. */
  name?: string;
  scopes: readonly PermissionScope[];
  /** The door the call came through. */
  via: 'cli' | 'rest' | 'mcp' | 'library' | 'webhook' | 'schedule';
  onBehalfOf?: { type: 'person'; id: string };
  /** Of a person: when they signed in. */
  signedInAtMs?: number;
  agent?: { client?: string; session?: string; toolCallId?: string };
}

export const SYSTEM: Principal = { type: 'system', id: 'fairlead', scopes: SCOPES, via: 'schedule' };

export function requireScope(principal: Principal, scope: PermissionScope, operation: string): void {
  if (!principal.scopes.includes(scope)) throw new AppError('insufficient_scope', { scope, operation });
}
