/**
 * The way to a connection: an authorization request that a browser takes to the provider, and the callback that it comes
 * back with.
 *
 * `state` is 256 random bits that are good once and for ten minutes; the store keeps its hash. Sealed with it lie the
 * provider, the redirect address, the verifier of PKCE (RFC 7636) and the hash of what binds it to one browser; tenant
 * and environment are those of the ticket. So a callback that somebody else began, that belongs to another provider or
 * that comes a second time ends before any code is sent anywhere.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import type { ConnectorDefinition } from '../../core/connector.js';
import { AppError } from '../../core/errors.js';
import { parseJsonObject } from '../../core/json.js';
import type { Clock, Random } from '../../core/ports.js';
import type { Scope } from '../../core/scope.js';
import type { SystemVerbs } from '../../core/store.js';
import type { TicketVerbs } from '../../core/ticket.js';
import type { SecretBinding } from '../place.js';
import type { Vault } from '../vault.js';
import type { OAuthApps } from './apps.js';
import type { ConnectLink } from './connect-link.js';
import { credentialOf, type OAuthCredential } from './credential.js';
import { endpointOf, hasAuth, type ConnectorWithAuth } from './endpoints.js';
import type { TokenClient } from './token-client.js';

export interface ConnectFlowParts {
  tickets: TicketVerbs;
  system: Pick<SystemVerbs, 'redeemTicket'>;
  vault: Vault;
  apps: OAuthApps;
  tokens: TokenClient;
  connectors: readonly ConnectorDefinition[];
  clock: Clock;
  random: Random;
  /** Base URL of a provider in an environment. */
  baseUrlOf: (provider: string, environment: Scope['environment']) => string;
}

/** What a flow is begun with. */
export interface FlowRequest extends ConnectLink {
  provider: string;
  /** Exactly as registered at the provider. */
  redirectUri: string;
  /** `paste`: a person carries the code to a terminal; the callback itself completes nothing. */
  channel: 'browser' | 'paste';
}

export interface BegunFlow {
  authorizationUrl: string;
  /** Names the flow: part of the name of its cookie. */
  flow: string;
  /** What whoever began it has to show again: the value of the cookie. */
  binding: string;
}

/** Why a callback made no connection. In the address of the page that says so; the words are `CONNECT_FAILURES`. */
export type ConnectFailure =
  | 'access_denied'
  | 'state_invalid'
  | 'maker_over'
  | 'other_browser'
  | 'issuer_mismatch'
  | 'provider_refused'
  | 'code_refused'
  | 'client_invalid'
  | 'provider_unavailable'
  | 'wrong_account'
  | 'not_configured'
  | 'internal';

export type FlowEnd =
  | { kind: 'granted'; request: FlowRequest; credential: OAuthCredential }
  | { kind: 'failed'; reason: ConnectFailure; says: string; request?: FlowRequest };

export interface FlowEnder {
  /** What the browser or the terminal shows. */
  binding: string | undefined;
  /** The answer was pasted. */
  isTerminal: boolean;
  /** Whether who began it may still do so. */
  mayGoOn: (request: FlowRequest) => Promise<boolean>;
}

interface Ticket extends Omit<FlowRequest, 'scope'> {
  /** SHA-256 of the binding, base64url. */
  bound: string;
  verifier?: string;
}

const KIND = 'connect';
const STATE_BYTES = 32;
/** RFC 6749 recommends short; a person has to read a consent page in it. */
export const FLOW_TTL_MS = 10 * 60_000;

export class ConnectFlow {
  constructor(private readonly parts: ConnectFlowParts) {}

  /** @throws AppError `config_invalid`, `invalid_argument`, `secret_unavailable` */
  async begin(request: FlowRequest): Promise<BegunFlow> {
    const { tickets, vault, apps, random } = this.parts;
    const connector = this.connector(request.provider);
    const { auth } = connector;
    const { client_id } = await apps.of(request.scope, connector);
    const [state, binding] = [token(random), token(random)];
    const takesPkce = auth.code_challenge_methods_supported.includes('S256');
    const verifier = takesPkce ? token(random) : undefined;
    const { scope, ...rest } = request;
    const ticket: Ticket = { ...rest, bound: hashText(binding), ...(verifier !== undefined && { verifier }) };
    const hash = hashOf(state);
    const body = vault.seal(new TextEncoder().encode(JSON.stringify(ticket)), placeOf(scope, hash));
    await tickets.issue(scope, { kind: KIND, hash, body, ttlMs: FLOW_TTL_MS });

    const url = new URL(endpointOf(connector, this.#baseUrl(request), auth.authorization_endpoint));
    const parameters: Record<string, string> = {
      response_type: 'code',
      client_id,
      redirect_uri: request.redirectUri,
      state,
      ...(request.wanted.length > 0 && { scope: request.wanted.join(auth.scope_separator) }),
      ...(verifier !== undefined && {
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
      ...auth.authorization_parameters,
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { authorizationUrl: url.href, flow: flowOf(hash), binding };
  }

  /** Which flow a callback belongs to, for the name of its cookie. */
  flowOf(state: string | null): string | undefined {
    return state === null ? undefined : flowOf(hashOf(state));
  }

  /**
   * Ends a flow with what came back. A `state` is used up by this, whatever comes of it.
   *
   * @param provider of the address that was called
   * @param by who comes with it
   */
  async finish(
    provider: string,
    answer: URLSearchParams,
    { binding, isTerminal, mayGoOn }: FlowEnder,
  ): Promise<FlowEnd> {
    const request = await this.#redeem(answer.get('state'));
    if (request === undefined || request.ticket.provider !== provider) {
      return failed('state_invalid', 'it was used before, it is older than ten minutes, or it is not from here');
    }
    const { scope, ticket } = request;
    const { bound, verifier, ...rest } = ticket;
    const given: FlowRequest = { ...rest, scope };
    if (!isBound(bound, binding) || (ticket.channel === 'paste') !== isTerminal) {
      return failed('other_browser', 'the request was begun in another browser');
    }
    // Before the code is exchanged: what is not granted needs no end.
    if (!(await mayGoOn(given))) return failed('maker_over', 'whoever began it may not act any more', given);
    const connector = this.connector(provider);
    const client = await this.parts.apps.find(scope, connector);
    if (client === undefined) return failed('not_configured', 'its client id and secret are not set', given);
    const checked = checkAnswer(connector, client.client_id, answer);
    if ('failed' in checked) return { ...checked.failed, request: given };
    const target = { connector, baseUrl: this.#baseUrl(given), client };
    const outcome = await this.parts.tokens.exchangeCode(target, checked.parameters, ticket.redirectUri, verifier);
    if (outcome.kind === 'failed') return failed('provider_unavailable', outcome.says, given);
    if (outcome.kind === 'refused') {
      return failed(outcome.why === 'client' ? 'client_invalid' : 'code_refused', outcome.says, given);
    }
    const grant = { type: 'authorization_code' } as const;
    const { refresh } = connector.auth;
    const nowMs = this.parts.clock.nowMs();
    const credential = credentialOf(grant, outcome.token, refresh, nowMs, { wanted: ticket.wanted });
    return { kind: 'granted', request: given, credential };
  }

  /** @throws AppError `invalid_argument` for a provider that nobody can connect to */
  connector(provider: string): ConnectorWithAuth {
    const found = this.parts.connectors.find((one) => one.provider === provider);
    if (found !== undefined && hasAuth(found)) return found;
    const known = this.parts.connectors.filter(hasAuth).map((one) => one.provider);
    const problem = `nobody can connect to "${provider.slice(0, 100)}"; there are ${known.join(', ')}`;
    throw new AppError('invalid_argument', { argument: 'provider', problem });
  }

  #baseUrl({ provider, scope }: Pick<FlowRequest, 'provider' | 'scope'>): string {
    return this.parts.baseUrlOf(provider, scope.environment);
  }

  async #redeem(state: string | null): Promise<{ scope: Scope; ticket: Ticket } | undefined> {
    if (state === null || !/^[\w-]{43}$/.test(state)) return undefined;
    const { system, vault } = this.parts;
    const hash = hashOf(state);
    const row = await system.redeemTicket(KIND, hash);
    if (row === undefined) return undefined;
    const scope = { tenant: row.tenant, environment: row.environment };
    const ticket = parseJsonObject(vault.open(row.body, placeOf(scope, hash)));
    return ticket === undefined ? undefined : { scope, ticket: ticket as unknown as Ticket };
  }
}

/** The checks of RFC 6749, section 4.1.2, and RFC 9207. `state` is checked by then. */
function checkAnswer(
  { auth }: ConnectorWithAuth,
  client_id: string,
  answer: URLSearchParams,
): { parameters: URLSearchParams } | { failed: Extract<FlowEnd, { kind: 'failed' }> } {
  const server: oauth.AuthorizationServer = {
    issuer: auth.issuer ?? 'https://issuer.invalid',
    authorization_response_iss_parameter_supported: auth.authorization_response_iss_parameter_supported ?? false,
  };
  const iss = answer.get('iss');
  const isMissing = iss === null && server.authorization_response_iss_parameter_supported === true;
  if (isMissing || (iss !== null && iss !== auth.issuer)) {
    return { failed: failed('issuer_mismatch', 'the answer came from another server than the one that was asked') };
  }
  try {
    return { parameters: oauth.validateAuthResponse(server, { client_id }, answer, oauth.skipStateCheck) };
  } catch (thrown) {
    if (!(thrown instanceof oauth.AuthorizationResponseError)) {
      return { failed: failed('provider_refused', 'its answer holds no code') };
    }
    if (thrown.error === 'access_denied') return { failed: failed('access_denied', 'access was not given') };
    const word = /^[\w.-]{1,60}$/.test(thrown.error) ? thrown.error : 'error';
    return { failed: failed('provider_refused', `it refused the request (${word})`) };
  }
}

function failed(reason: ConnectFailure, says: string, request?: FlowRequest): Extract<FlowEnd, { kind: 'failed' }> {
  return { kind: 'failed', reason, says, ...(request !== undefined && { request }) };
}

const token = (random: Random): string => Buffer.from(random.bytes(STATE_BYTES)).toString('base64url');
const hashOf = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());
const hashText = (text: string): string => Buffer.from(hashOf(text)).toString('base64url');
const flowOf = (hash: Uint8Array): string => Buffer.from(hash.subarray(0, 8)).toString('hex');

function isBound(bound: string, binding: string | undefined): boolean {
  return binding !== undefined && timingSafeEqual(Buffer.from(bound, 'base64url'), hashOf(binding));
}

function placeOf({ tenant, environment }: Scope, hash: Uint8Array): SecretBinding {
  return { tenant, environment, kind: 'ticket', id: Buffer.from(hash).toString('hex'), field: 'body' };
}
