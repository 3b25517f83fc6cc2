/** Whether who asked for something is still somebody by the time it is done. @module */
import type { Scope } from '../core/scope.js';
import { GRANT_PLACE } from './grants.js';
import type { Gateway } from './gateway.js';

/** A key that was revoked or is over does nothing any more, nor does a program whose access was taken back. */
export async function mayStillAct({ apiKeys, store }: Gateway, scope: Scope, id: string): Promise<boolean> {
  if (!(await apiKeys.isUsable(scope, id))) return false;
  if (!id.startsWith('grt_')) return true;
  const grant = await store.grants.get(GRANT_PLACE, id);
  return grant !== undefined && grant.revokedAtMs === undefined;
}
