/**
 * Loads what a start left out for the sake of the first webhook: soon after it, a piece at a time.
 *
 * Now, because at this moment it may fail: Node never loads a module again that it once could not read, for want of file
 * descriptors or whatever. A process that cannot load what its handlers need ends, and the next one, which can, finds
 * everything on disk. In pieces, because loading is work of the thread that answers webhooks: all at once took it away
 * for a quarter of a second, in which 800 a second pile up.
 *
 * @module
 */
import { LATE_CONNECTORS } from '../connectors/late.generated.js';
import { AppError, isAppError } from '../core/errors.js';
import type { Clock, Log } from '../core/ports.js';
import { REST_PIECES } from '../doors/http/index.js';

/** After the start. */
const AFTER_MS = 1_000;
/** Between two pieces: what came in meanwhile is answered, and nothing waits for two of them. */
const PAUSE_MS = 30;

export type Load = () => Promise<unknown>;

/** What nearly every other part is made with, and what of the others loads by itself. */
const PIECES: readonly Load[] = [
  () => import('zod'),
  ...LATE_CONNECTORS,
  () => import('../operations/index.js'),
  ...REST_PIECES,
];

/**
 * @param own pieces, before and after those that stand alone
 * @param onFailure told once; what follows is not loaded any more
 */
export function warmUp(
  clock: Clock,
  log: Log,
  own: { first: readonly Load[]; rest: readonly Load[] },
  onFailure: (error: AppError) => void,
  alone = PIECES,
): void {
  clock.after(AFTER_MS, () => {
    inPieces(clock, [...own.first, ...alone, ...own.rest]).then(
      () => log('debug', 'all parts are loaded'),
      (cause: unknown) => {
        log('error', 'a part of the program could not be loaded', { cause });
        const problem = 'A part of the program could not be read from disk.';
        onFailure(isAppError(cause) ? cause : new AppError('io_failure', { problem }, { cause }));
      },
    );
  });
}

async function inPieces(clock: Clock, pieces: readonly Load[]): Promise<void> {
  for (const load of pieces) {
    await load();
    await clock.sleep(PAUSE_MS);
  }
}
