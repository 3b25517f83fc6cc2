/** What every verb works with: the database, the names it knows by number, the time, the groups that wait. @module */
import { keyText } from '../../core/key-text.js';
import type { ClaimedRows } from './claimed-rows.js';
import type { Database } from './database.js';
import type { Groups } from './groups.js';
import type { Names } from './names.js';
import type { RecentLeaves } from './recent-leaves.js';

export interface Engine {
  readonly database: Database;
  readonly names: Names;
  readonly groups: Groups;
  readonly recent: RecentLeaves;
  readonly claimed: ClaimedRows;
  /** The time in place of the server's, for tests; `null` is the server's. */
  nowMs(): number | null;
  /** The queue that this process served last; the ones after it choose first. */
  servedLast: number;
}

/** The conditions of a select with their parameters, numbered as they come. */
export class Conditions {
  readonly parameters: (string | number | boolean | Uint8Array)[] = [];
  readonly #conditions: string[] = [];

  /** `?` in a condition stands for the next of its parameters. */
  add(condition: string, ...parameters: (string | number | boolean | Uint8Array)[]): void {
    this.#conditions.push(
      condition.replace(/\?/g, () => {
        this.parameters.push(parameters.shift()!);
        return `$${this.parameters.length}`;
      }),
    );
  }

  equal(column: string, value: string | number | undefined): void {
    if (value !== undefined) this.add(`${column} = ?`, value);
  }

  /** As {@link equal}, of a column that holds {@link keyText}. */
  equalKey(column: string, value: string | undefined): void {
    this.equal(column, value === undefined ? undefined : keyText(value));
  }

  /** For a parameter that is not part of a condition: its number. */
  place(parameter: string | number): string {
    return `$${this.parameters.push(parameter)}`;
  }

  get where(): string {
    return `where ${this.#conditions.join(' and ')}`;
  }
}
