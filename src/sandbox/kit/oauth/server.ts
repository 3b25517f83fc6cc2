/** What the authorization server of a simulated provider keeps: codes, grants, refresh tokens. @module */
import type { Random } from '../../../core/ports.js';
import { randomText } from '../call.js';
import type { Tokens } from '../tokens.js';
import type { IssuedToken, OAuthForm } from './form.js';

/** What a person agreed to. */
export interface Consent {
  redirectUri: string;
  scopes: readonly string[];
  challenge?: string;
  isOffline: boolean;
  nonce?: string;
}

interface Code extends Consent {
  endsAtMs: number;
  /** Set when it was used: using it again ends this grant (RFC 6749, section 4.1.2). */
  grant?: Grant;
}

interface Grant {
  number: number;
  scopes: readonly string[];
  access: Set<string>;
  refresh: Set<string>;
}

const CODE_CHARACTERS = 40;

export class OAuthServer {
  /** The one client it knows. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** How long access tokens live from now on; `undefined` means that they do not end. */
  lifeMs: number | undefined;
  readonly #codes = new Map<string, Code>();
  readonly #grants = new Set<Grant>();
  /** By each of their tokens that is good: some worlds have ten thousand of them. */
  readonly #byRefresh = new Map<string, Grant>();
  readonly #byAccess = new Map<string, Grant>();
  #lastNumber = 0;

  constructor(
    readonly form: OAuthForm,
    name: string,
    private readonly tokens: Tokens,
    private readonly random: Random,
  ) {
    this.clientId = `fairlead-at-${name}`;
    this.clientSecret = `simulated-${name}-9b1f6e2c4d8a`;
    this.lifeMs = form.lifeMs;
  }

  /** How many accesses were given and have not ended. */
  get grants(): number {
    return this.#grants.size;
  }

  /** Whether nobody agreed before. */
  get isFirst(): boolean {
    return this.#lastNumber === 0;
  }

  /** A code for what a person agreed to. */
  agree(consent: Consent, nowMs: number): string {
    const code = randomText(this.random, CODE_CHARACTERS);
    this.#codes.set(code, { ...consent, endsAtMs: nowMs + this.form.codeLifeMs });
    return code;
  }

  /** What a code stands for. A code that was used ends what it was used for. */
  look(value: string, nowMs: number): Code | 'unknown' | 'used' {
    const code = this.#codes.get(value);
    if (code === undefined || code.endsAtMs <= nowMs) return 'unknown';
    if (code.grant === undefined) return code;
    this.#end(code.grant);
    return 'used';
  }

  /** Uses a code up. */
  redeem(code: Code, nowMs: number): IssuedToken {
    const grant = this.#begin(code.scopes);
    code.grant = grant;
    const issued = this.#issue(grant, nowMs, code.isOffline, false);
    return code.nonce === undefined ? issued : { ...issued, nonce: code.nonce };
  }

  /** @returns `undefined` for a refresh token that is good no more */
  renew(value: string, nowMs: number): IssuedToken | undefined {
    const grant = this.#byRefresh.get(value);
    if (grant === undefined) return undefined;
    const { refreshTokens, endsOld } = this.form;
    if (endsOld === true) for (const old of grant.access) this.tokens.revoke(old);
    const rotates = refreshTokens !== 'kept';
    if (rotates) {
      grant.refresh.delete(value);
      this.#byRefresh.delete(value);
    }
    return this.#issue(grant, nowMs, rotates, true);
  }

  /** A token for the client itself. */
  machine(scopes: readonly string[], nowMs: number): IssuedToken {
    return this.#issue(this.#begin(scopes), nowMs, false, false);
  }

  /** Ends the access that a token, of either kind, belongs to. @returns whether there was one */
  end(token: string): boolean {
    const grant = this.#byRefresh.get(token) ?? this.#byAccess.get(token);
    if (grant !== undefined) this.#end(grant);
    return grant !== undefined;
  }

  /** Ends every access, as when the person takes the application out of the account. */
  endAll(): void {
    for (const grant of this.#grants) this.#end(grant);
  }

  #begin(scopes: readonly string[]): Grant {
    const grant = { number: ++this.#lastNumber, scopes, access: new Set<string>(), refresh: new Set<string>() };
    this.#grants.add(grant);
    return grant;
  }

  #issue(grant: Grant, nowMs: number, wantsRefresh: boolean, isRenewed: boolean): IssuedToken {
    const { form, lifeMs, random } = this;
    const { refreshTokens, mayDo = (scopes: readonly string[]) => scopes } = form;
    const access = form.accessToken(random, lifeMs !== undefined);
    const scopes = mayDo(grant.scopes);
    grant.access.add(access);
    this.#byAccess.set(access, grant);
    this.tokens.add({
      value: access,
      name: `connection ${grant.number}`,
      ...(scopes !== undefined && { scopes }),
      ...(lifeMs !== undefined && { expiresAtMs: nowMs + lifeMs }),
    });
    const ends = refreshTokens !== 'rotating_when_ending' || lifeMs !== undefined;
    const refresh = wantsRefresh && refreshTokens !== 'none' && ends ? form.refreshToken(random) : undefined;
    if (refresh !== undefined) {
      grant.refresh.add(refresh);
      this.#byRefresh.set(refresh, grant);
    }
    return {
      access_token: access,
      ...(refresh !== undefined && { refresh_token: refresh }),
      ...(lifeMs !== undefined &&
        form.isSilentOnLife !== true && { expires_in: Math.max(1, Math.floor(lifeMs / 1000)) }),
      scopes: grant.scopes,
      isRenewed,
      clientId: this.clientId,
    };
  }

  #end(grant: Grant): void {
    for (const token of grant.access) {
      this.tokens.revoke(token);
      this.#byAccess.delete(token);
    }
    for (const token of grant.refresh) this.#byRefresh.delete(token);
    this.#grants.delete(grant);
  }
}
