/** Instants as people read them. Programs get integers, see `--json`. @module */

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A copy in which every number called `...AtMs` is called `...At` and says the time and how far away it is. */
export function humanTimes(value: unknown, nowMs: number): unknown {
  if (Array.isArray(value)) return value.map((item) => humanTimes(item, nowMs));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) =>
      name.endsWith('AtMs') && typeof part === 'number'
        ? [name.slice(0, -'Ms'.length), `${new Date(part).toISOString()} (${distance(part - nowMs)})`]
        : [name, humanTimes(part, nowMs)],
    ),
  );
}

/** `3 min ago`, `in 2 h`, `now`: the largest unit alone. */
function distance(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, size]) => Math.abs(ms) >= size) ?? [];
  if (unit === undefined) return 'now';
  const count = `${Math.floor(Math.abs(ms) / unitMs)} ${unit}`;
  return ms < 0 ? `${count} ago` : `in ${count}`;
}
