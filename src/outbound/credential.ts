/**
 * Puts the secret into the request it belongs to, at the last moment, and only when the request goes where the secret
 * may go (promise 3 of the design).
 *
 * @module
 */
import type { Connection } from '../core/connection.js';
import type { ConnectorDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { findListed, isLoopbackName } from '../core/host-list.js';
import { checkTarget, isOwnHost, withHeader, type RenderedRequest } from './request.js';

/** A request as it is sent. Never logged, never stored. */
export interface CompleteRequest extends RenderedRequest {
  url: URL;
  /** The operator's list does not name this host, so the request goes without the secret. */
  withheld: boolean;
}

/** Whether completing the request needs the secret at all. Where it would be withheld it is not even fetched. */
export function needsSecret(
  rendered: RenderedRequest,
  connector: ConnectorDefinition,
  connection: Connection,
): boolean {
  if (connection.view.credential === 'none') return false;
  return rendered.url === undefined || mayReceiveSecret(rendered.url, connector, connection);
}

/**
 * @param secret absent when {@link needsSecret} said no.
 * @throws AppError `egress_denied`, `config_invalid`
 */
export function complete(
  rendered: RenderedRequest,
  connector: ConnectorDefinition,
  connection: Connection,
  secret: string | undefined,
): CompleteRequest {
  if (connection.view.credential === 'secret_url') return atSecretAddress(rendered, connector, connection, secret);
  const { url } = rendered;
  if (url === undefined) throw new AppError('invalid_argument', { argument: 'url', problem: 'it is missing' });
  if (connection.view.credential === 'none') return { ...rendered, url, withheld: false };
  if (!mayReceiveSecret(url, connector, connection)) {
    if (connector.anyTarget === true) return { ...rendered, url, withheld: true };
    throw new AppError('egress_denied', { host: url.host, reason: 'the secret of this connection may not go there' });
  }
  const [name, value] = headerOf(connection, secret);
  const { method, headers, body, sign } = withHeader(rendered, name, value);
  return { method, url, headers, body, sign, withheld: false };
}

function mayReceiveSecret(url: URL, connector: ConnectorDefinition, connection: Connection): boolean {
  if (isOwnHost(url, connector, connection.view)) return true;
  const listed = findListed(url, connection.hosts);
  if (listed === undefined) return false;
  // In clear text only to this machine, or where the operator wrote `http://` in so many words.
  return url.protocol === 'https:' || listed.scheme === 'http:' || isLoopbackName(url.hostname);
}

function atSecretAddress(
  rendered: RenderedRequest,
  connector: ConnectorDefinition,
  connection: Connection,
  secret: string | undefined,
): CompleteRequest {
  const text = usable(connection, secret);
  if (!URL.canParse(text)) throw unusable(connection, 'it is not a web address');
  const url = new URL(text);
  checkTarget(url, connector, connection.view);
  return { ...rendered, url, withheld: false };
}

function headerOf(connection: Connection, secret: string | undefined): [name: string, value: string] {
  const text = usable(connection, secret);
  switch (connection.view.credential) {
    case 'basic':
      return ['authorization', `Basic ${Buffer.from(text).toString('base64')}`];
    case 'header':
      return [connection.header ?? 'authorization', text];
    default:
      return ['authorization', `Bearer ${text}`];
  }
}

/** A secret with a line end or a character beyond ASCII would break the header it is put into, or be sent mangled. */
function usable(connection: Connection, secret: string | undefined): string {
  if (secret === undefined || secret === '') throw unusable(connection, 'it is empty');
  if (!/^[\x20-\x7e]+$/.test(secret)) throw unusable(connection, 'it has characters that no header can carry');
  return secret;
}

function unusable(connection: Connection, problem: string): AppError {
  return new AppError('config_invalid', { where: `secret of ${connection.view.id}`, problem });
}
