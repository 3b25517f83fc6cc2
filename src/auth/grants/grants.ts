/**
 * What programs are given (OAuth 2.1): a code that is good once and for a minute, an access token of a quarter of an
 * hour for one resource, and a refresh token that is good once. Code and refresh tokens are one family: whoever comes
 * with one that was used ends it.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import {
  GRANT_SCOPES,
  type CodeBinding,
  type GrantedSession,
  type GrantRow,
  type GrantScope,
} from '../../core/grant.js';
import { newId } from '../../core/ids.js';
import { parseJsonObject } from '../../core/json.js';
import { scopesOfRole, type PersonRow } from '../../core/people.js';
import { RESOURCE_PATHS, resourceOf, type ResourceName } from '../../core/protected-resource.js';
import type { Clock, Random } from '../../core/ports.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { Store } from '../../core/store.js';
import { ACCESS_TTL_MS, type AccessTokens } from '../login/access-tokens.js';
import type { ClientDirectory } from './client-directory.js';
import type { GrantRequest } from './grant-request.js';

const DAY_MS = 86_400_000;
const FAMILY_LIFE = { idleMs: 14 * DAY_MS, ttlMs: 90 * DAY_MS };
export const GRANT_CODE_TTL_MS = 60_000;
const ASKED_TTL_MS = 10 * 60_000;
const ASKED_KIND = 'consent';
const SECRET = /^(fl[cr])_(ses_[0-9a-z]{26})\.[\w-]{43}$/;
const VERIFIER = /^[\w.~-]{43,128}$/;

/** RFC 6749, section 5.1. */
export interface GrantTokens {
  access_token: string;
  token_type: 'Bearer';
  /** Seconds. */
  expires_in: number;
  refresh_token: string;
  scope: string;
}

/** Codes of RFC 6749, 5.2 and RFC 8707, 2. */
export interface TokenRefusal {
  error: 'invalid_grant' | 'invalid_target' | 'invalid_scope' | 'invalid_request';
}

/** For the audit log. */
export interface GrantEvent {
  what: 'consent' | 'refuse' | 'issue' | 'reuse' | 'revoke';
  scope: Scope;
  person: string;
  /** Absent where a person refused. */
  grant?: string;
  client: string;
  details?: Record<string, string>;
}

/** Who presents an access token. */
export interface GrantedAccess {
  tenant: string;
  environment: Environment;
  grant: GrantRow;
  scopes: readonly GrantScope[];
  /** What the person could give. */
  possible: readonly GrantScope[];
}

export interface GrantsParts {
  store: Store;
  tokens: AccessTokens;
  clients: ClientDirectory;
  clock: Clock;
  random: Random;
  /** Of people. */
  scope: Scope;
  /** Where this server works. */
  environment: Environment;
  issuer: () => string;
  report: (event: GrantEvent) => Promise<void>;
}

export class Grants {
  constructor(private readonly parts: GrantsParts) {}

  get clients(): ClientDirectory {
    return this.parts.clients;
  }

  get issuer(): string {
    return this.parts.issuer();
  }

  get environment(): Environment {
    return this.parts.environment;
  }

  /** What tokens can be for. */
  get resources(): string[] {
    return Object.values(RESOURCE_PATHS).map((path) => this.issuer + path);
  }

  /** What of a wish the role of a person covers. */
  within({ role }: PersonRow, scopes: readonly GrantScope[]): GrantScope[] {
    return scopes.filter((scope) => scopesOfRole(role).includes(scope));
  }

  /** The consent that a person has given to just this before. */
  async known(person: PersonRow, request: GrantRequest): Promise<GrantRow | undefined> {
    return await this.parts.store.grants.find(this.parts.scope, this.#terms(person, request));
  }

  /** Keeps what a page is about to ask, for one answer from this session. @returns what the form carries */
  async ask(session: string, person: PersonRow, request: GrantRequest): Promise<string> {
    const asked = this.#random();
    const body = new TextEncoder().encode(JSON.stringify({ session, person: person.id, request }));
    const ticket = { kind: ASKED_KIND, hash: hashOf(asked), body, ttlMs: ASKED_TTL_MS };
    await this.parts.store.tickets.issue(this.parts.scope, ticket);
    return asked;
  }

  /** What was asked; `undefined` for another session, a second answer, or one that comes late. */
  async answered(asked: string, session: string, person: PersonRow): Promise<GrantRequest | undefined> {
    if (!/^[\w-]{43}$/.test(asked)) return undefined;
    const row = await this.parts.store.system.redeemTicket(ASKED_KIND, hashOf(asked));
    if (row === undefined || row.tenant !== this.parts.scope.tenant) return undefined;
    const kept = parseJsonObject(row.body);
    if (kept?.['session'] !== session || kept['person'] !== person.id) return undefined;
    return kept['request'] as GrantRequest;
  }

  async refused(person: PersonRow, { client }: GrantRequest): Promise<void> {
    await this.#report({ what: 'refuse', person: person.id, client: client.id });
  }

  /** Keeps what a person agreed to. Nothing without a scope that their role covers. */
  async agreed(person: PersonRow, request: GrantRequest): Promise<GrantRow | undefined> {
    const terms = this.#terms(person, request);
    if (terms.scopes.length === 0) return undefined;
    const { clock, random, store, scope } = this.parts;
    const id = newId('grant', clock, random);
    const grant = await store.grants.keep(scope, { ...terms, id, clientName: request.client.name });
    const details = { scopes: grant.scopes.join(' '), resource: grant.resource, redirectUri: request.redirectUri };
    await this.#report({ what: 'consent', person: person.id, client: grant.client, grant: grant.id, details });
    return grant;
  }

  /** @returns `undefined` where the grant was revoked in the meantime */
  async code(grant: GrantRow, { challenge, redirectUri }: GrantRequest): Promise<string | undefined> {
    const { clock, random, store, scope } = this.parts;
    const id = newId('session', clock, random);
    const code = this.#secret('flc', id);
    const bound: CodeBinding = { challenge, redirectUri };
    const session = {
      id,
      hash: hashOf(code),
      bound: JSON.stringify(bound),
      codeTtlMs: GRANT_CODE_TTL_MS,
      ...FAMILY_LIFE,
    };
    return (await store.grants.begin(scope, grant.id, session)) === 'begun' ? code : undefined;
  }

  /** RFC 6749, 4.1.3. Whatever is wrong beside it, the code is used up, and what it could have led to has ended. */
  async redeem(given: {
    code: string;
    client: string;
    redirectUri: string;
    verifier: string;
    resource: string;
  }): Promise<GrantTokens | TokenRefusal> {
    const rotated = await this.#rotate('flc', given.code);
    if (rotated === undefined) return { error: 'invalid_grant' };
    const { known, next } = rotated;
    const { grant, bound, session } = known;
    const { challenge, redirectUri } = JSON.parse(bound) as CodeBinding;
    const isMade = VERIFIER.test(given.verifier) && isSame(sha256Text(given.verifier), challenge);
    const isTheirs = grant.client === given.client && redirectUri === given.redirectUri && isMade;
    const isMeant = given.resource === '' || given.resource === grant.resource;
    if (!isTheirs || !isMeant) {
      await this.parts.store.sessions.end(this.parts.scope, session.id);
      return { error: isTheirs ? 'invalid_target' : 'invalid_grant' };
    }
    return await this.#issue(known, next, grant.scopes, 'code');
  }

  /** RFC 6749, 6. What is asked for wrongly uses nothing up; a token that was used ends the family. */
  async refresh(given: {
    token: string;
    client: string;
    scope: string;
    resource: string;
  }): Promise<GrantTokens | TokenRefusal> {
    const known = await this.#known('flr', given.token);
    if (known !== undefined) {
      const asked = given.scope.split(' ').filter((word) => word !== '');
      if (known.grant.client !== given.client) return { error: 'invalid_grant' };
      if (given.resource !== '' && given.resource !== known.grant.resource) return { error: 'invalid_target' };
      if (!asked.every((one) => known.grant.scopes.some((scope) => scope === one))) return { error: 'invalid_scope' };
    }
    const rotated = await this.#rotate('flr', given.token);
    if (rotated === undefined) return { error: 'invalid_grant' };
    const { grant } = rotated.known;
    const asked =
      given.scope === '' ? grant.scopes : GRANT_SCOPES.filter((one) => given.scope.split(' ').includes(one));
    return await this.#issue(rotated.known, rotated.next, asked, 'refresh');
  }

  /** RFC 7009: ends the family that a token is of. Of a token that is none, nobody learns that. */
  async revokeToken(token: string, client: string): Promise<void> {
    const named = (await this.#known('flr', token)) ?? (await this.#accessed(token));
    if (named === undefined || named.grant.client !== client) return;
    // That a refresh token is the right one shows by using it up.
    const known = SECRET.test(token) ? (await this.#rotate('flr', token))?.known : named;
    if (known === undefined) return;
    const { grant, session } = known;
    await this.parts.store.sessions.end(this.parts.scope, session.id);
    const details = { session: session.id };
    await this.#report({ what: 'revoke', person: grant.person, client, grant: grant.id, details });
  }

  /** Who presents an access token, and what they may do now: never more than was agreed to, nor than the person may. */
  async ofAccessToken(token: string, resource: ResourceName): Promise<GrantedAccess | undefined> {
    const { tokens, store, scope } = this.parts;
    const claims = await tokens.verifyForClient(resourceOf(this.issuer, resource), token);
    if (claims === undefined || claims.tenant !== scope.tenant) return undefined;
    const known = await store.grants.session(scope, claims.sid);
    const isIts = known?.grant.client === claims.client_id && known.grant.person === claims.sub;
    if (known === undefined || !isIts || known.grant.resource !== resourceOf(this.issuer, resource)) return undefined;
    const person = await store.people.get(scope, claims.sub);
    if (person === undefined) return undefined;
    const { grant } = known;
    const inToken = claims.scope.split(' ');
    const scopes = this.within(person, grant.scopes).filter((one) => inToken.includes(one));
    if (scopes.length === 0) return undefined;
    const { tenant, environment } = grant;
    return { tenant, environment, grant, scopes, possible: this.within(person, GRANT_SCOPES) };
  }

  async #issue(
    { grant, session }: GrantedSession,
    refresh_token: string,
    asked: readonly GrantScope[],
    by: 'code' | 'refresh',
  ): Promise<GrantTokens | TokenRefusal> {
    const { store, scope, tokens } = this.parts;
    const person = await store.people.get(scope, grant.person);
    const scopes = person === undefined ? [] : this.within(person, asked);
    if (scopes.length === 0) {
      await store.sessions.end(scope, session.id);
      return { error: 'invalid_grant' };
    }
    const words = scopes.join(' ');
    const claims = { sub: grant.person, sid: session.id, tenant: scope.tenant, client_id: grant.client, scope: words };
    const access_token = await tokens.signForClient(grant.resource, claims);
    const details = { by, session: session.id, scopes: words };
    await this.#report({ what: 'issue', person: grant.person, client: grant.client, grant: grant.id, details });
    return { access_token, token_type: 'Bearer', expires_in: ACCESS_TTL_MS / 1000, refresh_token, scope: words };
  }

  /** Uses a code or a refresh token up for the next one; one that was used before ends everything that came of it. */
  async #rotate(kind: 'flc' | 'flr', token: string): Promise<{ known: GrantedSession; next: string } | undefined> {
    const known = await this.#known(kind, token);
    if (known === undefined) return undefined;
    const next = this.#secret('flr', known.session.id);
    const rotated = await this.parts.store.system.rotateSession(hashOf(token), hashOf(next), 'client');
    if (rotated?.kind === 'rotated') return { known, next };
    if (rotated?.kind === 'reused') {
      const { grant, session } = known;
      const details = { session: session.id, what: kind === 'flc' ? 'code' : 'refresh token' };
      await this.#report({ what: 'reuse', person: grant.person, client: grant.client, grant: grant.id, details });
    }
    return undefined;
  }

  /** The open session that a text names. That the text is the right one is not known by that. */
  async #known(kind: 'flc' | 'flr', token: string): Promise<GrantedSession | undefined> {
    const [, found, session] = SECRET.exec(token) ?? [];
    if (found !== kind) return undefined;
    return await this.parts.store.grants.session(this.parts.scope, session!);
  }

  async #accessed(token: string): Promise<GrantedSession | undefined> {
    const { tokens, store, scope } = this.parts;
    for (const resource of this.resources) {
      const claims = await tokens.verifyForClient(resource, token);
      if (claims?.tenant === scope.tenant) return await store.grants.session(scope, claims.sid);
    }
    return undefined;
  }

  #terms(person: PersonRow, { client, registeredUri, resource, scopes }: GrantRequest) {
    const { environment } = this.parts;
    const within = this.within(person, scopes);
    return { person: person.id, client: client.id, redirectUri: registeredUri, resource, scopes: within, environment };
  }

  async #report(event: Omit<GrantEvent, 'scope'>): Promise<void> {
    await this.parts.report({ ...event, scope: this.parts.scope });
  }

  #secret(kind: 'flc' | 'flr', session: string): string {
    return `${kind}_${session}.${this.#random()}`;
  }

  #random(): string {
    return Buffer.from(this.parts.random.bytes(32)).toString('base64url');
  }
}

function isSame(one: string, two: string): boolean {
  return timingSafeEqual(hashOf(one), hashOf(two));
}

const sha256Text = (text: string): string => createHash('sha256').update(text).digest('base64url');
const hashOf = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());
