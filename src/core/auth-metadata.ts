/**
 * What the addresses of an authorization server must be like, before any browser or secret is sent there (RFC 8414,
 * section 2; RFC 9700, section 4). Pure.
 *
 * @module
 */
import type { AuthDefinition } from './connector-auth.js';
import { isLoopbackName } from './host-list.js';

/** The first thing that is wrong with them; `undefined` when nothing is. */
export function problemOfAuth(auth: AuthDefinition): string | undefined {
  const { issuer, revocation, login, machine = [] } = auth;
  const endpoints: Record<string, unknown> = {
    authorization_endpoint: auth.authorization_endpoint,
    token_endpoint: auth.token_endpoint,
    refresh_endpoint: auth.refresh_endpoint,
    'revocation.endpoint': revocation?.endpoint,
    'login.jwks_uri': login?.jwks_uri,
    'login.iss': login?.iss,
    ...Object.fromEntries((login?.requests ?? []).map((address, at) => [`login.requests[${at}]`, address])),
    ...Object.fromEntries(
      machine.map((grant, at) => [`machine[${at}]`, 'endpoint' in grant ? grant.endpoint : undefined]),
    ),
  };
  if (auth.authorization_endpoint === undefined || auth.token_endpoint === undefined) {
    return 'authorization_endpoint and token_endpoint are needed';
  }
  for (const [name, address] of Object.entries(endpoints)) {
    const problem = address === undefined ? undefined : problemOfAddress(address);
    if (problem !== undefined) return `${name} ${problem}`;
  }
  if (issuer !== undefined && (problemOfAddress(issuer) !== undefined || /[?#]/.test(issuer))) {
    return 'issuer is no https address without query and fragment';
  }
  if (login?.jwks_uri !== undefined && issuer !== undefined && login.iss !== issuer) {
    return 'login.iss is another than issuer: whose id_tokens would be taken for whose';
  }
  const methods: readonly string[] = auth.code_challenge_methods_supported;
  return methods.every((method) => method === 'S256')
    ? undefined
    : 'code_challenge_methods_supported is S256 or nothing';
}

function problemOfAddress(address: unknown): string | undefined {
  if (typeof address !== 'string' || !URL.canParse(address)) return 'is no address';
  // oxlint-disable-next-line no-control-regex -- a parser drops them, and what is left is another address
  if (/[\u0000-\u0020\u007f\\]/.test(address)) return 'holds a character that no address has';
  const { protocol, hostname, username, password, hash } = new URL(address);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopbackName(hostname)))
    return 'does not begin with https://';
  if (username !== '' || password !== '') return 'holds a user name';
  return hash === '' && !address.includes('#') ? undefined : 'has a fragment';
}
