/**
 * Which client we are at a provider: id and secret from the environment (`SLACK_CLIENT_ID`, `SLACK_CLIENT_SECRET`, also
 * as references) or from secrets of the vault (`slack-client-id`, `slack-client-secret`).
 *
 * @module
 */
import type { ConnectorDefinition } from '../../core/connector.js';
import { AppError, isAppError } from '../../core/errors.js';
import { DEFAULT_TENANT, type Environment, type Scope } from '../../core/scope.js';
import type { KeptSecrets } from '../kept-secrets.js';
import { looksLikePlaceholder, parseSecretText } from '../secret-reference.js';
import type { OAuthClient } from './token-client.js';

export interface OAuthAppsParts {
  variables: Readonly<Record<string, string | undefined>>;
  /** The environment that the variables are for. */
  environment: Environment;
  kept: KeptSecrets;
}

export class OAuthApps {
  constructor(private readonly parts: OAuthAppsParts) {}

  /**
   * The client of this scope: the tenant's own secrets first, then those of the tenant `default`, then the environment.
   *
   * @throws AppError `config_invalid`, which says what to set; `secret_unavailable` for a reference that leads nowhere
   */
  async of(scope: Scope, connector: ConnectorDefinition): Promise<OAuthClient> {
    const found = await this.find(scope, connector);
    if (found !== undefined) return found;
    const name = variableName(connector.provider);
    const where = connector.auth?.registration;
    const problem =
      `we are no client of ${connector.title} in ${scope.environment}: set ${name}_CLIENT_ID and ${name}_CLIENT_SECRET` +
      (where === undefined ? '' : ` (register at ${where})`);
    throw new AppError('config_invalid', { where: `${name}_CLIENT_ID`, problem });
  }

  /** As {@link of}; `undefined` where there is none. */
  async find(scope: Scope, { provider }: ConnectorDefinition): Promise<OAuthClient | undefined> {
    const base = { tenant: DEFAULT_TENANT, environment: scope.environment };
    const own = await this.#kept(scope, provider);
    if (own !== undefined) return own;
    const ofDefault = scope.tenant === DEFAULT_TENANT ? undefined : await this.#kept(base, provider);
    if (ofDefault !== undefined) return ofDefault;
    const { variables, environment, kept } = this.parts;
    if (scope.environment !== environment) return undefined;
    const name = variableName(provider);
    const [id, secret] = [variables[`${name}_CLIENT_ID`]?.trim(), variables[`${name}_CLIENT_SECRET`]?.trim()];
    if (id === undefined || secret === undefined || looksLikePlaceholder(id) || looksLikePlaceholder(secret)) {
      return undefined;
    }
    // The id is no secret: it stands in every address that people are sent to.
    const client_id = parseSecretText(id).is === 'literal' ? id : await kept.follow(base, id);
    return { client_id, client_secret: await kept.follow(base, secret) };
  }

  async #kept(scope: Scope, provider: string): Promise<OAuthClient | undefined> {
    const { kept } = this.parts;
    try {
      const client_id = await kept.read(scope, 'named', `${provider}-client-id`);
      return { client_id, client_secret: await kept.read(scope, 'named', `${provider}-client-secret`) };
    } catch (error) {
      if (isAppError(error, 'not_found')) return undefined;
      throw error;
    }
  }
}

export function variableName(provider: string): string {
  return provider.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}
