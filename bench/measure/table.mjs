/**
 * A result as text for a terminal.
 *
 * @module
 */

const figure = (value, digits = 4) => {
  if (value === undefined || value === null) return '';
  return value >= 1_000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(digits)));
};

function columns(lines) {
  const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const settings = (params) =>
  Object.entries(params)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

function rowsTable(rows) {
  const head = ['', '', 'unit', 'median', 'min', 'max', 'p50 ms', 'p99 ms', 'CPU us/op', 'RSS MB'];
  const lines = rows.map((row) => [
    row.name,
    settings(row.params),
    row.unit,
    ...[row.median, row.min, row.max, row.p50Ms, row.p99Ms, row.cpuUsPerOp, row.rssMb].map((value) => figure(value)),
  ]);
  return columns([head, ...lines]);
}

/** Less is better where the aim lies below the floor, or where there is none and less would hold. */
function ratiosTable(ratios) {
  const head = ['ratio', 'of', 'to', 'median', 'min', 'max', 'floor', 'aim', ''];
  const lines = ratios.map((ratio) => [
    ratio.name,
    ratio.of,
    ratio.to,
    ...[ratio.median, ratio.min, ratio.max, ratio.floor, ratio.aim].map((value) => figure(value, 3)),
    ratio.floor === null ? '' : ratio.holds ? 'holds' : 'FAILS',
  ]);
  return columns([head, ...lines]);
}

/** @param {{bench: string, commit: string, node: string, cpus: number, rows: object[], ratios: object[], skipped: object[]}} result */
export function table({ bench, store, commit, node, cpus, rows, ratios, skipped }) {
  const parts = [`bench ${bench} (${store}), commit ${commit}, node ${node}, ${cpus} CPUs`, rowsTable(rows)];
  if (ratios.length > 0) parts.push(ratiosTable(ratios));
  if (skipped.length > 0) parts.push(skipped.map(({ name, why }) => `skipped ${name}: ${why}`).join('\n'));
  return parts.join('\n\n');
}
