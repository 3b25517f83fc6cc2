/**
 * Connections that the environment declares: each connector names its variables, and a set one becomes the read-only
 * connection `env:<provider>`. Nothing of it is stored; the secret is fetched when it is used.
 *
 * @module
 */
import type { Connection, ConnectionResolution, ConnectionSource } from '../core/connection.js';
import type { ConnectorDefinition, CredentialKind, EnvAlias } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { parseHostEntry } from '../core/host-list.js';
import type { MaybePromise } from '../core/maybe-promise.js';
import { DEFAULT_TENANT, type Environment, type Scope } from '../core/scope.js';
import { looksLikePlaceholder, parseSecretText } from './secret-reference.js';

/** What the configuration says about connections. */
export interface ConnectionSettings {
  /** The environment that the variables are for (INTEGRATION_ENV). */
  environment: Environment;
  variables: Readonly<Record<string, string | undefined>>;
  /** By provider: another base URL (a sandbox provider, an enterprise host). */
  connections: Readonly<Record<string, { baseUrl?: string }>>;
  /** FAIRLEAD_SAAS_HOSTS: where the token of a connector without hosts of its own may go. */
  saasHosts: readonly string[];
  /** FAIRLEAD_IDEMPOTENT_HOSTS: which targets recognise `Idempotency-Key`. */
  idempotentHosts: readonly string[];
}

/** Fetches the secret that a reference names. `FetchedSecrets` is one. */
export interface SecretReader {
  /** @throws AppError `secret_unavailable` */
  get(reference: string): MaybePromise<string>;
}

/** A connection as lists show it. */
export interface DeclaredConnection {
  id: string;
  provider: string;
  environment: Environment;
  /** `reference`: where the secret is read from; `env:<variable>` where the variable holds the secret itself. */
  credentials: readonly { credential: CredentialKind; variable: string; reference: string }[];
}

interface Declared {
  alias: EnvAlias;
  connection: Connection;
}

export class EnvironmentConnections implements ConnectionSource {
  readonly #settings: ConnectionSettings;
  readonly #reader: SecretReader;
  readonly #connectors: readonly ConnectorDefinition[];
  readonly #declared: readonly Declared[];
  /** The last secret of a connection that was found good. */
  readonly #checked = new WeakMap<Connection, string>();

  /** @throws AppError `config_invalid`: a key of the other environment, a list that cannot be read, a bad base URL. */
  constructor(settings: ConnectionSettings, connectors: readonly ConnectorDefinition[], reader: SecretReader) {
    checkHosts('FAIRLEAD_SAAS_HOSTS', settings.saasHosts);
    checkHosts('FAIRLEAD_IDEMPOTENT_HOSTS', settings.idempotentHosts);
    this.#settings = settings;
    this.#reader = reader;
    this.#connectors = connectors;
    this.#declared = connectors.flatMap((connector) => declare(settings, connector));
  }

  async resolve(
    scope: Scope,
    provider: string,
    accepts: readonly CredentialKind[] | undefined,
    connectionId?: string,
  ): Promise<ConnectionResolution> {
    const connector = this.#connectors.find((one) => one.provider === provider);
    if (connector === undefined) return { kind: 'not_connected', hint: 'There is no such connector.' };
    if (connectionId !== undefined && connectionId !== idOf(provider)) {
      const hint = `There is no connection "${connectionId.slice(0, 100)}".`;
      return { kind: 'not_connected', unknown: true, hint };
    }
    const connection = this.declared(scope, provider, accepts) ?? this.#withoutSecret(scope, connector, accepts);
    if (connection !== undefined) return { kind: 'connection', connection };
    return { kind: 'not_connected', hint: this.#hint(scope, connector, accepts) };
  }

  /** The connection that a variable declares, if it can carry the call. */
  declared(scope: Scope, provider: string, accepts: readonly CredentialKind[] | undefined): Connection | undefined {
    return this.#isMeantFor(scope) ? pick(this.#of(provider), accepts) : undefined;
  }

  /** A connection of this provider before it has a secret: where it goes, and what the operator allows there. */
  outline(provider: string, environment: Environment, credential: CredentialKind): Connection | undefined {
    const connector = this.#connectors.find((one) => one.provider === provider);
    return connector && connectionOf(this.#settings, connector, credential, environment);
  }

  secret(connection: Connection): MaybePromise<string> {
    const { reference } = connection;
    const secret = reference === undefined ? undefined : this.#reader.get(reference);
    if (secret !== undefined && this.#checked.get(connection) === secret) return secret;
    return this.#goodSecret(connection, secret);
  }

  async #goodSecret(connection: Connection, fetched: MaybePromise<string> | undefined): Promise<string> {
    const { reference } = connection;
    if (reference === undefined || fetched === undefined) {
      throw new AppError('secret_unavailable', { reference: connection.view.id, problem: 'it has no secret' });
    }
    const secret = await fetched;
    if (this.#checked.get(connection) === secret) return secret;
    const alias = this.#declared.find((one) => one.connection === connection)?.alias;
    if (looksLikePlaceholder(secret)) {
      throw new AppError('secret_unavailable', { reference: alias?.variable ?? reference, problem: 'a placeholder' });
    }
    // A reference says nothing about the environment of what it names, so that is checked here, whenever it names
    // something else than before.
    if (alias !== undefined) checkEnvironment(alias, secret, connection.view.environment);
    this.#checked.set(connection, secret);
    return secret;
  }

  async read(reference: string): Promise<string> {
    return await this.#reader.get(reference);
  }

  /** Every connection the environment declares, for this scope where one is named, without its secrets. */
  list(scope?: Scope): DeclaredConnection[] {
    if (scope !== undefined && !this.#isMeantFor(scope)) return [];
    return this.#connectors
      .map(({ provider }) => ({
        id: idOf(provider),
        provider,
        environment: this.#settings.environment,
        credentials: this.#of(provider).map(({ alias, connection }) => ({
          credential: connection.view.credential,
          variable: alias.variable,
          reference: connection.reference ?? `env:${alias.variable}`,
        })),
      }))
      .filter(({ credentials }) => credentials.length > 0);
  }

  #of(provider: string): Declared[] {
    return this.#declared.filter(({ connection }) => connection.provider === provider);
  }

  /** Variables belong to one environment and to the tenant that exists without anybody making one. */
  #isMeantFor({ environment, tenant }: Scope): boolean {
    return environment === this.#settings.environment && tenant === DEFAULT_TENANT;
  }

  /** What the caller aims at an address of its own can go there without a secret. */
  #withoutSecret(
    { environment }: Scope,
    connector: ConnectorDefinition,
    accepts: readonly CredentialKind[] | undefined,
  ): Connection | undefined {
    if (connector.anyTarget !== true || accepts?.includes('none') === false) return undefined;
    return connectionOf(this.#settings, connector, 'none', environment);
  }

  #hint(
    scope: Scope,
    { title, provider, envAliases }: ConnectorDefinition,
    accepts?: readonly CredentialKind[],
  ): string {
    const fitting = envAliases.filter(
      ({ makes, credential }) => makes === 'connection' && (accepts === undefined || accepts.includes(credential!)),
    );
    const variables = fitting.map(({ variable }) => variable);
    if (variables.length === 0) return `No variable of the environment connects ${title} for this.`;
    const set = this.#of(provider).map(({ alias }) => alias.variable);
    const { environment } = this.#settings;
    if (set.some((variable) => variables.includes(variable))) {
      return scope.environment === environment
        ? `${set.join(' and ')} belong${set.length > 1 ? '' : 's'} to the tenant "${DEFAULT_TENANT}".`
        : `${set.join(' and ')} ${set.length > 1 ? 'are' : 'is'} set for ${environment} (INTEGRATION_ENV).`;
    }
    const unfit = set.length > 0 ? ` ${set.join(' and ')} cannot carry this call as it is.` : '';
    return `Set ${variables.join(' or ')}.${unfit}`;
  }
}

function declare(settings: ConnectionSettings, connector: ConnectorDefinition): Declared[] {
  return connector.envAliases.flatMap((alias) => {
    const { variable, makes, credential = 'bearer', header } = alias;
    const value = settings.variables[variable]?.trim();
    if (makes !== 'connection' || value === undefined || looksLikePlaceholder(value)) return [];
    const connection: Connection = {
      ...connectionOf(settings, connector, credential, settings.environment),
      reference: referenceTo(alias, value, settings.environment),
      ...(header !== undefined && { header }),
    };
    return [{ alias, connection }];
  });
}

function connectionOf(
  settings: ConnectionSettings,
  connector: ConnectorDefinition,
  credential: CredentialKind,
  environment: Environment,
): Connection {
  const { provider, anyTarget, baseUrl } = connector;
  const view = {
    id: idOf(provider),
    environment,
    credential,
    baseUrl: baseUrlOf(settings, provider, environment) ?? baseUrl,
  };
  if (anyTarget !== true) return { provider, view, hosts: [], idempotentHosts: [] };
  const { saasHosts, idempotentHosts } = settings;
  return { provider, view, hosts: saasHosts, idempotentHosts, hostsHint: 'FAIRLEAD_SAAS_HOSTS' };
}

/** The secret itself stays in its variable; what is kept is where to find it. */
function referenceTo(alias: EnvAlias, value: string, environment: Environment): string {
  const parsed = parseSecretText(value);
  if (parsed.is === 'reference') return value;
  if (parsed.is === 'malformed') throw invalid(alias.variable, parsed.problem);
  checkEnvironment(alias, value, environment);
  return `env:${alias.variable}`;
}

/** A test key in live fails late and in riddles, a live key in sandbox succeeds. Both are refused at once. */
function checkEnvironment({ variable, environmentOf }: EnvAlias, secret: string, environment: Environment): void {
  const belongsTo = environmentOf?.(secret);
  if (belongsTo === undefined || belongsTo === environment) return;
  throw invalid(variable, `it is a key for ${belongsTo}, and INTEGRATION_ENV is ${environment}`);
}

/**
 * Checks the keys that say for which environment they are before anything is started. A reference is checked on use.
 *
 * @throws AppError `config_invalid` with the name of the variable
 */
export function refuseForeignKeys(
  { environment, variables }: Pick<ConnectionSettings, 'environment' | 'variables'>,
  aliases: readonly EnvAlias[],
): void {
  for (const alias of aliases) {
    const value = variables[alias.variable]?.trim();
    if (value === undefined || looksLikePlaceholder(value) || parseSecretText(value).is === 'reference') continue;
    checkEnvironment(alias, value, environment);
  }
}

function pick(usable: readonly Declared[], accepts: readonly CredentialKind[] | undefined): Connection | undefined {
  if (accepts === undefined) return usable[0]?.connection;
  for (const kind of accepts) {
    const fitting = usable.find(({ connection }) => connection.view.credential === kind);
    if (fitting !== undefined) return fitting.connection;
  }
  return undefined;
}

/** An override is for the environment it was written in, like the variables. */
function baseUrlOf(settings: ConnectionSettings, provider: string, environment: Environment): string | undefined {
  const { connections } = settings;
  const given = Object.hasOwn(connections, provider) ? connections[provider]?.baseUrl : undefined;
  if (given === undefined || environment !== settings.environment) return undefined;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '') {
    throw invalid(`connections.${provider}.baseUrl`, 'it is no http(s) address without user name and query');
  }
  return url.href.replace(/[/#]+$/, '');
}

function checkHosts(where: string, entries: readonly string[]): void {
  const wrong = entries.find((entry) => parseHostEntry(entry) === undefined);
  if (wrong !== undefined) throw invalid(where, `"${wrong.slice(0, 100)}" is no host; write host or host:port`);
}

function idOf(provider: string): string {
  return `env:${provider}`;
}

function invalid(where: string, problem: string): AppError {
  return new AppError('config_invalid', { where, problem });
}
