/** Ends a token at the provider (RFC 7009, or what the provider has in its place). @module */
import type { ConnectorDefinition, TokenRevocation } from '../../core/connector.js';
import type { HttpRequest, Net } from '../../core/ports.js';
import type { OAuthCredential } from './credential.js';
import { endpointOf } from './endpoints.js';
import { TOKEN_ANSWER_BYTES_MAX, type OAuthClient } from './token-client.js';
import { outcomeOfSilence } from './token-outcome.js';

export type Revocation =
  | { kind: 'revoked' }
  /** The provider has no way for it: the person can end it there. */
  | { kind: 'not_offered' }
  | { kind: 'failed'; says: string };

export async function revokeToken(
  { net, timeoutMs }: { net: Net; timeoutMs: number },
  { connector, baseUrl, client }: { connector: ConnectorDefinition; baseUrl: string; client: OAuthClient | undefined },
  credential: OAuthCredential,
): Promise<Revocation> {
  const revocation = connector.auth?.revocation;
  if (revocation === undefined || credential.grant.type !== 'authorization_code') return { kind: 'not_offered' };
  const needsClient = revocation.auth.startsWith('client_secret');
  if (needsClient && client === undefined) return { kind: 'failed', says: 'its client id and secret are not set' };
  const request = requestOf(connector, baseUrl, revocation, client, credential);
  const sent = await net.send({ ...request, timeoutMs, maxAnswerBytes: TOKEN_ANSWER_BYTES_MAX });
  if (!sent.ok) {
    const outcome = outcomeOfSilence(sent.failure);
    return { kind: 'failed', says: outcome.kind === 'failed' ? outcome.says : 'it did not answer' };
  }
  const { status } = sent.answer;
  const hasEnded = revocation.hasEnded?.(sent.answer) ?? (status >= 200 && status < 300);
  if (hasEnded) return { kind: 'revoked' };
  const says = status >= 500 ? 'it does not work at the moment' : 'it refused to end the access';
  return { kind: 'failed', says };
}

function requestOf(
  connector: ConnectorDefinition,
  baseUrl: string,
  revocation: TokenRevocation,
  client: OAuthClient | undefined,
  { access_token, refresh_token, account }: OAuthCredential,
): Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'> {
  const { endpoint, method, auth, format } = revocation;
  const token = revocation.token === 'refresh_token' ? (refresh_token ?? access_token) : access_token;
  const client_id = client?.client_id ?? '';
  const parameters: Record<string, string> = {
    ...revocation.parameters({ token, client_id, ...(account !== undefined && { account }) }),
    ...(auth === 'client_secret_post' && client !== undefined && { client_secret: client.client_secret }),
  };
  const isJson = format === 'json';
  const body = isJson ? JSON.stringify(parameters) : new URLSearchParams(parameters).toString();
  const headers: Record<string, string> = {
    accept: 'application/json',
    ...connector.headers,
    'content-type': isJson ? 'application/json' : 'application/x-www-form-urlencoded',
  };
  if (auth === 'bearer') headers['authorization'] = `Bearer ${access_token}`;
  if (auth === 'client_secret_basic' && client !== undefined) {
    const pair = `${encodeURIComponent(client.client_id)}:${encodeURIComponent(client.client_secret)}`;
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  const url = endpointOf(connector, baseUrl, endpoint.replace('{client_id}', encodeURIComponent(client_id)));
  return { method, url, headers, body: new TextEncoder().encode(body) };
}
