/** Which peers are installed. @module */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Why a peer cannot run: its packages are missing; or `undefined` when all of `packages` are here. */
export function peerMissing(...packages) {
  const missing = packages.filter((name) => !existsSync(join(import.meta.dirname, 'node_modules', name)));
  return missing.length === 0 ? undefined : `${missing.join(', ')} not installed; run: npm run bench:peers`;
}
