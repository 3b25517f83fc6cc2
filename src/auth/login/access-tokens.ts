/**
 * JWTs of ours: signed with EdDSA, for a quarter of an hour (RFC 9068, RFC 8725). Which key verifies, and how, is ours to
 * know: of a token's header only the name of the key counts, and whatever else stands there is a reason to refuse it.
 *
 * @module
 */
import { createPublicKey } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify, SignJWT, type JWTPayload } from 'jose';
import type { Clock, Random } from '../../core/ports.js';
import type { SigningKeys } from './signing-keys.js';

export const ACCESS_TTL_MS = 15 * 60_000;
export const EXCHANGE_TTL_MS = 5 * 60_000;
const SKEW_S = 60;
const TOKEN_CHARACTERS_MAX = 2_000;

/** `access` opens what the person may; `exchange` is good for one exchange, and for nothing else. */
export type TokenUse = 'access' | 'exchange';

const TYPES: Record<TokenUse, string> = { access: 'at+jwt', exchange: 'exchange+jwt' };
const LIFE_MS: Record<TokenUse, number> = { access: ACCESS_TTL_MS, exchange: EXCHANGE_TTL_MS };

export interface TokenClaims {
  /** The person. */
  sub: string;
  /** Their session. */
  sid: string;
  tenant: string;
  jti: string;
}

/** What a token of a program says (RFC 9068, section 2.2): whose it is, for whom, and what the program may do there. */
export interface ClientClaims extends TokenClaims {
  client_id: string;
  /** Words parted by spaces. */
  scope: string;
}

export interface AccessTokensParts {
  keys: SigningKeys;
  clock: Clock;
  random: Random;
  /** Who signs and, since the tokens of people are for all of us, whom those are for. */
  issuer: () => string;
}

export class AccessTokens {
  constructor(private readonly parts: AccessTokensParts) {}

  /** @param jti of an exchange: what it is exchanged by; random otherwise */
  async sign(use: TokenUse, claims: Omit<TokenClaims, 'jti'>, jti?: string): Promise<string> {
    return await this.#sign(use, this.parts.issuer(), claims, jti);
  }

  /** @param resource whom it is for (RFC 8707): one resource of ours, and never all of us */
  async signForClient(resource: string, claims: Omit<ClientClaims, 'jti'>): Promise<string> {
    return await this.#sign('access', resource, claims);
  }

  /** `undefined` for whatever is not, to the letter, a token of ours for this use. Fetches nothing. */
  async verify(use: TokenUse, token: string): Promise<TokenClaims | undefined> {
    const payload = await this.#verify(use, token, this.parts.issuer());
    return payload && claimsOf(payload);
  }

  /** As {@link verify}, for a token that a program has for one resource. */
  async verifyForClient(resource: string, token: string): Promise<ClientClaims | undefined> {
    const payload = await this.#verify('access', token, resource);
    const claims = payload && claimsOf(payload);
    const [client_id, scope] = [payload?.['client_id'], payload?.['scope']];
    if (claims === undefined || typeof client_id !== 'string' || typeof scope !== 'string') return undefined;
    return { ...claims, client_id, scope };
  }

  async #sign(use: TokenUse, audience: string, { sub, ...claims }: Omit<TokenClaims, 'jti'>, jti?: string) {
    const { keys, clock, random, issuer } = this.parts;
    const { kid, key } = (await keys.all())[0]!;
    const iat = Math.floor(clock.nowMs() / 1000);
    return await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'EdDSA', typ: TYPES[use], kid })
      .setIssuer(issuer())
      .setAudience(audience)
      .setSubject(sub)
      .setIssuedAt(iat)
      .setExpirationTime(iat + LIFE_MS[use] / 1000)
      .setJti(jti ?? Buffer.from(random.bytes(16)).toString('base64url'))
      .sign(key);
  }

  async #verify(use: TokenUse, token: string, audience: string): Promise<JWTPayload | undefined> {
    const { keys, clock, issuer } = this.parts;
    if (token.length > TOKEN_CHARACTERS_MAX) return undefined;
    try {
      const header = decodeProtectedHeader(token);
      const isOurs = Object.keys(header).every((name) => name === 'alg' || name === 'typ' || name === 'kid');
      const found = (await keys.all()).find(({ kid }) => kid === header.kid);
      if (!isOurs || found === undefined || header.typ !== TYPES[use]) return undefined;
      const { payload } = await jwtVerify(token, createPublicKey(found.key), {
        algorithms: ['EdDSA'],
        typ: TYPES[use],
        issuer: issuer(),
        audience,
        requiredClaims: ['iss', 'aud', 'exp', 'iat', 'jti', 'sub', 'sid', 'tenant'],
        clockTolerance: SKEW_S,
        maxTokenAge: LIFE_MS[use] / 1000,
        currentDate: new Date(clock.nowMs()),
      });
      return payload;
    } catch {
      return undefined;
    }
  }
}

function claimsOf({ sub, sid, tenant, jti, exp, iat }: JWTPayload): TokenClaims | undefined {
  const isText = [sub, sid, tenant, jti].every((claim) => typeof claim === 'string');
  const isShort = exp! - iat! <= ACCESS_TTL_MS / 1000;
  return isText && isShort ? ({ sub, sid, tenant, jti } as TokenClaims) : undefined;
}
