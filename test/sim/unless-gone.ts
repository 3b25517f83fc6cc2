import type { World } from './world.js';

const LOOK_MS = 50;
const PATIENCE_MS = 30_000;

/** What the running process answers; `undefined` when it is gone before, refuses, or takes too long. */
export async function unlessGone<T>(world: World, answer: Promise<T>): Promise<T | undefined> {
  const process = world.up;
  let isAnswered = false;
  const answered = answer.then(
    (value) => ((isAnswered = true), value),
    () => ((isAnswered = true), undefined),
  );
  const gone = (async () => {
    for (let waitedMs = 0; waitedMs < PATIENCE_MS && !isAnswered && world.up === process; waitedMs += LOOK_MS) {
      await world.clock.sleep(LOOK_MS);
    }
    return undefined;
  })();
  const value = await Promise.race([answered, gone]);
  // An answer that a dead process would have given is no answer.
  return world.up === process ? value : undefined;
}
