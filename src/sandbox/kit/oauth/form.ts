/** What is said to make the authorization server of a simulated provider: its paths, rules and words. @module */
import type { Random } from '../../../core/ports.js';
import type { Call } from '../call.js';
import type { SandboxReply } from '../reply.js';

/** Why a request to the token endpoint is refused. */
export type OAuthProblem =
  /** Id or secret of the client are wrong, or where the provider does not look for them. */
  | 'client'
  /** The code is unknown, of another client, or over. */
  | 'code'
  | 'code_used'
  /** Not the redirect address that the code was given for. */
  | 'redirect'
  /** RFC 7636, section 4.6: the verifier does not fit the challenge. */
  | 'verifier'
  /** The refresh token is unknown, was used, or its grant has ended. */
  | 'refresh'
  | 'grant_type';

/** What an access is given for, and what it comes with. */
export interface IssuedToken {
  access_token: string;
  refresh_token?: string;
  /** Seconds; absent where the token does not end. */
  expires_in?: number;
  scopes: readonly string[];
  /** It was renewed, not given for a code. */
  isRenewed: boolean;
  /** Whom it is given to, and what they asked to find in an id_token (OpenID Connect). */
  clientId: string;
  nonce?: string;
}

export interface OAuthForm {
  /** Of the consent page. */
  authorizePath: string;
  tokenPath: string;
  /** Where tokens are renewed, if elsewhere. */
  refreshPath?: string;
  /** `basic`: takes nothing else. `post`: takes both. */
  client: 'basic' | 'post';
  /** `json`: takes nothing else. */
  body?: 'json';
  separator: ' ' | ',';
  takesPkce: boolean;
  /** People may give a part of what is asked for. */
  isGranular?: true;
  codeLifeMs: number;
  /** Of access tokens; absent where they do not end. `OAuthServer.lifeMs` changes it. */
  lifeMs?: number;
  /** Says nothing of the life of its tokens. */
  isSilentOnLife?: true;
  refreshTokens:
    'rotating' | 'kept' | 'none' /** Rotating, and given for tokens that end alone. */ | 'rotating_when_ending';
  /** A renewal ends the access token before it. */
  endsOld?: true;
  /** Takes client_credentials (RFC 6749, section 4.4). */
  hasMachines?: true;
  /** Whether this authorization request leads to a refresh token. Default: all do. */
  isOffline?(query: Readonly<Record<string, unknown>>, isFirst: boolean): boolean;
  /** The answer to a renewal has no refresh token in it. */
  accessToken(random: Random, ends: boolean): string;
  refreshToken(random: Random): string;
  /** What a token with these scopes may do at the API; `undefined` means everything. Default: what they say. */
  mayDo?(scopes: readonly string[]): readonly string[] | undefined;
  grants(call: Call<unknown>, issued: IssuedToken): SandboxReply;
  refuses(call: Call<unknown>, problem: OAuthProblem): SandboxReply;
  revocation?: OAuthRevocation;
}

export interface OAuthRevocation {
  /** `POST /revoke` */
  route: string;
  /** Who may ask: whoever has the token, the token itself in the header, or the client. */
  by: 'holder' | 'bearer' | 'client';
  /** `account`: every access of this account ends. */
  token(call: Call<unknown>): string | 'account' | undefined;
  done(call: Call<unknown>): SandboxReply;
  unknown(call: Call<unknown>): SandboxReply;
}
