/** The pool of undici, loaded with the first request, because it takes longer to load than all of Fairlead. @module */
import { createRequire } from 'node:module';
import type { Pool } from 'undici';

let loaded: typeof Pool | undefined;

/**
 * The pool alone: loading all of undici (fetch, WebSocket, caches) takes four times as long. The version is pinned.
 *
 * It is required, not imported: under load, `import()` of this CommonJS file from two places while a process starts has
 * given a module without its export, which is kept, so that no request of that process could ever be sent.
 */
export function loadPool(): typeof Pool {
  loaded ??= createRequire(import.meta.url)('undici/lib/dispatcher/pool.js') as typeof Pool;
  return loaded;
}
