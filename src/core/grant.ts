/**
 * What a person lets a program do for them: the program (a client, RFC 6749), the grant, and what its tokens are bound
 * to. Codes and tokens come here as hashes: they are those of a session of the kind `client`.
 *
 * @module
 */
import type { SessionRow } from './people.js';
import type { PermissionScope } from './principal.js';
import type { Environment, Scope } from './scope.js';

/** What a program can be given. `admin` and `approve` are for people alone. */
export const GRANT_SCOPES = ['read', 'write', 'operate'] as const satisfies readonly PermissionScope[];
export type GrantScope = (typeof GRANT_SCOPES)[number];

export function isGrantScope(text: string): text is GrantScope {
  return (GRANT_SCOPES as readonly string[]).includes(text);
}

/** A program that an operator made known. It has no secret: it proves itself by its redirect address and PKCE. */
export interface NewClient {
  id: string;
  name: string;
  /** Compared character by character; on a loopback address, any port (RFC 8252, section 7.3). */
  redirectUris: readonly string[];
  createdBy: string;
}

export interface ClientRow extends NewClient {
  createdAtMs: number;
}

/** A consent is remembered for exactly this. */
export interface GrantTerms {
  person: string;
  /** An id of ours, or the https address of the client's own document. */
  client: string;
  redirectUri: string;
  /** Whom the tokens are for (RFC 8707). */
  resource: string;
  /** In the order of {@link GRANT_SCOPES}. */
  scopes: readonly GrantScope[];
  /** Where the program acts. */
  environment: Environment;
}

export interface NewGrant extends GrantTerms {
  id: string;
  /** As the page of the consent showed it. */
  clientName: string;
}

export interface GrantRow extends NewGrant {
  tenant: string;
  createdAtMs: number;
  revokedAtMs?: number;
}

/** What begins with a code: good once and within `codeTtlMs`, it gives the first of the tokens that follow each other. */
export interface NewClientSession {
  id: string;
  /** SHA-256 of the code. */
  hash: Uint8Array;
  /** What the code is bound to, as JSON: {@link CodeBinding}. */
  bound: string;
  codeTtlMs: number;
  ttlMs: number;
  /** It ends when no token was renewed for so long. */
  idleMs: number;
}

export interface CodeBinding {
  /** The challenge of RFC 7636, made by S256. */
  challenge: string;
  /** As the authorization request had it, with its port. */
  redirectUri: string;
}

/** An open session and the grant, not revoked, that it was begun by. */
export interface GrantedSession {
  session: SessionRow;
  grant: GrantRow;
  bound: string;
}

export interface ClientVerbs {
  create(scope: Scope, client: NewClient): Promise<'created' | 'exists'>;
  /** `undefined` for one that was deleted. */
  get(scope: Scope, id: string): Promise<ClientRow | undefined>;
  /** In the order in which they were made. At most 1,000. */
  list(scope: Scope): Promise<ClientRow[]>;
  /** With its grants and their sessions, in the same commit. */
  delete(scope: Scope, id: string): Promise<'deleted' | 'not_found'>;
}

/** Everything about a grant is in the scope of the tenant in live, as people are. */
export interface GrantVerbs {
  /** Keeps a consent; one that is there already on the same terms is what comes back. */
  keep(scope: Scope, grant: NewGrant): Promise<GrantRow>;
  /** The grant on exactly these terms that is not revoked. */
  find(scope: Scope, terms: GrantTerms): Promise<GrantRow | undefined>;
  get(scope: Scope, id: string): Promise<GrantRow | undefined>;
  /** Newest first unless `oldest`; of one person where that is said. Revoked ones as well. */
  list(
    scope: Scope,
    filter: { person?: string },
    page: { limit: number; cursor?: string; order?: 'newest' | 'oldest' },
  ): Promise<{ rows: GrantRow[]; cursor?: string }>;
  /** Ends its sessions in the same commit. A second time is no error. */
  revoke(scope: Scope, id: string): Promise<'revoked' | 'not_found'>;
  /** Begins a session by a code. `not_found` where the grant is revoked by now. */
  begin(scope: Scope, grant: string, session: NewClientSession): Promise<'begun' | 'not_found'>;
  /** What an open session may do, and for whom. */
  session(scope: Scope, id: string): Promise<GrantedSession | undefined>;
}
