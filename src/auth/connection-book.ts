/**
 * All connections together, in a fixed order, so that none takes the place of another in silence:
 *
 * 1. the one the caller names;
 * 2. for a call on behalf of a person, that person's own;
 * 3. the one that a variable of the environment declares (`env:<provider>`);
 * 4. the tenant's own.
 *
 * Where several of one step fit, the call is refused and they are listed: which account is meant is nothing to guess.
 *
 * @module
 */
import type { Connection, ConnectionResolution, ConnectionSource } from '../core/connection.js';
import type { CredentialKind } from '../core/connector.js';
import type { MaybePromise } from '../core/maybe-promise.js';
import type { Scope } from '../core/scope.js';
import type { EnvironmentConnections } from './connections.js';
import { isAppError } from '../core/errors.js';
import { parseFacts, type StoredConnections } from './stored-connections.js';

const NAMED_MAX = 5;

export class ConnectionBook implements ConnectionSource {
  constructor(
    readonly environment: EnvironmentConnections,
    readonly stored: StoredConnections,
  ) {}

  /** @param user the person on whose behalf the call is made, if any */
  resolve(
    scope: Scope,
    provider: string,
    accepts: readonly CredentialKind[] | undefined,
    connectionId?: string,
    user?: string,
  ): MaybePromise<ConnectionResolution> {
    // Nothing comes before it, and it is at hand.
    const declared =
      connectionId === undefined && user === undefined
        ? this.environment.declared(scope, provider, accepts)
        : undefined;
    if (declared !== undefined) return { kind: 'connection', connection: declared };
    return this.#found(scope, provider, accepts, connectionId, user);
  }

  async #found(
    scope: Scope,
    provider: string,
    accepts: readonly CredentialKind[] | undefined,
    connectionId: string | undefined,
    user: string | undefined,
  ): Promise<ConnectionResolution> {
    if (connectionId !== undefined && !connectionId.startsWith('env:')) {
      return await this.#named(scope, provider, accepts, connectionId, user);
    }
    if (connectionId === undefined) {
      const own = user === undefined ? [] : await this.stored.candidates(scope, provider, accepts, user);
      if (own.length > 0) return one(own);
      const declared = this.environment.declared(scope, provider, accepts);
      if (declared !== undefined) return { kind: 'connection', connection: declared };
      const ofTenant = await this.stored.candidates(scope, provider, accepts, undefined);
      if (ofTenant.length > 0) return one(ofTenant);
      const ended = await this.stored.ended(scope, provider, user);
      if (ended !== undefined) return { kind: 'not_connected', hint: reconnectHint(provider, ended) };
    }
    return await this.environment.resolve(scope, provider, accepts, connectionId);
  }

  secret(connection: Connection): MaybePromise<string> {
    return (this.stored.made(connection) ? this.stored : this.environment).secret(connection);
  }

  async refused(connection: Connection): Promise<boolean> {
    return this.stored.made(connection) && (await this.stored.refused(connection));
  }

  async read(reference: string): Promise<string> {
    return await this.environment.read(reference);
  }

  async #named(
    scope: Scope,
    provider: string,
    accepts: readonly CredentialKind[] | undefined,
    id: string,
    user: string | undefined,
  ): Promise<ConnectionResolution> {
    // Unknown, another tenant's, another person's, another provider's: one sentence for all of them.
    const unknown: ConnectionResolution = {
      kind: 'not_connected',
      unknown: true,
      hint: `There is no connection "${id.slice(0, 100)}".`,
    };
    const row = await this.stored.row(scope, id, user).catch((error: unknown) => {
      if (isAppError(error, 'not_found')) return undefined;
      throw error;
    });
    if (row === undefined || row.provider !== provider) return unknown;
    if (row.state === 'disconnected') return { kind: 'not_connected', hint: `${id} was disconnected.` };
    if (row.state === 'needs_reconnect') return { kind: 'not_connected', hint: reconnectHint(provider, id) };
    const { credential } = parseFacts(row.facts);
    if (accepts !== undefined && !accepts.includes(credential)) {
      return { kind: 'not_connected', hint: `${id} cannot carry this call: it needs ${accepts.join(' or ')}.` };
    }
    const connection = this.stored.connectionOf(scope, row);
    return connection === undefined ? unknown : { kind: 'connection', connection };
  }
}

function reconnectHint(provider: string, id: string): string {
  return `${id} has to be connected again: fairlead connection connect ${provider} --reconnect ${id}`;
}

function one(connections: readonly Connection[]): ConnectionResolution {
  if (connections.length === 1) return { kind: 'connection', connection: connections[0]! };
  const ids = connections.slice(0, NAMED_MAX).map(({ view }) => view.id);
  const more = connections.length > NAMED_MAX ? ` and ${connections.length - NAMED_MAX} more` : '';
  return { kind: 'not_connected', hint: `There are several; name one of ${ids.join(', ')}${more}.` };
}
