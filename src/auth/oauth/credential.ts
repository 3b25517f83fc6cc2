/** The credential of a connection that was made by OAuth: what is sealed, and when it has to be renewed. Pure. @module */
import type { RefreshRules } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import type { GrantedToken } from './token-outcome.js';

/** How new tokens are come by. */
export type Grant =
  | { type: 'authorization_code' }
  | { type: 'client_credentials' }
  | { type: 'app_installation'; appId: string; installationId: string; privateKey: string }
  | { type: 'jwt_bearer'; email: string; privateKey: string; subject?: string };

/** Sealed as JSON; no part of it is shown but what {@link shownFacts} gives. */
export interface OAuthCredential {
  v: 1;
  grant: Grant;
  access_token: string;
  refresh_token?: string;
  obtainedAtMs: number;
  expiresAtMs?: number;
  /** What was asked for. */
  wanted: readonly string[];
  /** What was granted; absent where the provider does not say. */
  granted?: readonly string[];
  /** Id of the account, for a revocation. */
  account?: string;
}

/** What may be shown of it. */
export interface OAuthFacts {
  grant: Grant['type'];
  obtainedAtMs: number;
  expiresAtMs?: number;
  renewable: boolean;
  wanted: readonly string[];
  granted?: readonly string[];
}

const BUFFER_MS = 60_000;
const SHARE_OF_LIFE = 0.8;

export function parseCredential(text: string): OAuthCredential | undefined {
  if (!text.startsWith('{')) return undefined;
  const value = parseJsonObject(new TextEncoder().encode(text));
  const isOurs = value?.['v'] === 1 && typeof value['access_token'] === 'string' && isObject(value['grant']);
  return isOurs ? (value as unknown as OAuthCredential) : undefined;
}

/** A credential of a token that was granted just now; what the answer leaves out stays as it was `before`. */
export function credentialOf(
  grant: Grant,
  token: GrantedToken,
  rules: RefreshRules,
  nowMs: number,
  before: Pick<OAuthCredential, 'wanted'> & Partial<OAuthCredential>,
): OAuthCredential {
  const seconds = token.expires_in ?? rules.default_expires_in;
  const refreshToken = token.refresh_token ?? before.refresh_token;
  const granted = token.scopes ?? before.granted;
  const account = token.account ?? before.account;
  return {
    v: 1,
    grant,
    access_token: token.access_token,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    obtainedAtMs: nowMs,
    ...(seconds !== undefined && { expiresAtMs: nowMs + seconds * 1000 }),
    wanted: before.wanted,
    ...(granted !== undefined && { granted }),
    ...(account !== undefined && { account }),
  };
}

/** Whether new tokens can be had without a person. */
export function isRenewable({ grant, refresh_token }: OAuthCredential, { tokens }: RefreshRules): boolean {
  return grant.type !== 'authorization_code' || (tokens !== 'none' && refresh_token !== undefined);
}

/** When it has to be renewed: at 80 % of its life or 60 s before its end, whichever is first; `undefined` for never. */
export function renewAtMs({ obtainedAtMs, expiresAtMs }: OAuthCredential): number | undefined {
  if (expiresAtMs === undefined) return undefined;
  const lifeMs = expiresAtMs - obtainedAtMs;
  // Of a token that lives for less than the buffer, the share alone counts.
  const bufferedMs = lifeMs > 2 * BUFFER_MS ? lifeMs - BUFFER_MS : Infinity;
  return obtainedAtMs + Math.min(lifeMs * SHARE_OF_LIFE, bufferedMs);
}

export function shownFacts(credential: OAuthCredential, rules: RefreshRules): OAuthFacts {
  const { grant, obtainedAtMs, expiresAtMs, wanted, granted } = credential;
  return {
    grant: grant.type,
    obtainedAtMs,
    renewable: isRenewable(credential, rules),
    wanted,
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(granted !== undefined && { granted }),
  };
}
