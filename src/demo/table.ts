/** The table that a demo ends with. @module */

export interface DemoRow {
  what: string;
  github: string;
  stripe: string;
  holds: boolean;
}

/** Plain text, aligned; a row that does not hold says so. */
export function renderTable(rows: readonly DemoRow[]): string {
  const head = { what: '', github: 'GitHub', stripe: 'Stripe' };
  const width = (field: 'what' | 'github' | 'stripe'): number =>
    Math.max(...[head, ...rows].map((row) => row[field].length));
  const line = (row: typeof head, mark: string): string =>
    `  ${row.what.padEnd(width('what'))}  ${row.github.padStart(width('github'))}  ${row.stripe.padStart(width('stripe'))}  ${mark}`.trimEnd();
  return [line(head, ''), ...rows.map((row) => line(row, row.holds ? 'holds' : 'DOES NOT HOLD'))].join('\n');
}
