/** Connections that were made by OAuth: stored, connected again, shown, ended. @module */
import type { ConnectorDefinition, CredentialKind } from '../core/connector.js';
import { AppError, isAppError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Clock, Net, Random } from '../core/ports.js';
import type { RenewalRow, RenewalVerbs } from '../core/renewal.js';
import type { Scope } from '../core/scope.js';
import type { ConnectionRow } from '../core/stored-connection.js';
import { factsOf, type KeptSecrets } from './kept-secrets.js';
import { parseFacts, type ConnectionFacts, type StoredConnections } from './stored-connections.js';
import type { OAuthApps } from './oauth/apps.js';
import { parseCredential, shownFacts, type OAuthCredential, type OAuthFacts } from './oauth/credential.js';
import { hasAuth } from './oauth/endpoints.js';
import type { Renewer } from './oauth/renewer.js';
import { revokeToken, type Revocation } from './oauth/revoke.js';

export interface OAuthConnectionsParts {
  stored: StoredConnections;
  kept: KeptSecrets;
  renewals: RenewalVerbs;
  renewer: Renewer;
  apps: OAuthApps;
  net: Net;
  timeoutMs: number;
  clock: Clock;
  random: Random;
  baseUrlOf: (provider: string, environment: Scope['environment']) => string;
}

export interface NewOAuthConnection {
  connector: ConnectorDefinition;
  credential: OAuthCredential;
  createdBy: string;
  user?: string;
  label?: string;
  /** Whose account it is, is asked next; it may be one that is connected already. */
  unsettled?: true;
}

/** What is known of the tokens of a connection. */
export interface TokenStatus extends OAuthFacts {
  renewal?: RenewalRow;
}

const TRIES = 5;
/** Longer than the question whose account it is. */
const SETTLES_MS = 60_000;

export class OAuthConnections {
  constructor(private readonly parts: OAuthConnectionsParts) {}

  /** Stores a new one. Its first renewal is planned before it is there: it is never forgotten. */
  async add(scope: Scope, given: NewOAuthConnection): Promise<ConnectionRow> {
    const { stored, renewals, kept, clock, random } = this.parts;
    const { connector, credential, createdBy, user, label } = given;
    const id = newId('connection', clock, random);
    kept.handedOut(credential.access_token, credential.refresh_token);
    await renewals.settle(scope, id, this.#due(credential, connector));
    const facts: ConnectionFacts = {
      ...factsFor(connector, credential),
      ...(label !== undefined && { label }),
      ...(given.unsettled && { unsettledUntilMs: clock.nowMs() + SETTLES_MS }),
    };
    const secret = JSON.stringify(credential);
    const made = { id, provider: connector.provider, createdBy, secret, facts };
    return await stored.add(scope, user === undefined ? made : { ...made, user });
  }

  /** Puts a new credential in the place of the old one, whoever renews that meanwhile. @throws AppError `not_found`, `conflict` */
  async replace(
    scope: Scope,
    id: string,
    { connector, credential, createdBy }: NewOAuthConnection,
  ): Promise<ConnectionRow> {
    const { stored, renewals, kept } = this.parts;
    kept.handedOut(credential.access_token, credential.refresh_token);
    for (let tries = 0; tries < TRIES; tries++) {
      const row = await kept.row(scope, 'connection', id);
      const shown = { setBy: createdBy, oauth: shownFacts(credential, connector.auth!.refresh) };
      const next = kept.next(scope, row, JSON.stringify(credential), shown);
      const settlement = { ...this.#due(credential, connector), credential: next, state: 'connected' as const };
      const settled = await renewals.settle(scope, id, settlement);
      kept.forget(scope, 'connection', id);
      if (settled === 'conflict') continue;
      return await stored.change(scope, id, undefined, ({ granted: _before, ...facts }) => ({
        ...facts,
        ...factsFor(connector, credential),
      }));
    }
    throw new AppError('conflict', { what: `connection ${id}`, problem: 'it is being changed by others; try again' });
  }

  /** `undefined` for a connection that was not made by OAuth. */
  async status(scope: Scope, row: ConnectionRow, connector: ConnectorDefinition): Promise<TokenStatus | undefined> {
    if (parseFacts(row.facts).grant === undefined || !hasAuth(connector) || row.state === 'disconnected')
      return undefined;
    const credential = await this.#credential(scope, row.id);
    if (credential === undefined) return undefined;
    const renewal = await this.parts.renewals.get(scope, row.id);
    return { ...shownFacts(credential, connector.auth.refresh), ...(renewal !== undefined && { renewal }) };
  }

  /** Asks the provider to end the access. What comes of it is told, not thrown. */
  async revoke(scope: Scope, row: ConnectionRow, connector: ConnectorDefinition): Promise<Revocation> {
    const credential = await this.#credential(scope, row.id).catch(() => undefined);
    if (credential === undefined) return { kind: 'not_offered' };
    const { apps, net, timeoutMs, baseUrlOf } = this.parts;
    try {
      const client = await apps.find(scope, connector);
      const baseUrl = baseUrlOf(row.provider, scope.environment);
      return await revokeToken({ net, timeoutMs }, { connector, baseUrl, client }, credential);
    } catch (error) {
      return { kind: 'failed', says: isAppError(error) ? error.message : 'the request could not be made' };
    }
  }

  async #credential(scope: Scope, id: string): Promise<OAuthCredential | undefined> {
    const { kept } = this.parts;
    const row = await kept.row(scope, 'connection', id);
    return factsOf(row).reference === undefined ? parseCredential(kept.open(scope, row)) : undefined;
  }

  #due(credential: OAuthCredential, connector: ConnectorDefinition): { dueInMs?: number } {
    const dueInMs = this.parts.renewer.dueInMs(credential, connector);
    return dueInMs === undefined ? {} : { dueInMs };
  }
}

function factsFor({ auth }: ConnectorDefinition, { grant, wanted, granted }: OAuthCredential): ConnectionFacts {
  const credential: CredentialKind = auth?.credential ?? 'bearer';
  return { credential, grant: grant.type, wanted, ...(granted !== undefined && { granted }) };
}
