/** Whether a connection that is restricted to some targets may touch what a call touches. Fails closed. @module */
import type { Connection } from '../core/connection.js';
import type { ActionDefinition, TargetRef } from '../core/connector.js';
import { AppError } from '../core/errors.js';

/**
 * @param named what the call touches as the caller wrote it, names among it
 * @param resolved the same after its look-ups
 * @throws AppError `target_not_allowed`
 */
export function checkRestrictions(
  connection: Connection,
  action: Pick<ActionDefinition, 'touches'>,
  { named, resolved }: { named: unknown; resolved: unknown },
): void {
  const restrictions = Object.entries(connection.restrictions ?? {});
  if (restrictions.length === 0) return;
  const written = action.touches?.(named) ?? [];
  const meant = action.touches?.(resolved) ?? [];
  for (const [type, allowed] of restrictions) {
    const refuse = (id: string): never => {
      throw new AppError('target_not_allowed', { connection: connection.view.id, what: type, id: id.slice(0, 200) });
    };
    // An action that names none of them may touch any of them.
    if (!meant.some((target) => target.type === type)) refuse('any');
    meant.forEach((target, index) => {
      if (target.type !== type) return;
      const before = written[index];
      if (!allowed.includes(target.id) && !isListedName(before, type, allowed)) refuse(target.id);
    });
  }
}

/** The operator may list a name; the id it was resolved to is then what is meant by it. */
function isListedName(target: TargetRef | undefined, type: string, allowed: readonly string[]): boolean {
  return target?.type === type && allowed.includes(target.id);
}
