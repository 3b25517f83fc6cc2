/** Where the endpoints of an authorization server are, for this installation. @module */
import type { AuthDefinition, ConnectorDefinition } from '../../core/connector.js';
import { AppError } from '../../core/errors.js';
import { isLoopbackName } from '../../core/host-list.js';

/** A connector that people can connect to. */
export type ConnectorWithAuth = ConnectorDefinition & { auth: AuthDefinition };

export function hasAuth(connector: ConnectorDefinition): connector is ConnectorWithAuth {
  return connector.auth !== undefined;
}

/**
 * An endpoint of the provider, or of what stands in its place: where the connector's base URL is overridden (a sandbox
 * provider, an enterprise host), the override stands for all hosts of the provider, with their paths; what the base URL
 * and its override have at the end in common, such as `/v1`, belongs to the API and is no part of that.
 *
 * @throws AppError `config_invalid` for an address that is neither https nor on this machine
 */
export function endpointOf(connector: ConnectorDefinition, baseUrl: string, endpoint: string): string {
  const at = placed(connector, baseUrl, endpoint);
  const url = URL.canParse(at) ? new URL(at) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackName(url.hostname));
  if (isSafe && url.username === '' && url.hash === '') return at;
  const problem = 'an address of an authorization server begins with https://';
  throw new AppError('config_invalid', { where: `${connector.provider}: ${at.slice(0, 100)}`, problem });
}

function placed({ baseUrl: own }: ConnectorDefinition, baseUrl: string, endpoint: string): string {
  if (baseUrl === own) return endpoint;
  if (endpoint.startsWith(`${own}/`)) return baseUrl + endpoint.slice(own.length);
  const { pathname, search } = new URL(endpoint);
  const { pathname: ofApi } = new URL(own);
  const hasEnd = ofApi !== '/' && baseUrl.endsWith(ofApi);
  return (hasEnd ? baseUrl.slice(0, -ofApi.length) : baseUrl) + pathname + search;
}
