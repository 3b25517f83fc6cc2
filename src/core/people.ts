/** People who sign in, what they may do, and their sessions. Tokens come here as hashes. @module */
import type { PermissionScope } from './principal.js';
import type { Scope } from './scope.js';

/** `viewer` sees; `operator` also acts and replays; `approver` sees and decides; `admin` does everything. */
export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const SCOPES_OF: Readonly<Record<Role, readonly PermissionScope[]>> = {
  viewer: ['read'],
  operator: ['read', 'write', 'operate'],
  approver: ['read', 'approve'],
  admin: ['read', 'write', 'operate', 'admin', 'approve'],
};

/** What a role is good for; somebody without a role may do nothing here. */
export function scopesOfRole(role: Role | undefined): readonly PermissionScope[] {
  return role === undefined ? [] : SCOPES_OF[role];
}

export interface NewPerson {
  id: string;
  /** Lower case. */
  email?: string;
  /** The address is theirs: somebody with authority over it has said so. One person of a tenant holds it. */
  isVerified: boolean;
  /** JSON text of what may be shown: name, picture. */
  facts: string;
}

export interface PersonRow extends NewPerson, Scope {
  role?: Role;
  createdAtMs: number;
}

/** Who somebody is at a provider: the issuer and the subject there, and never the address. */
export interface NewIdentity {
  iss: string;
  sub: string;
  provider: string;
  /** What the provider called their address then; shown, and nothing is decided by it. */
  email?: string;
}

export interface IdentityRow extends NewIdentity {
  createdAtMs: number;
}

/** `cookie`: one token for as long as it lasts. `tokens`: each token is good for one use, which gives the next. `client`: likewise, of a program that a person let in (grant.ts). */
export type SessionKind = 'cookie' | 'tokens' | 'client';

export interface NewSession {
  id: string;
  person: string;
  kind: Exclude<SessionKind, 'client'>;
  /** SHA-256 of the token. */
  hash: Uint8Array;
  ttlMs: number;
  /** It ends when it was not used for so long. */
  idleMs: number;
}

/** A session that is open. */
export interface SessionRow extends Pick<NewSession, 'id' | 'person'>, Scope {
  kind: SessionKind;
  createdAtMs: number;
  expiresAtMs: number;
}

export type SessionRotation =
  | { kind: 'rotated'; row: SessionRow }
  /** The token had been used before: somebody has a copy. The session has ended by this. */
  | { kind: 'reused'; person: string; session: string };

/** How often the use of a session is written down, at most. */
export const SESSION_NOTED_EVERY_MS = 60_000;

/** Everything about a person is in the scope of their tenant in live: the same people work in both environments. */
export interface PeopleVerbs {
  /**
   * Adds somebody with their first identity, or nothing. With a verified address, others who only claim that address
   * lose it, and their sessions end, in the same commit.
   */
  add(scope: Scope, person: NewPerson, identity: NewIdentity): Promise<'added' | 'identity_taken' | 'email_taken'>;
  get(scope: Scope, id: string): Promise<PersonRow | undefined>;
  ofIdentity(scope: Scope, iss: string, sub: string): Promise<PersonRow | undefined>;
  /** Who holds a verified address. */
  ofEmail(scope: Scope, email: string): Promise<PersonRow | undefined>;
  link(scope: Scope, id: string, identity: NewIdentity): Promise<'linked' | 'identity_taken' | 'not_found'>;
  identities(scope: Scope, id: string): Promise<IdentityRow[]>;
  list(
    scope: Scope,
    page: { limit: number; cursor?: string; order?: 'newest' | 'oldest' },
  ): Promise<{ rows: PersonRow[]; cursor?: string }>;
  /** Gives a role, or none; their sessions end, so that nothing goes on under another one. */
  setRole(scope: Scope, id: string, role: Role | undefined): Promise<'set' | 'not_found'>;
  /** Makes somebody an admin where there is none; of two at once, one is. */
  firstAdmin(scope: Scope, id: string): Promise<'set' | 'there_is_one' | 'not_found'>;
  /** With identities and sessions. */
  remove(scope: Scope, id: string): Promise<'removed' | 'not_found'>;
}

export interface SessionVerbs {
  begin(scope: Scope, session: NewSession): Promise<'begun' | 'exists'>;
  /** `undefined` for one that has ended. */
  get(scope: Scope, id: string): Promise<SessionRow | undefined>;
  /** A second time is no error. */
  end(scope: Scope, id: string): Promise<void>;
  /** Ends all sessions of a person. @returns how many */
  endAll(scope: Scope, person: string): Promise<number>;
}

export interface TenantRow {
  name: string;
  createdBy: string;
  createdAtMs: number;
  deletedAtMs?: number;
}

/** Tenants beside `default`, which is always there. A name is never given twice. */
export interface TenantVerbs {
  create(name: string, by: string): Promise<'created' | 'exists'>;
  get(name: string): Promise<TenantRow | undefined>;
  list(): Promise<TenantRow[]>;
  /** A second time is no error. Ends its keys and sessions in the same commit. */
  delete(name: string): Promise<'deleted' | 'not_found'>;
}
