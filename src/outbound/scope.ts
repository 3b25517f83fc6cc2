/** Whether what a provider granted is enough for an action. Asked before anything is sent. @module */
import type { Connection } from '../core/connection.js';
import type { ActionDefinition, ConnectorDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';

/**
 * Of a write only the first permission is asked for: the others serve look-ups, which a call may do without.
 *
 * @throws AppError `scope_missing`, which says what is missing
 */
export function checkGranted(
  { auth }: ConnectorDefinition,
  name: string,
  { effect, permissions = [] }: Pick<ActionDefinition, 'effect' | 'permissions'>,
  { grantedScopes: granted, view }: Connection,
): void {
  if (auth === undefined || granted === undefined) return;
  const { implies = {}, ofPermission = (permission: string) => [permission] } = auth.scopes;
  const needed = (effect === 'read' ? permissions : permissions.slice(0, 1)).flatMap((one) => ofPermission(one));
  const covered = new Set([...granted, ...granted.flatMap((scope) => implies[scope] ?? [])]);
  const missing = [...new Set(needed)].filter((scope) => !covered.has(scope));
  if (missing.length === 0) return;
  throw new AppError('scope_missing', { connection: view.id, action: name, scopes: missing.join(', ') });
}
