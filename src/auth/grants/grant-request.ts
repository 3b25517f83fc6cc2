/**
 * An authorization request (RFC 6749, 4.1.1; RFC 7636, 4.3; RFC 8707, 2): what is wrong with it, and where that may be
 * said. Until client and redirect address are known to belong together, nothing is sent anywhere. Pure.
 *
 * @module
 */
import { GRANT_SCOPES, isGrantScope, type GrantScope } from '../../core/grant.js';
import { registeredRedirect, type Client } from './client-document.js';

/** A request whose client may be answered at its redirect address. */
export interface GrantRequest {
  client: Client;
  /** As the request has it. */
  redirectUri: string;
  /** As the client registered it: the same, or on this machine without the port. */
  registeredUri: string;
  state?: string;
  challenge: string;
  resource: string;
  scopes: readonly GrantScope[];
  /** The client wants the page to be shown even if the answer is known. */
  asksAgain: boolean;
}

/** Codes of RFC 6749, 4.1.2.1 and RFC 8707, 2. */
export type GrantErrorCode =
  | 'invalid_request'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'access_denied'
  | 'request_not_supported'
  | 'request_uri_not_supported';

export interface ReturnAddress {
  redirectUri: string;
  state?: string;
}

export type GrantRequestRead =
  | { kind: 'request'; request: GrantRequest }
  /** For the client. */
  | { kind: 'refused'; to: ReturnAddress; error: GrantErrorCode; description: string }
  /** For the person alone: who asks is not known. */
  | { kind: 'unknown'; problem: string };

const CHALLENGE = /^[\w-]{43}$/;
const STATE_CHARACTERS_MAX = 1_000;
/** Parameters of which one request has one; `resource` is judged by itself. */
const SINGLE = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
  'response_mode',
  'prompt',
];

/** @param resources those that tokens can be for */
export function readGrantRequest(
  query: URLSearchParams,
  client: Client,
  resources: readonly string[],
): GrantRequestRead {
  const twice = SINGLE.find((name) => query.getAll(name).length > 1);
  if (twice !== undefined) return { kind: 'unknown', problem: `It says ${twice} more than once.` };
  const redirectUri = query.get('redirect_uri') ?? '';
  const registeredUri = registeredRedirect(client.redirectUris, redirectUri);
  if (registeredUri === undefined) {
    return { kind: 'unknown', problem: 'The address that it wants the answer at is not one of its own.' };
  }
  const state = query.get('state') ?? undefined;
  if ((state?.length ?? 0) > STATE_CHARACTERS_MAX) return { kind: 'unknown', problem: 'Its state is too long.' };
  const to: ReturnAddress = { redirectUri, ...(state !== undefined && { state }) };
  const refused = problemOf(query, resources);
  if (refused !== undefined) return { kind: 'refused', to, error: refused[0], description: refused[1] };
  const asked = scopesIn(query);
  const request: GrantRequest = {
    ...to,
    client,
    registeredUri,
    challenge: query.get('code_challenge')!,
    resource: query.get('resource')!,
    scopes: GRANT_SCOPES.filter((scope) => asked.includes(scope)),
    asksAgain: (query.get('prompt') ?? '').split(' ').includes('consent'),
  };
  return { kind: 'request', request };
}

function problemOf(query: URLSearchParams, resources: readonly string[]): [GrantErrorCode, string] | undefined {
  if (query.has('request')) return ['request_not_supported', 'request objects are not taken'];
  if (query.has('request_uri')) return ['request_uri_not_supported', 'request objects are not taken'];
  if (query.get('response_type') !== 'code') return ['unsupported_response_type', 'response_type is code'];
  if ((query.get('response_mode') ?? 'query') !== 'query') return ['invalid_request', 'response_mode is query'];
  if (query.get('code_challenge_method') !== 'S256' || !CHALLENGE.test(query.get('code_challenge') ?? '')) {
    return ['invalid_request', 'a code_challenge made by S256 is needed'];
  }
  const [resource, ...more] = query.getAll('resource');
  if (resource === undefined || more.length > 0 || !resources.includes(resource)) {
    return ['invalid_target', `resource is one of ${resources.join(', ')}`];
  }
  const stranger = scopesIn(query).find((scope) => !isGrantScope(scope));
  return stranger === undefined ? undefined : ['invalid_scope', `scope has words among ${GRANT_SCOPES.join(', ')}`];
}

/** Nothing asked for is the least there is. */
function scopesIn(query: URLSearchParams): string[] {
  const asked = (query.get('scope') ?? '').split(' ').filter((word) => word !== '');
  return asked.length === 0 ? ['read'] : asked;
}
