/** What is made or done at most once, however often it is asked for. @module */

/** @returns what the first call made, for every call; a first one that failed is not repeated */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
