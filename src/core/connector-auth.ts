/**
 * How people give a connector access to their accounts: an OAuth 2.0 authorization server as data, in the names of
 * RFC 8414, and pure functions for what its answers look like. The requests are made by `auth/`.
 *
 * @module
 */
import type { CredentialKind } from './connection-view.js';
import type { HttpAnswer } from './ports.js';

/** A token answer in the words of RFC 6749, whatever the provider's own form was. */
export type TokenAnswer =
  | {
      ok: true;
      access_token: string;
      refresh_token?: string;
      /** Seconds from now. */
      expires_in?: number;
      /** The scopes that were granted, one by one; absent when the answer does not say. */
      scopes?: readonly string[];
      /** OpenID Connect: who signed in. Checked by whoever asked for it. */
      id_token?: string;
      /** Id of the account, where the answer tells it: what a revocation needs (`stripe_user_id`). */
      account?: string;
    }
  /** In the words of RFC 6749, section 5.2, or the provider's own. */
  | { ok: false; error: string; error_description?: string };

/** How a token ends at the provider (RFC 7009, or what stands for it). */
export interface TokenRevocation {
  endpoint: string;
  method: 'POST' | 'DELETE' | 'GET';
  /** How the client says who it is. `bearer`: the token speaks for itself. */
  auth: 'client_secret_basic' | 'client_secret_post' | 'bearer' | 'none';
  format: 'form' | 'json';
  /** The parameters; `{client_id}` in `endpoint` is filled in. */
  parameters(given: { token: string; client_id: string; account?: string }): Readonly<Record<string, string>>;
  /** Which token is given: the refresh token ends the whole grant where there is one. */
  token: 'access_token' | 'refresh_token';
  /** Whether the answer means that the token has ended; by default any 2xx. */
  hasEnded?(answer: HttpAnswer): boolean;
}

export interface AuthDefinition {
  /** Of RFC 8414; what `iss` in a callback must be (RFC 9207). */
  issuer?: string;
  authorization_response_iss_parameter_supported?: boolean;
  authorization_endpoint: string;
  token_endpoint: string;
  /** Where tokens are refreshed, if not at the token endpoint. */
  refresh_endpoint?: string;
  revocation?: TokenRevocation;
  token_endpoint_auth_method: 'client_secret_basic' | 'client_secret_post';
  /** Empty where the provider takes no PKCE. */
  code_challenge_methods_supported: readonly ('S256' | never)[];
  /** Form of token requests; RFC 6749 knows `form` alone. */
  token_request_format?: 'form' | 'json';
  /** Sent with every token request. Lower-case names. */
  token_request_headers?: Readonly<Record<string, string>>;
  scope_separator: ' ' | ',';
  /** Parameters of the authorization request beside those of RFC 6749. */
  authorization_parameters?: Readonly<Record<string, string>>;
  scopes: ScopeRules;
  refresh: RefreshRules;
  /** How the access token is sent; default `bearer`. */
  credential?: CredentialKind;
  /** The provider's own codes, in answers to calls, that mean: this token is not valid (any more). */
  refused_token_codes?: readonly string[];
  /** Reads an answer of the token endpoint; by default as RFC 6749 says. */
  readToken?(answer: HttpAnswer): TokenAnswer | undefined;
  /** Errors of the token endpoint beyond `invalid_grant` that mean: the person has to connect again. */
  ended_grant_errors?: readonly string[];
  /** Errors beyond `invalid_client` that mean: the client id or secret is wrong. */
  client_errors?: readonly string[];
  /** Where a person registers the client, for words of help. */
  registration?: string;
  /** If people can sign in with it. */
  login?: LoginDefinition;
  /** Tokens that need no person: the client, or a key of its own, asks for them. */
  machine?: readonly MachineGrant[];
}

export interface ScopeRules {
  /** Asked for whatever else is: what the identity request needs. */
  always?: readonly string[];
  /** The scopes that a permission of an action stands for; absent means: permissions are named like scopes. */
  ofPermission?(permission: string): readonly string[];
  /** What else a scope covers. */
  implies?: Readonly<Record<string, readonly string[]>>;
}

export interface RefreshRules {
  /**
   * `rotating`: each refresh token is good for one use; `kept`: the same one again and again; `none`: tokens are not
   * refreshed.
   */
  tokens: 'rotating' | 'kept' | 'none';
  /** Life of an access token that says nothing of it, where it is known; absent means: it does not end. */
  default_expires_in?: number;
  /** What this rests on. */
  source: string;
}

/** A grant without a person. */
export type MachineGrant =
  | { grant: 'client_credentials' }
  /** A JWT signed with the key of an app is exchanged for the token of an installation. */
  | { grant: 'app_installation'; endpoint: string; expires_in: number }
  /** RFC 7523: a JWT signed with the key of a service account is the grant. */
  | { grant: 'jwt_bearer'; audience: string };

/** Who signed in, as the provider says. */
export interface LoginProfile {
  /** Stable and unique at the provider; never an address. */
  sub: string;
  name?: string;
  email?: string;
  /** The provider says that the address is theirs, and it is in a position to know. */
  isVerified: boolean;
}

/** How people sign in: OpenID Connect, or requests for who they are. */
export interface LoginDefinition {
  /** With `sub` it names a person. With `jwks_uri` it is what `iss` of an id_token must be. */
  iss: string;
  scopes: readonly string[];
  /** Of the keys that sign id_tokens; absent where there are none. */
  jwks_uri?: string;
  /** Addresses that are read with the access token, in this order, where there is no id_token. */
  requests?: readonly string[];
  /** Given the claims of the id_token, or the JSON answers; `undefined` when they do not say who it is. */
  read(given: readonly unknown[]): LoginProfile | undefined;
}
