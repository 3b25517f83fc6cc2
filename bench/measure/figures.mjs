/**
 * Sums over rounds: medians, ranges, and ratios between two things measured in the same round.
 *
 * @module
 */

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value below which the share `p` of `sorted` lies (nearest rank). */
export function percentile(sorted, p) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))];
}

/** Five significant digits: more would pretend a precision that no round has. */
export function round(value) {
  return value === undefined || !Number.isFinite(value) ? value : Number(value.toPrecision(5));
}

/**
 * A row of the result: what one design did at one setting, over all rounds.
 *
 * @param {{name: string, params: object, unit: string}} what
 * @param {{value: number, p50Ms?: number, p99Ms?: number, cpuUsPerOp?: number, rssMb?: number}[]} rounds
 */
export function rowOf(what, rounds) {
  const values = rounds.map(({ value }) => value);
  const row = {
    ...what,
    median: round(median(values)),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
  };
  for (const field of ['p50Ms', 'p99Ms', 'cpuUsPerOp', 'rssMb']) {
    const known = rounds.map((one) => one[field]).filter((one) => Number.isFinite(one));
    if (known.length > 0) row[field] = round(median(known));
  }
  return row;
}

/**
 * A ratio of the result, formed inside each round, so that what slows the whole machine cancels out.
 *
 * @param {{name: string, of: string, to: string, floor?: number, aim?: number, lower?: boolean}} what `lower`: less is
 *   better, so `floor` is the most it may be. Without a floor nothing is claimed, and `holds` is true.
 * @param {(number | undefined)[]} of figures of one design by round.
 * @param {(number | undefined)[]} to figures of the other one by round.
 * @returns `undefined` when no round has both.
 */
export function ratioOf({ name, of, to, floor = null, aim = null, lower = false }, ofRounds, toRounds) {
  const ratios = ofRounds.map((value, index) => value / toRounds[index]).filter((ratio) => Number.isFinite(ratio));
  if (ratios.length === 0) return undefined;
  const middle = round(median(ratios));
  const holds = floor === null || (lower ? middle <= floor : middle >= floor);
  return {
    name,
    of,
    to,
    median: middle,
    min: round(Math.min(...ratios)),
    max: round(Math.max(...ratios)),
    floor,
    aim,
    holds,
  };
}
