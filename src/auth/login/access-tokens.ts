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

export interface AccessTokensParts {
  keys: SigningKeys;
  clock: Clock;
  random: Random;
  /** Who signs and, since the tokens are for us, whom they are for. */
  issuer: () => string;
}

export class AccessTokens {
  constructor(private readonly parts: AccessTokensParts) {}

  /** @param jti of an exchange: what it is exchanged by; random otherwise */
  async sign(use: TokenUse, { sub, sid, tenant }: Omit<TokenClaims, 'jti'>, jti?: string): Promise<string> {
    const { keys, clock, random, issuer } = this.parts;
    const { kid, key } = (await keys.all())[0]!;
    const iat = Math.floor(clock.nowMs() / 1000);
    return await new SignJWT({ sid, tenant })
      .setProtectedHeader({ alg: 'EdDSA', typ: TYPES[use], kid })
      .setIssuer(issuer())
      .setAudience(issuer())
      .setSubject(sub)
      .setIssuedAt(iat)
      .setExpirationTime(iat + LIFE_MS[use] / 1000)
      .setJti(jti ?? Buffer.from(random.bytes(16)).toString('base64url'))
      .sign(key);
  }

  /** `undefined` for whatever is not, to the letter, a token of ours for this use. Fetches nothing. */
  async verify(use: TokenUse, token: string): Promise<TokenClaims | undefined> {
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
        audience: issuer(),
        requiredClaims: ['iss', 'aud', 'exp', 'iat', 'jti', 'sub', 'sid', 'tenant'],
        clockTolerance: SKEW_S,
        maxTokenAge: LIFE_MS[use] / 1000,
        currentDate: new Date(clock.nowMs()),
      });
      return claimsOf(payload);
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
