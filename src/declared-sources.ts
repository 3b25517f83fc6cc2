/**
 * Sources that a variable of the environment declares: `<PROVIDER>_WEBHOOK_SECRET` opens `/in/<provider>` at start.
 * They are read-only, and their secret stays where it is: only the variable's name is kept.
 *
 * @module
 */
import { looksLikePlaceholder, parseSecretText } from './auth/secret-reference.js';
import type { Config } from './config.js';
import { DEFAULT_TENANT } from './core/scope.js';
import type { SourceRow } from './core/source.js';
import type { WebhookDefinition } from './core/webhook.js';

export function declaredSources(config: Config, webhooks: Readonly<Record<string, WebhookDefinition>>): SourceRow[] {
  return Object.entries(webhooks).flatMap(([provider, definition]) => {
    const variable = variablesOf(provider, definition).find((name) => isSet(config.variables[name]));
    if (variable === undefined) return [];
    const id = `env:${provider}`;
    return [
      {
        id,
        provider,
        path: `/in/${provider}`,
        tenant: DEFAULT_TENANT,
        environment: config.environment,
        secrets: [
          {
            id: `${id}:${variable}`,
            reference: referenceOf(variable, config.variables[variable]!),
            createdAtMs: 0,
            createdBy: 'environment',
          },
        ],
        createdAtMs: 0,
        createdBy: 'environment',
        readonly: true,
      },
    ];
  });
}

/** `STRIPE_WEBHOOK_SECRET`, and the name a provider's own documentation uses where it is another. */
export function variablesOf(provider: string, definition: WebhookDefinition): string[] {
  const general = `${provider.toUpperCase().replaceAll('-', '_')}_WEBHOOK_SECRET`;
  return definition.secretVariable === undefined ? [general] : [general, definition.secretVariable];
}

/** The variable, or what it refers to in turn (`STRIPE_WEBHOOK_SECRET=file:/run/secrets/stripe`). */
function referenceOf(variable: string, value: string): string {
  return parseSecretText(value).is === 'reference' ? value : `env:${variable}`;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !looksLikePlaceholder(value);
}
