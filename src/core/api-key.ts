/** A key of Fairlead's own, for a program or an agent: kept as a hash, shown once. @module */
import { localPrincipal, restrictType, type AgentFacts } from './local-identity.js';
import type { PermissionScope, Principal } from './principal.js';
import type { Scope } from './scope.js';

/** Who acts with a key. A person signs in and has none. */
export const KEY_TYPES = ['api_key', 'agent'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** What may be shown of a key; none of it can be changed afterwards. */
export interface ApiKeyFacts {
  name: string;
  type: KeyType;
  /** `approve` is never among them. */
  scopes: readonly PermissionScope[];
  /** The first characters of the key, by which people tell keys apart. */
  prefix: string;
  /** The person or team that answers for it. */
  owner?: string;
  /** Requests a minute; absent means the default. */
  ratePerMinute?: number;
}

export interface NewApiKey {
  id: string;
  /** SHA-256 of the key. Keys hold 256 random bits, so nothing slower is needed. */
  hash: Uint8Array;
  /** JSON text of {@link ApiKeyFacts}. */
  facts: string;
  createdBy: string;
  /** From now; absent means for ever. */
  lifeMs?: number;
}

export interface ApiKeyRow extends Omit<NewApiKey, 'lifeMs'>, Scope {
  createdAtMs: number;
  expiresAtMs?: number;
  revokedAtMs?: number;
  /** Coarse: a key in steady use is noted once in a while. */
  usedAtMs?: number;
}

/** `flk_` and 256 random bits. */
const KEY = /^flk_[A-Za-z0-9_-]{43}$/;

/** Whose key it is, and what it is good for. */
export interface KnownKey extends Scope {
  id: string;
  type: KeyType;
  scopes: readonly PermissionScope[];
}

/** Recognises keys. @throws AppError `unauthenticated`, `key_limited` */
export interface KeyRing {
  identify(token: string): Promise<KnownKey>;
}

/** Who acts with a key: its type or what the caller says, whichever is less, and no scope that the key has not. */
export function principalOfKey(
  { id, type, scopes }: KnownKey,
  statedType: string | undefined,
  via: Principal['via'],
  facts: AgentFacts,
): Principal {
  const acting = localPrincipal(restrictType(type, statedType), id, via, facts);
  return { ...acting, scopes: acting.scopes.filter((scope) => scopes.includes(scope)) };
}

/** Whether a text has the form of a key of ours. */
export function isApiKey(text: string): boolean {
  return KEY.test(text);
}
