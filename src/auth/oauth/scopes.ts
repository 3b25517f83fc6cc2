/** Which scopes are asked for, which were granted, and what an action lacks. Pure. @module */
import type { ActionDefinition, AuthDefinition, ConnectorDefinition } from '../../core/connector.js';
import { AppError } from '../../core/errors.js';

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,300}$/;
const SCOPES_MAX = 100;

/** The scopes that an action needs, in the provider's words. */
export function scopesOfAction(
  auth: AuthDefinition,
  { permissions = [] }: Pick<ActionDefinition, 'permissions'>,
): string[] {
  const { ofPermission = (permission: string) => [permission] } = auth.scopes;
  return [...new Set(permissions.flatMap((permission) => ofPermission(permission)))];
}

/**
 * What is asked for: the scopes that are named, those of the actions that are named, or, if nothing is named, those of
 * all actions that only read.
 *
 * @throws AppError `invalid_argument` for an action or a scope that there cannot be
 */
export function wantedScopes(
  connector: ConnectorDefinition & { auth: AuthDefinition },
  named: { scopes?: readonly string[]; actions?: readonly string[] },
): string[] {
  const { auth } = connector;
  const { scopes = [], actions = [] } = named;
  const wrong = scopes.find((scope) => !SCOPE.test(scope));
  if (wrong !== undefined || scopes.length > SCOPES_MAX) throw invalid('scope', 'this is no scope');
  const ofActions = actions.flatMap((name) => scopesOfAction(auth, actionOf(connector, name)));
  const reads = Object.values(connector.actions).filter(({ effect }) => effect === 'read');
  const isDefault = scopes.length + actions.length === 0;
  const asked = isDefault ? reads.flatMap((action) => scopesOfAction(auth, action)) : [...scopes, ...ofActions];
  return [...new Set([...(auth.scopes.always ?? []), ...asked])];
}

function actionOf(connector: ConnectorDefinition, name: string): Pick<ActionDefinition, 'permissions'> {
  const word = name.startsWith(`${connector.provider}.`) ? name.slice(connector.provider.length + 1) : name;
  const action = Object.hasOwn(connector.actions, word) ? connector.actions[word] : undefined;
  if (action === undefined) throw invalid('action', `${connector.title} has no action "${name.slice(0, 100)}"`);
  return action;
}

/** Those of `wanted` that what was granted does not cover. */
export function missingScopes(
  { implies = {} }: AuthDefinition['scopes'],
  granted: readonly string[],
  wanted: readonly string[],
): string[] {
  const covered = new Set([...granted, ...granted.flatMap((scope) => implies[scope] ?? [])]);
  return wanted.filter((scope) => !covered.has(scope));
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}
