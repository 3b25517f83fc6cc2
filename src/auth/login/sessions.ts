/**
 * Sessions of people: a cookie for pages; for applications an access token of a quarter of an hour and a refresh token
 * that is good once. Codes that lead to them are good once, too, and for a minute.
 *
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { newId } from '../../core/ids.js';
import { parseJsonObject } from '../../core/json.js';
import type { PersonRow, SessionRow } from '../../core/people.js';
import type { Clock, Random } from '../../core/ports.js';
import type { Scope } from '../../core/scope.js';
import type { Store } from '../../core/store.js';
import { ACCESS_TTL_MS, EXCHANGE_TTL_MS, type AccessTokens } from './access-tokens.js';

const HOUR_MS = 3_600_000;
/** OWASP's session sheet: half an hour without use, half a day in any case. */
export const COOKIE_LIFE = { idleMs: HOUR_MS / 2, ttlMs: 12 * HOUR_MS };
const TOKENS_LIFE = { idleMs: 14 * 24 * HOUR_MS, ttlMs: 90 * 24 * HOUR_MS };
export const CODE_TTL_MS = 60_000;
const REUSE_SEEN_MS = 10 * 60_000;
const ADMIN_CODE_TTL_MS = 15 * 60_000;

export interface TokenPair {
  access_token: string;
  token_type: 'Bearer';
  /** Seconds. */
  expires_in: number;
  refresh_token: string;
}

export interface SessionsParts {
  store: Store;
  tokens: AccessTokens;
  clock: Clock;
  random: Random;
  scope: Scope;
  /** Somebody has come with a refresh token that was used before; the session has ended by it. */
  onReuse: (person: string, session: string) => Promise<void>;
}

export interface SignedIn {
  person: PersonRow;
  session: SessionRow;
}

export class Sessions {
  constructor(private readonly parts: SessionsParts) {}

  /** A fresh one, whatever the browser had before. @returns the value of the cookie */
  async beginCookie(person: string): Promise<string> {
    const value = this.#secret();
    await this.#begin(person, 'cookie', value, this.#id());
    return value;
  }

  async ofCookie(value: string | undefined): Promise<SignedIn | undefined> {
    if (value === undefined || !isSecret(value)) return undefined;
    return await this.#whole(await this.parts.store.system.session(hashOf(value)));
  }

  /** Who an access token is of; asks whether the session is still open. */
  async ofAccessToken(text: string): Promise<SignedIn | undefined> {
    const claims = await this.parts.tokens.verify('access', text);
    const { scope, store } = this.parts;
    if (claims === undefined || claims.tenant !== scope.tenant) return undefined;
    const found = await this.#whole(await store.sessions.get(scope, claims.sid));
    return found?.person.id === claims.sub && found.session.kind === 'tokens' ? found : undefined;
  }

  async end(id: string): Promise<void> {
    await this.parts.store.sessions.end(this.parts.scope, id);
  }

  /** A code for an application, bound to the challenge that it made (RFC 7636). */
  async issueCode(person: string, challenge: string): Promise<string> {
    return await this.#issue('login-code', CODE_TTL_MS, { person, challenge });
  }

  /** A token that is good for one exchange, for the fragment of an address. */
  async issueExchange(person: string): Promise<string> {
    const sid = this.#id();
    const jti = await this.#issue('login-exchange', EXCHANGE_TTL_MS, { person }, sid);
    return await this.parts.tokens.sign('exchange', { sub: person, sid, tenant: this.parts.scope.tenant }, jti);
  }

  /** A whole access token, for the fragment of an address. */
  async issueAccess(person: string): Promise<string> {
    const id = this.#id();
    await this.#begin(person, 'tokens', this.#secret(), id);
    return await this.parts.tokens.sign('access', { sub: person, sid: id, tenant: this.parts.scope.tenant });
  }

  /** A second use ends what the first has begun. */
  async redeemCode(code: string, verifier: string): Promise<TokenPair | undefined> {
    const found = await this.#redeem('login-code', code);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const isRight = found !== undefined && isSame(challenge, String(found['challenge']));
    return isRight && /^[\w.~-]{43,128}$/.test(verifier) ? await this.#pair(found) : undefined;
  }

  async redeemExchange(text: string): Promise<TokenPair | undefined> {
    const claims = await this.parts.tokens.verify('exchange', text);
    const found = claims === undefined ? undefined : await this.#redeem('login-exchange', claims.jti);
    return found === undefined ? undefined : await this.#pair(found);
  }

  /** `undefined` for one that is none, is over, or was used before, which ends the session. */
  async refresh(token: string): Promise<TokenPair | undefined> {
    if (!isSecret(token)) return undefined;
    const next = this.#secret();
    const rotated = await this.parts.store.system.rotateSession(hashOf(token), hashOf(next));
    if (rotated?.kind === 'reused') await this.parts.onReuse(rotated.person, rotated.session);
    if (rotated?.kind !== 'rotated' || rotated.row.tenant !== this.parts.scope.tenant) return undefined;
    return await this.#answer(rotated.row.person, rotated.row.id, next);
  }

  /** What the first person becomes an admin by. */
  async issueAdminCode(): Promise<string> {
    return await this.#issue('admin-code', ADMIN_CODE_TTL_MS, {});
  }

  async redeemAdminCode(code: string): Promise<boolean> {
    return (await this.#redeem('admin-code', code)) !== undefined;
  }

  async #begin(person: string, kind: 'cookie' | 'tokens', secret: string, id: string): Promise<void> {
    const life = kind === 'cookie' ? COOKIE_LIFE : TOKENS_LIFE;
    await this.parts.store.sessions.begin(this.parts.scope, { id, person, kind, hash: hashOf(secret), ...life });
  }

  async #whole(session: SessionRow | undefined): Promise<SignedIn | undefined> {
    const { scope, store } = this.parts;
    if (session === undefined || session.tenant !== scope.tenant) return undefined;
    const person = await store.people.get(scope, session.person);
    return person && { person, session };
  }

  async #pair({ person, session }: Record<string, unknown>): Promise<TokenPair> {
    const refresh = this.#secret();
    await this.#begin(String(person), 'tokens', refresh, String(session));
    return await this.#answer(String(person), String(session), refresh);
  }

  async #answer(sub: string, sid: string, refresh_token: string): Promise<TokenPair> {
    const access_token = await this.parts.tokens.sign('access', { sub, sid, tenant: this.parts.scope.tenant });
    return { access_token, token_type: 'Bearer', expires_in: ACCESS_TTL_MS / 1000, refresh_token };
  }

  async #issue(kind: string, ttlMs: number, facts: Record<string, string>, session: string = this.#id()) {
    const { store, scope } = this.parts;
    const code = this.#secret();
    const body = new TextEncoder().encode(JSON.stringify({ ...facts, session }));
    // The second ticket says what the first has led to, to whoever comes with the same code again.
    await store.tickets.issue(scope, { kind: `${kind}-seen`, hash: hashOf(code), body, ttlMs: REUSE_SEEN_MS });
    await store.tickets.issue(scope, { kind, hash: hashOf(code), body, ttlMs });
    return code;
  }

  async #redeem(kind: string, code: string): Promise<Record<string, unknown> | undefined> {
    if (!isSecret(code)) return undefined;
    const { store, scope } = this.parts;
    const row = await store.system.redeemTicket(kind, hashOf(code));
    if (row !== undefined) return row.tenant === scope.tenant ? parseJsonObject(row.body) : undefined;
    const seen = await store.system.redeemTicket(`${kind}-seen`, hashOf(code));
    const session = seen && parseJsonObject(seen.body)?.['session'];
    if (typeof session === 'string') await this.end(session);
    return undefined;
  }

  #secret(): string {
    return Buffer.from(this.parts.random.bytes(32)).toString('base64url');
  }

  #id(): string {
    return newId('session', this.parts.clock, this.parts.random);
  }
}

/** What a form of ours carries: whoever cannot read the cookie cannot make it. */
export function csrfToken(cookie: string): string {
  return createHmac('sha256', cookie).update('fairlead csrf v1').digest('base64url');
}

export function isCsrfToken(cookie: string, given: string | null | undefined): boolean {
  return isSame(csrfToken(cookie), given ?? '');
}

function isSame(one: string, two: string): boolean {
  return timingSafeEqual(hashOf(one), hashOf(two));
}

const isSecret = (text: string): boolean => /^[\w-]{43}$/.test(text);
const hashOf = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());
