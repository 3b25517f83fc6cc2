/**
 * Signing in: an authorization request that a browser takes to a provider, what it comes back with, and whose person
 * that is.
 *
 * Somebody is who an issuer and a subject say. An address joins accounts only where the provider has authority over it
 * and the account that holds it was made the same way; in every other case the person is told which way they have.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import * as oauth from 'oauth4webapi';
import type { ConnectorDefinition, LoginDefinition, LoginProfile } from '../../core/connector.js';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { parseJson, parseJsonObject } from '../../core/json.js';
import type { PersonRow } from '../../core/people.js';
import type { Clock, Net, Random } from '../../core/ports.js';
import type { Scope } from '../../core/scope.js';
import type { Store } from '../../core/store.js';
import { endpointOf, hasAuth, type ConnectorWithAuth } from '../oauth/endpoints.js';
import type { OAuthApps } from '../oauth/apps.js';
import type { TokenClient, TokenTarget } from '../oauth/token-client.js';
import type { GrantedToken } from '../oauth/token-outcome.js';
import type { SecretBinding } from '../place.js';
import type { Vault } from '../vault.js';
import { comparableEmail, factsOfProfile } from './profile.js';

/** What a browser wants in the end: a cookie and a path of ours, or a code or token for an application. */
export type SignInWish =
  | { kind: 'page'; returnTo: string }
  | { kind: 'app'; redirectUri: string; mode: 'code' | 'exchange' | 'session'; challenge?: string; state?: string };

/** Why nobody signed in; the words are `SIGN_IN_FAILURES`. */
export type SignInFailure =
  | 'access_denied'
  | 'state_invalid'
  | 'other_browser'
  | 'provider_refused'
  | 'code_refused'
  | 'identity_unknown'
  | 'email_taken'
  | 'not_configured';

export type SignInEnd =
  | { kind: 'signed_in'; person: PersonRow; wish: SignInWish }
  /** `uses`: the providers that the account which holds the address has. */
  | { kind: 'failed'; reason: SignInFailure; wish?: SignInWish; uses?: readonly string[] };

interface Ticket {
  provider: string;
  redirectUri: string;
  bound: string;
  verifier?: string;
  nonce: string;
  wish: SignInWish;
}

export interface SignInParts {
  store: Store;
  vault: Vault;
  apps: OAuthApps;
  tokens: TokenClient;
  net: Net;
  clock: Clock;
  random: Random;
  connectors: readonly ConnectorDefinition[];
  baseUrlOf: (provider: string, environment: Scope['environment']) => string;
  /** Whose clients at the providers are used. */
  environment: Scope['environment'];
  tenant: string;
  timeoutMs: number;
}

export type ConnectorWithLogin = ConnectorWithAuth & { auth: { login: LoginDefinition } };

const KIND = 'login';
export const SIGN_IN_TTL_MS = 10 * 60_000;
const ANSWER_BYTES_MAX = 262_144;

export class SignIn {
  constructor(private readonly parts: SignInParts) {}

  /** Those that people can sign in with. */
  connectors(): ConnectorWithLogin[] {
    const canLogin = (one: ConnectorDefinition): one is ConnectorWithLogin =>
      hasAuth(one) && one.auth.login !== undefined;
    return this.parts.connectors.filter(canLogin);
  }

  /** @throws AppError `config_invalid` where we are no client of the provider */
  async begin(connector: ConnectorWithLogin, redirectUri: string, wish: SignInWish) {
    const { store, vault, apps, random } = this.parts;
    const { auth, provider } = connector;
    const { client_id } = await apps.of(this.#clientScope, connector);
    const [state, binding, nonce] = [token(random), token(random), token(random)];
    const verifier = auth.code_challenge_methods_supported.includes('S256') ? token(random) : undefined;
    const ticket: Ticket = {
      provider,
      redirectUri,
      wish,
      nonce,
      bound: textHash(binding),
      ...(verifier && { verifier }),
    };
    const hash = hashOf(state);
    const body = vault.seal(new TextEncoder().encode(JSON.stringify(ticket)), placeOf(this.scope, hash));
    await store.tickets.issue(this.scope, { kind: KIND, hash, body, ttlMs: SIGN_IN_TTL_MS });
    const url = new URL(endpointOf(connector, this.#baseUrl(provider), auth.authorization_endpoint));
    const parameters = {
      response_type: 'code',
      client_id,
      redirect_uri: redirectUri,
      state,
      scope: auth.login.scopes.join(auth.scope_separator),
      ...(auth.login.jwks_uri !== undefined && { nonce }),
      ...(verifier !== undefined && {
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { authorizationUrl: url.href, flow: flowName(hash), binding };
  }

  flowOf(state: string | null): string | undefined {
    return state === null ? undefined : flowName(hashOf(state));
  }

  /** Ends what was begun. A `state` is used up by this, whatever comes of it. */
  async finish(provider: string, answer: URLSearchParams, binding: string | undefined): Promise<SignInEnd> {
    const ticket = await this.#redeem(answer.get('state'));
    const connector = this.connectors().find((one) => one.provider === provider);
    if (ticket === undefined || connector === undefined || ticket.provider !== provider) return failed('state_invalid');
    const { wish, bound, verifier, nonce } = ticket;
    if (binding === undefined || !timingSafeEqual(Buffer.from(bound, 'base64url'), hashOf(binding))) {
      return failed('other_browser');
    }
    const client = await this.parts.apps.find(this.#clientScope, connector);
    if (client === undefined) return failed('not_configured', wish);
    const iss = answer.get('iss');
    if (iss !== null && iss !== connector.auth.issuer) return failed('provider_refused', wish);
    if (answer.has('error')) {
      return failed(answer.get('error') === 'access_denied' ? 'access_denied' : 'provider_refused', wish);
    }
    let callback: URLSearchParams;
    try {
      const server = { issuer: connector.auth.issuer ?? 'https://issuer.invalid' };
      callback = oauth.validateAuthResponse(server, { client_id: client.client_id }, answer, oauth.skipStateCheck);
    } catch {
      return failed('provider_refused', wish);
    }
    const target = { connector, baseUrl: this.#baseUrl(provider), client };
    const outcome = await this.parts.tokens.exchangeCode(target, callback, ticket.redirectUri, verifier);
    if (outcome.kind !== 'granted') return failed('code_refused', wish);
    const profile = await this.#profile(target, connector.auth.login, outcome.token, nonce);
    if (profile === undefined) return failed('identity_unknown', wish);
    return await this.#personOf(provider, connector.auth.login.iss, profile, wish);
  }

  get scope(): Scope {
    return { tenant: this.parts.tenant, environment: 'live' };
  }

  get #clientScope(): Scope {
    return { tenant: this.parts.tenant, environment: this.parts.environment };
  }

  #baseUrl(provider: string): string {
    return this.parts.baseUrlOf(provider, this.parts.environment);
  }

  async #profile(
    target: TokenTarget,
    login: LoginDefinition,
    granted: GrantedToken,
    nonce: string,
  ): Promise<LoginProfile | undefined> {
    if (login.jwks_uri === undefined) {
      const answers: unknown[] = [];
      for (const address of login.requests ?? []) answers.push(await this.#get(target, address, granted.access_token));
      return answers.includes(undefined) ? undefined : login.read(answers);
    }
    const keys = (await this.#get(target, login.jwks_uri)) as JSONWebKeySet | undefined;
    if (granted.id_token === undefined || keys === undefined) return undefined;
    try {
      const { payload } = await jwtVerify(granted.id_token, createLocalJWKSet(keys), {
        algorithms: ['RS256', 'ES256'],
        issuer: login.iss,
        audience: target.client.client_id,
        requiredClaims: ['sub', 'exp', 'iat', 'nonce'],
        clockTolerance: 60,
        currentDate: new Date(this.parts.clock.nowMs()),
      });
      const { azp } = payload;
      const isForUs = azp === undefined || azp === target.client.client_id;
      return isForUs && payload['nonce'] === nonce ? login.read([payload]) : undefined;
    } catch {
      return undefined;
    }
  }

  async #get({ connector, baseUrl }: TokenTarget, address: string, accessToken?: string): Promise<unknown> {
    const result = await this.parts.net.send({
      method: 'GET',
      url: endpointOf(connector, baseUrl, address),
      headers: {
        accept: 'application/json',
        'user-agent': 'fairlead',
        ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
      },
      timeoutMs: this.parts.timeoutMs,
      maxAnswerBytes: ANSWER_BYTES_MAX,
    });
    if (!result.ok || result.answer.status !== 200 || result.answer.truncated) return undefined;
    const parsed = parseJson(result.answer.body, { maxBytes: ANSWER_BYTES_MAX, maxDepth: 16 });
    return parsed.ok ? parsed.value : undefined;
  }

  async #personOf(provider: string, iss: string, profile: LoginProfile, wish: SignInWish): Promise<SignInEnd> {
    const { people } = this.parts.store;
    const { scope } = this;
    const known = await people.ofIdentity(scope, iss, profile.sub);
    if (known !== undefined) return { kind: 'signed_in', person: known, wish };
    const email = comparableEmail(profile.email);
    const isVerified = profile.isVerified && email !== undefined;
    const identity = { iss, sub: profile.sub, provider, ...(email !== undefined && { email }) };
    const holder = email === undefined ? undefined : await people.ofEmail(scope, email);
    if (holder !== undefined) {
      if (!isVerified) return await this.#taken(holder, wish);
      const linked = await people.link(scope, holder.id, identity);
      return linked === 'linked' ? { kind: 'signed_in', person: holder, wish } : failed('state_invalid', wish);
    }
    const id = newId('principal', this.parts.clock, this.parts.random);
    const person = { id, isVerified, facts: factsOfProfile(profile), ...(email !== undefined && { email }) };
    const added = await people.add(scope, person, identity);
    // Somebody was quicker: what they did decides.
    if (added !== 'added') return await this.#personOf(provider, iss, profile, wish);
    return { kind: 'signed_in', person: (await people.get(scope, id))!, wish };
  }

  async #taken(holder: PersonRow, wish: SignInWish): Promise<SignInEnd> {
    const identities = await this.parts.store.people.identities(this.scope, holder.id);
    const titles = identities.map((one) => this.connectors().find((own) => own.provider === one.provider)?.title);
    const uses = [...new Set(titles.filter((title) => title !== undefined))];
    return { kind: 'failed', reason: 'email_taken', wish, uses };
  }

  async #redeem(state: string | null): Promise<Ticket | undefined> {
    if (state === null || !/^[\w-]{43}$/.test(state)) return undefined;
    const hash = hashOf(state);
    const row = await this.parts.store.system.redeemTicket(KIND, hash);
    if (row === undefined) return undefined;
    return parseJsonObject(this.parts.vault.open(row.body, placeOf(row, hash))) as unknown as Ticket | undefined;
  }
}

function failed(reason: SignInFailure, wish?: SignInWish): SignInEnd {
  return { kind: 'failed', reason, ...(wish !== undefined && { wish }) };
}

/** @throws AppError `not_found` */
export function loginConnector(signIn: SignIn, provider: string): ConnectorWithLogin {
  const found = signIn.connectors().find((one) => one.provider === provider);
  if (found === undefined) throw new AppError('not_found', { what: 'sign-in', id: provider.slice(0, 100) });
  return found;
}

const token = (random: Random): string => Buffer.from(random.bytes(32)).toString('base64url');
const hashOf = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());
const textHash = (text: string): string => Buffer.from(hashOf(text)).toString('base64url');
const flowName = (hash: Uint8Array): string => Buffer.from(hash.subarray(0, 8)).toString('hex');

function placeOf({ tenant, environment }: Scope, hash: Uint8Array): SecretBinding {
  return { tenant, environment, kind: 'ticket', id: Buffer.from(hash).toString('hex'), field: 'login' };
}
