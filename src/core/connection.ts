/** A connection: one authorised account at a provider, as whoever sends requests has to know it. @module */
import type { MaybePromise } from './maybe-promise.js';
import type { ConnectionView, CredentialKind } from './connection-view.js';
import type { Scope } from './scope.js';

export interface Connection {
  provider: string;
  view: ConnectionView;
  /** Where the secret is read at the moment of use, e.g. `env:SLACK_BOT_TOKEN`; absent for the credential `none`. */
  reference?: string;
  /** Lower-case header that takes the secret, for the credential `header`. */
  header?: string;
  /** Hosts that the operator allows this secret to reach, beside the connector's own (see `host-list.ts`). */
  hosts: readonly string[];
  /** Targets that recognise `Idempotency-Key`, as far as the operator says so. */
  idempotentHosts: readonly string[];
  /**
   * By type of target (`channel`, `folder`, `repository`): the only ids or names this connection may touch. A type that
   * is absent is not restricted.
   */
  restrictions?: Readonly<Record<string, readonly string[]>>;
  /** Scopes that the provider granted, where it said so. */
  grantedScopes?: readonly string[];
  /** What to say when the secret was withheld from a host that is not listed. */
  hostsHint?: string;
}

export type ConnectionResolution =
  | { kind: 'connection'; connection: Connection }
  /** `hint` says what to set. `unknown`: the caller named a connection, and for them there is none of this name. */
  | { kind: 'not_connected'; hint: string; unknown?: true };

/** Finds connections and fetches their secrets. Implemented by `auth/`, used by `outbound/`. */
export interface ConnectionSource {
  /**
   * @param accepts the credentials that can carry the call, the best first; absent means any.
   * @param connectionId a connection the caller insists on.
   * @param user the person on whose behalf the call is made; another person's connection is not found.
   */
  resolve(
    scope: Scope,
    provider: string,
    accepts: readonly CredentialKind[] | undefined,
    connectionId?: string,
    user?: string,
  ): MaybePromise<ConnectionResolution>;
  /**
   * The secret, fetched now. Only for a connection that has a `reference`.
   *
   * @throws AppError `secret_unavailable`, `config_invalid` (a test key in live, or the reverse)
   */
  secret(connection: Connection): MaybePromise<string>;
  /**
   * The provider has refused the secret that {@link secret} gave last: gets another one, where that can be.
   *
   * @returns whether a call makes sense again
   * @throws AppError `needs_reconnect`, `provider_unavailable`
   */
  refused?(connection: Connection): Promise<boolean>;
  /**
   * A secret that the configuration names by reference, for signing.
   *
   * @throws AppError `secret_unavailable`
   */
  read(reference: string): Promise<string>;
}
