/**
 * What is mostly known at once and sometimes has to be waited for. A promise for what is known costs its caller a turn
 * of the queue and half a kilobyte, and a call out would go through a dozen of them.
 *
 * @module
 */

export type MaybePromise<Value> = Value | Promise<Value>;

/** Goes on with the value, now where it is there. */
export function goOn<Value, Next>(
  value: MaybePromise<Value>,
  go: (value: Value) => MaybePromise<Next>,
): MaybePromise<Next> {
  return value instanceof Promise ? value.then(go) : go(value);
}
