/** Connections that people made: rows of the store with their credentials in the vault. @module */
import type { Connection } from '../core/connection.js';
import type { ConnectorDefinition, CredentialKind } from '../core/connector.js';
import { AppError, isAppError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import { parseJsonObject } from '../core/json.js';
import type { Clock, Random } from '../core/ports.js';
import type { Scope } from '../core/scope.js';
import type { ConnectionVerbs, PageRequest, Page } from '../core/store.js';
import type { ConnectionFilter, ConnectionRow } from '../core/stored-connection.js';
import type { EnvironmentConnections } from './connections.js';
import { checkCredential } from './credential.js';
import type { KeptSecrets } from './kept-secrets.js';
import type { Grant, Renewable, Renewer } from './oauth/index.js';

/** Whose account it is, as the provider said when it was asked. */
export interface KnownAccount {
  accountId: string;
  account: string;
  actor?: string;
  url?: string;
}

/** What may be shown of a connection, beside its row. */
export interface ConnectionFacts {
  credential: CredentialKind;
  /** Lower-case name of the header, for the credential `header`. */
  header?: string;
  /** What people call it. */
  label?: string;
  /** A credential that is a reference, as it may be shown. */
  reference?: string;
  /** By type of target: the only ones it may touch. */
  restrictions?: Record<string, string[]>;
  /** Hosts beyond the connector's own that the credential may be sent to. */
  hosts?: string[];
  account?: KnownAccount;
  checkedAtMs?: number;
  /** How its tokens are come by, for one that was made by OAuth. */
  grant?: Grant['type'];
  /** Until then it carries only calls that name it: whose account it is, is being asked. */
  unsettledUntilMs?: number;
  /** Scopes that were asked for, and those that were granted, where the provider says so. */
  wanted?: readonly string[];
  granted?: readonly string[];
}

export interface StoredConnectionsParts {
  rows: ConnectionVerbs;
  kept: KeptSecrets;
  environment: EnvironmentConnections;
  connectors: readonly ConnectorDefinition[];
  clock: Clock;
  random: Random;
  /** Keeps the tokens of those that were made by OAuth valid. */
  renewer?: Renewer;
}

export interface NewStoredConnection {
  /** Where somebody had to know it before; otherwise a fresh one. */
  id?: string;
  provider: string;
  user?: string;
  createdBy: string;
  secret: string;
  facts: ConnectionFacts;
}

/** A provider with more than this many connections of one tenant has to be asked for one by its id. */
const CANDIDATES_MAX = 100;
const CHANGES_MAX = 5;

export class StoredConnections {
  readonly #parts: StoredConnectionsParts;
  /** Whose row a connection was made of: the scope is not in it. */
  readonly #made = new WeakMap<Connection, { scope: Scope; row: ConnectionRow }>();

  readonly #handedOut = new WeakMap<Connection, string>();

  constructor(parts: StoredConnectionsParts) {
    this.#parts = parts;
  }

  /** Stores a connection with its credential, both or neither. */
  async add(scope: Scope, given: NewStoredConnection): Promise<ConnectionRow> {
    const { rows, kept, clock, random } = this.#parts;
    const { provider, user, createdBy, secret, facts } = given;
    const id = given.id ?? newId('connection', clock, random);
    const credential = await kept.seal(scope, 'connection', id, secret, { setBy: createdBy });
    const { reference } = parseFacts(credential.facts);
    const text = JSON.stringify(reference === undefined ? facts : { ...facts, reference });
    const base = { id, provider, state: 'connected' as const, facts: text, createdBy };
    const row = user === undefined ? base : { ...base, user };
    const made = await rows.create(scope, row, credential).catch(async (error: unknown) => {
      await kept.drop(credential);
      throw error;
    });
    if (made === 'exists') throw new AppError('conflict', { what: `connection ${id}`, problem: 'it is there already' });
    return this.row(scope, id, user);
  }

  /**
   * A connection of this scope. One of another person is not found, in the same words as one that never was.
   *
   * @param user on whose behalf it is asked for; absent for the tenant's own people, who see all
   * @throws AppError `not_found`
   */
  async row(scope: Scope, id: string, user: string | undefined): Promise<ConnectionRow> {
    const row = await this.#parts.rows.get(scope, id);
    if (row === undefined || !isFor(row, user)) throw noSuch(id);
    return row;
  }

  list(scope: Scope, filter: ConnectionFilter, page: PageRequest): Promise<Page<ConnectionRow>> {
    return this.#parts.rows.list(scope, filter, page);
  }

  /** Changes the facts of a connection, whoever else does so meanwhile. @throws AppError `not_found`, `conflict` */
  async change(
    scope: Scope,
    id: string,
    user: string | undefined,
    change: (facts: ConnectionFacts) => ConnectionFacts,
    state?: ConnectionRow['state'],
  ): Promise<ConnectionRow> {
    for (let tries = 0; tries < CHANGES_MAX; tries++) {
      const row = await this.row(scope, id, user);
      refuseEnded(row);
      const facts = JSON.stringify(change(parseFacts(row.facts)));
      const expected = { expectedVersion: row.version, facts, ...(state === undefined ? {} : { state }) };
      if ((await this.#parts.rows.update(scope, id, expected)) === 'updated') return this.row(scope, id, user);
    }
    throw new AppError('conflict', { what: `connection ${id}`, problem: 'it is being changed by others; try again' });
  }

  /**
   * Ends a connection: its credential is destroyed here and in every copy, then its row says so. After a crash in
   * between the credential opens nowhere, and doing it again ends it.
   *
   * @throws AppError `not_found`
   */
  async disconnect(scope: Scope, id: string, user: string | undefined): Promise<ConnectionRow> {
    const { rows, kept } = this.#parts;
    await this.row(scope, id, user);
    try {
      await kept.shred(scope, 'connection', await kept.row(scope, 'connection', id));
    } catch (error) {
      if (!isAppError(error, 'not_found')) throw error;
    }
    await rows.disconnect(scope, id);
    kept.forget(scope, 'connection', id);
    return this.row(scope, id, user);
  }

  /**
   * What can carry a call that named no connection: those of the person first, or those of the tenant.
   *
   * @param owner whose: a person's own, or everybody's (`undefined`)
   */
  async candidates(
    scope: Scope,
    provider: string,
    accepts: readonly CredentialKind[] | undefined,
    owner: string | undefined,
  ): Promise<Connection[]> {
    const filter = { provider, usable: true, ...(owner === undefined ? {} : { user: owner }) } as const;
    const { rows } = await this.list(scope, filter, { limit: CANDIDATES_MAX, order: 'oldest' });
    const nowMs = this.#parts.clock.nowMs();
    const own = rows.filter((row) => row.user === owner && row.state === 'connected');
    return own
      .filter((row) => (parseFacts(row.facts).unsettledUntilMs ?? 0) <= nowMs)
      .filter((row) => accepts === undefined || accepts.includes(parseFacts(row.facts).credential))
      .flatMap((row) => this.connectionOf(scope, row) ?? []);
  }

  /** One that has to be connected again and would otherwise have carried the call. */
  async ended(scope: Scope, provider: string, user: string | undefined): Promise<string | undefined> {
    const { rows } = await this.list(scope, { provider, usable: true }, { limit: CANDIDATES_MAX, order: 'newest' });
    return rows.find((row) => row.state === 'needs_reconnect' && (row.user === undefined || row.user === user))?.id;
  }

  /** The row as whoever sends requests has to know it; `undefined` when nobody knows its provider any more. */
  connectionOf(scope: Scope, row: ConnectionRow): Connection | undefined {
    const { credential, header, restrictions, hosts = [], account, granted } = parseFacts(row.facts);
    const outline = this.#parts.environment.outline(row.provider, scope.environment, credential);
    if (outline === undefined) return undefined;
    const view = { ...outline.view, id: row.id, ...(account === undefined ? {} : { account: account.accountId }) };
    const connection: Connection = {
      ...outline,
      view,
      hosts: [...outline.hosts, ...hosts],
      // Never followed: whoever needs the secret asks this class for it.
      reference: row.id,
      ...(header === undefined ? {} : { header }),
      ...(restrictions === undefined ? {} : { restrictions }),
      ...(granted === undefined ? {} : { grantedScopes: granted }),
    };
    this.#made.set(connection, { scope, row });
    return connection;
  }

  /** Remembers which token was handed out, for the case that the provider refuses it. */
  async #token(connection: Connection, text: string): Promise<string> {
    const { renewer } = this.#parts;
    if (renewer === undefined) throw new AppError('internal', { id: connection.view.id });
    const token = await renewer.token(this.#renewable(connection), text);
    this.#handedOut.set(connection, token);
    return token;
  }

  #renewable(connection: Connection): Renewable {
    const { scope, row } = this.#made.get(connection)!;
    return { scope, id: row.id, provider: row.provider, baseUrl: connection.view.baseUrl };
  }

  /** For one that is due by schedule. @returns whether there is such a connection, with tokens to renew */
  async renewIdle(scope: Scope, id: string): Promise<boolean> {
    const row = await this.#parts.rows.get(scope, id);
    if (row === undefined || row.state !== 'connected' || parseFacts(row.facts).grant === undefined) return false;
    const connection = this.connectionOf(scope, row);
    if (connection === undefined) return false;
    await this.#parts.renewer?.renewIdle(this.#renewable(connection));
    return true;
  }

  /** As in {@link ConnectionSource}. A key that a person gave is what it is: there is no other. */
  async refused(connection: Connection): Promise<boolean> {
    const token = this.#handedOut.get(connection);
    if (token === undefined) return false;
    return (await this.#parts.renewer?.refused(this.#renewable(connection), token)) === true;
  }

  /** Whether a connection is one of these. */
  made(connection: Connection): boolean {
    return this.#made.has(connection);
  }

  /**
   * @throws AppError `secret_destroyed`, `vault_sealed`, `vault_tampered`, `secret_unavailable`, and
   *   `invalid_argument` for a reference that names a key of the other environment by now
   */
  async secret(connection: Connection): Promise<string> {
    const made = this.#made.get(connection);
    if (made === undefined) throw new AppError('internal', { id: connection.view.id });
    const { scope, row } = made;
    const { kept, connectors } = this.#parts;
    const secret = await kept.read(scope, 'connection', row.id).catch((error: unknown) => {
      if (!isAppError(error, 'not_found')) throw error;
      throw new AppError('secret_destroyed', { what: `connection ${row.id}` });
    });
    if (isOAuthText(secret)) return await this.#token(connection, secret);
    const connector = connectors.find(({ provider }) => provider === row.provider);
    if (connector !== undefined && parseFacts(row.facts).reference !== undefined) {
      checkCredential(connector, connection.view.credential, secret, scope.environment);
    }
    return secret;
  }
}

/** Whether a kept text is a credential of OAuth, which has a form of its own. */
function isOAuthText(text: string): boolean {
  return text.startsWith('{"v":1,"grant":');
}

/** The facts of a row; of a text that is none of ours, a bearer credential without more. */
export function parseFacts(text: string): ConnectionFacts {
  const parsed = parseJsonObject(new TextEncoder().encode(text)) ?? {};
  return { credential: 'bearer', ...parsed } as ConnectionFacts;
}

/** A connection of a person is there for calls on that person's behalf, and for the tenant's own people. */
function isFor(row: ConnectionRow, user: string | undefined): boolean {
  return user === undefined || row.user === undefined || row.user === user;
}

function refuseEnded({ id, state }: ConnectionRow): void {
  if (state !== 'disconnected') return;
  throw new AppError('conflict', { what: `connection ${id}`, problem: 'it was disconnected; add a new one' });
}

function noSuch(id: string): AppError {
  return new AppError('not_found', { what: 'connection', id: id.slice(0, 100) });
}
