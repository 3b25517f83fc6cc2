/** The name that was probably meant. @module */

const NAME_CHARACTERS_MAX = 64;

/** The most similar of `names`, most similar first, none that is further away than half of what was written. */
export function nearest(written: string, names: readonly string[], count = 1): string[] {
  const wanted = plain(written);
  const limit = Math.max(2, Math.floor(wanted.length / 2));
  return names
    .map((name, index) => ({ name, index, distance: distanceOf(wanted, plain(name)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || a.index - b.index)
    .slice(0, count)
    .map(({ name }) => name);
}

function plain(name: string): string {
  return name
    .slice(0, NAME_CHARACTERS_MAX)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

/** Levenshtein distance; a name that begins with the other counts as one step. */
function distanceOf(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length > 2 && b.length > 2 && (a.startsWith(b) || b.startsWith(a))) return 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + change));
    }
    row = next;
  }
  return row.at(-1)!;
}
