/** What a credential may look like: which kinds a provider takes, and which environment a key says it belongs to. @module */
import type { ConnectorDefinition, CredentialKind, EnvAlias } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import type { Environment } from '../core/scope.js';
import { looksLikePlaceholder } from './secret-reference.js';

/** The ways in which a connector takes a credential, the first one its own choice. A secret-less one is none. */
export function credentialForms({ envAliases }: ConnectorDefinition): readonly EnvAlias[] {
  return envAliases.filter(({ makes, credential }) => makes === 'connection' && credential !== 'none');
}

/**
 * The form for a credential kind, or the connector's first.
 *
 * @throws AppError `invalid_argument` when the provider does not take it
 */
export function formOf(connector: ConnectorDefinition, kind: CredentialKind | undefined): EnvAlias {
  const forms = credentialForms(connector);
  const form = kind === undefined ? forms[0] : forms.find(({ credential = 'bearer' }) => credential === kind);
  if (form !== undefined) return form;
  const known = [...new Set(forms.map(({ credential = 'bearer' }) => credential))].join(', ');
  const problem = known === '' ? `${connector.title} takes no credential` : `${connector.title} takes ${known}`;
  throw new AppError('invalid_argument', { argument: 'credential', problem });
}

/**
 * A test key in live fails late and in riddles, a live key in sandbox succeeds. Both are refused at once, and so is what
 * no provider would take.
 *
 * @throws AppError `invalid_argument`, which names no part of the secret
 */
export function checkCredential(
  connector: ConnectorDefinition,
  kind: CredentialKind,
  secret: string,
  environment: Environment,
): void {
  const refuse = (problem: string): never => {
    throw new AppError('invalid_argument', { argument: 'secret', problem });
  };
  if (looksLikePlaceholder(secret)) refuse('it is a placeholder, not a secret');
  if (!/^[\x20-\x7e]+$/.test(secret)) refuse('it has characters that no header can carry; was the file cut or joined?');
  if (kind === 'basic' && !/^[^:]+:./.test(secret)) refuse('for Basic it is USER:PASSWORD or KEY:SECRET');
  if (kind === 'secret_url' && !/^https:\/\/[^/]+\/./.test(secret)) refuse('it is not an https address');
  const belongsTo = environmentOfKey(connector, secret);
  if (belongsTo !== undefined && belongsTo !== environment) {
    refuse(`it is a key for ${belongsTo}, and this is ${environment}`);
  }
}

/** Which environment the provider marks this key for, in whichever of its forms. */
function environmentOfKey({ envAliases }: ConnectorDefinition, secret: string): Environment | undefined {
  for (const { environmentOf } of envAliases) {
    const environment = environmentOf?.(secret);
    if (environment !== undefined) return environment;
  }
  return undefined;
}
