/**
 * Requests to a token endpoint: oauth4webapi makes and checks them, our guarded network carries them, the connector says
 * what form they have and what the answers mean.
 *
 * @module
 */
import * as oauth from 'oauth4webapi';
import type { AuthDefinition } from '../../core/connector.js';
import type { Clock, HttpResult, Net } from '../../core/ports.js';
import { endpointOf, type ConnectorWithAuth } from './endpoints.js';
import { outcomeOfAnswer, outcomeOfSilence, type TokenOutcome } from './token-outcome.js';

/** The client as the provider knows it. */
export interface OAuthClient {
  client_id: string;
  client_secret: string;
}

export interface TokenClientParts {
  net: Net;
  clock: Clock;
  /** Of one request. The lease under which tokens are refreshed is longer. */
  timeoutMs: number;
}

/** Whom a request goes to. */
export interface TokenTarget {
  connector: ConnectorWithAuth;
  /** Of the connector, or what stands in its place. */
  baseUrl: string;
  client: OAuthClient;
}

export const TOKEN_ANSWER_BYTES_MAX = 65_536;

/** The answer that oauth4webapi was given, as it came: what it means is known from there. */
interface Exchange {
  result?: HttpResult;
  outcome?: TokenOutcome;
}

export class TokenClient {
  constructor(readonly parts: TokenClientParts) {}

  /** RFC 6749, section 4.1.3, with the verifier of RFC 7636. `callback` has passed `validateAuthResponse`. */
  exchangeCode(
    target: TokenTarget,
    callback: URLSearchParams,
    redirectUri: string,
    verifier: string | undefined,
  ): Promise<TokenOutcome> {
    return this.#run(target, target.connector.auth.token_endpoint, async (server, client, authenticate, options) => {
      const proof = verifier ?? oauth.nopkce;
      const answer = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        authenticate,
        callback,
        redirectUri,
        proof,
        options,
      );
      await oauth.processAuthorizationCodeResponse(server, client, answer);
    });
  }

  /** RFC 6749, section 6. */
  refresh(target: TokenTarget, refreshToken: string): Promise<TokenOutcome> {
    const { refresh_endpoint, token_endpoint } = target.connector.auth;
    const endpoint = refresh_endpoint ?? token_endpoint;
    return this.#run(target, endpoint, async (server, client, authenticate, options) => {
      const answer = await oauth.refreshTokenGrantRequest(server, client, authenticate, refreshToken, options);
      await oauth.processRefreshTokenResponse(server, client, answer);
    });
  }

  /** RFC 6749, section 4.4. */
  clientCredentials(target: TokenTarget, scope: string): Promise<TokenOutcome> {
    return this.#run(target, target.connector.auth.token_endpoint, async (server, client, authenticate, options) => {
      const parameters = new URLSearchParams(scope === '' ? {} : { scope });
      const answer = await oauth.clientCredentialsGrantRequest(server, client, authenticate, parameters, options);
      await oauth.processClientCredentialsResponse(server, client, answer);
    });
  }

  /** RFC 7523, section 2.1: the assertion says who asks. */
  assertion(target: TokenTarget, assertion: string): Promise<TokenOutcome> {
    return this.#run(target, target.connector.auth.token_endpoint, async (server, client, _authenticate, options) => {
      const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
      const answer = await oauth.genericTokenEndpointRequest(server, client, () => {}, grant, { assertion }, options);
      await oauth.processGenericTokenEndpointResponse(server, client, answer);
    });
  }

  async #run(
    target: TokenTarget,
    endpoint: string,
    request: (
      server: oauth.AuthorizationServer,
      client: oauth.Client,
      authenticate: oauth.ClientAuth,
      options: oauth.TokenEndpointRequestOptions,
    ) => Promise<void>,
  ): Promise<TokenOutcome> {
    const { connector, baseUrl, client } = target;
    const { auth } = connector;
    const token_endpoint = endpointOf(connector, baseUrl, endpoint);
    const server = { issuer: auth.issuer ?? new URL(token_endpoint).origin, token_endpoint };
    const isBasic = auth.token_endpoint_auth_method === 'client_secret_basic';
    const { client_secret: secret } = client;
    // Who shows an assertion has no secret, and oauth4webapi refuses an empty one.
    const authenticate =
      secret === '' ? oauth.None() : (isBasic ? oauth.ClientSecretBasic : oauth.ClientSecretPost)(secret);
    const exchange: Exchange = {};
    try {
      await request(server, { client_id: client.client_id }, authenticate, {
        // `endpointOf` lets plain http through only to this machine.
        [oauth.allowInsecureRequests]: token_endpoint.startsWith('http:'),
        [oauth.customFetch]: (url, options) => this.#send(auth, exchange, url, options),
      });
    } catch {
      // What it objects to is in the outcome, or the answer was not one that it takes.
    }
    if (exchange.outcome !== undefined) return exchange.outcome;
    if (exchange.result?.ok === false) return outcomeOfSilence(exchange.result.failure);
    return { kind: 'failed', error: 'not_sent', says: 'the request could not be made', sent: 'no' };
  }

  /** `fetch`, as far as token requests need it. */
  async #send(
    auth: AuthDefinition,
    exchange: Exchange,
    url: string,
    { headers, body }: { headers: Record<string, string>; body?: URLSearchParams | string | null },
  ): Promise<Response> {
    const { net, clock, timeoutMs } = this.parts;
    const isJson = auth.token_request_format === 'json';
    const form = new URLSearchParams(body ?? '');
    const bytes = new TextEncoder().encode(isJson ? JSON.stringify(Object.fromEntries(form)) : form.toString());
    exchange.result = await net.send({
      method: 'POST',
      url,
      headers: {
        ...headers,
        'content-type': isJson ? 'application/json' : 'application/x-www-form-urlencoded;charset=UTF-8',
        accept: 'application/json',
        ...auth.token_request_headers,
      },
      body: bytes,
      timeoutMs,
      maxAnswerBytes: TOKEN_ANSWER_BYTES_MAX,
    });
    if (!exchange.result.ok) return new Response(null, { status: 502 });
    const outcome = outcomeOfAnswer(auth, exchange.result.answer, clock.nowMs());
    exchange.outcome = withoutSent(outcome, secretsIn(form, headers));
    return standardAnswer(exchange.outcome);
  }
}

const SECRET_FIELDS = ['code', 'code_verifier', 'client_secret', 'refresh_token', 'assertion'];
/** What is shorter stands in ordinary words, too. */
const SECRET_CHARACTERS_MIN = 6;

/** What of a request must not come back in words. */
function secretsIn(form: URLSearchParams, headers: Record<string, string>): string[] {
  const [, basic = ''] = /^Basic (.+)$/i.exec(new Headers(headers).get('authorization') ?? '') ?? [];
  const [, secret = ''] = Buffer.from(basic, 'base64').toString('utf8').split(/:(.*)/s);
  const fields = SECRET_FIELDS.map((name) => form.get(name) ?? '');
  const plain = new URLSearchParams(`secret=${secret}`).get('secret') ?? '';
  return [...fields, basic, secret, plain].filter((text) => text.length >= SECRET_CHARACTERS_MIN);
}

/** Providers repeat what they were sent, and what they say is shown to people and written down. */
function withoutSent(outcome: TokenOutcome, secrets: readonly string[]): TokenOutcome {
  if (outcome.kind === 'granted') return outcome;
  const clean = (text: string): string => secrets.reduce((left, secret) => left.replaceAll(secret, '…'), text);
  return { ...outcome, error: clean(outcome.error), says: clean(outcome.says) };
}

/** The answer in the form that RFC 6749 asks for. */
function standardAnswer(outcome: TokenOutcome): Response {
  const headers = { 'content-type': 'application/json' };
  if (outcome.kind !== 'granted') {
    return new Response(JSON.stringify({ error: outcome.error }), { status: 400, headers });
  }
  const { access_token, refresh_token, expires_in } = outcome.token;
  const body = { access_token, token_type: 'bearer', refresh_token, expires_in };
  return new Response(JSON.stringify(body), { status: 200, headers });
}
