/**
 * Entries of reads, which are answered before their entry is on the disk: they go to the store in groups, a bounded
 * number of them waits, and nobody calls on while one of them cannot be written.
 *
 * @module
 */
import type { NewAuditEntry } from '../core/audit.js';
import type { AuditVerbs } from '../core/store.js';
import type { Scope } from '../core/scope.js';

/** Entries that may be unwritten at once; whoever brings one more waits until there is room. */
const UNWRITTEN_MAX = 1_024;
/** Characters of their records, likewise. */
const UNWRITTEN_CHARACTERS_MAX = 4 * 1024 * 1024;
/** Entries that are handed over at once. */
const GROUP_MAX = 256;

interface Waiting {
  scope: Scope;
  entry: NewAuditEntry;
}

/** Entries of one append, which is whole or not there at all. */
interface Group {
  scope: Scope;
  entries: NewAuditEntry[];
}

export class LateEntries {
  readonly #audit: Pick<AuditVerbs, 'append' | 'get'>;
  #waiting: Waiting[] = [];
  /** Of those nobody knows whether they were written. */
  #inDoubt: Group[] = [];
  #writing: Promise<void> | undefined;
  #unwritten = 0;
  #characters = 0;
  #forRoom: (() => void)[] = [];

  constructor(audit: Pick<AuditVerbs, 'append' | 'get'>) {
    this.#audit = audit;
  }

  /** Whether entries could not be written. Then nothing may be called before {@link flush} has written them. */
  get isStuck(): boolean {
    return this.#inDoubt.length > 0;
  }

  /** Takes an entry. Where there is no room left what is returned ends when there is, or when nothing can be written. */
  add(scope: Scope, entry: NewAuditEntry): Promise<void> | undefined {
    this.#waiting.push({ scope, entry });
    this.#unwritten += 1;
    this.#characters += entry.record.length;
    // Whoever calls next is told, see isStuck.
    if (!this.isStuck) this.#write().catch(() => undefined);
    return this.#hasRoom() || this.isStuck ? undefined : new Promise((resolve) => this.#forRoom.push(resolve));
  }

  /**
   * Ends when all that was added is on the disk.
   *
   * @throws AppError `store_unavailable` when it cannot be written; it is kept, and the next flush tries again
   */
  async flush(): Promise<void> {
    while (this.#unwritten > 0) await this.#write();
  }

  #hasRoom(): boolean {
    return this.#unwritten < UNWRITTEN_MAX && this.#characters < UNWRITTEN_CHARACTERS_MAX;
  }

  #write(): Promise<void> {
    return (this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      for (const resolve of this.#forRoom.splice(0)) resolve();
    }));
  }

  /** What comes while a group is on its way is the next group. */
  async #writeAll(): Promise<void> {
    // What is added in the same breath goes together.
    await undefined;
    while (this.#unwritten > 0) {
      const isAgain = this.isStuck;
      const groups = isAgain ? this.#inDoubt : byScope(this.#waiting.splice(0, GROUP_MAX));
      const written = await Promise.allSettled(groups.map((group) => this.#append(group, isAgain)));
      this.#inDoubt = groups.filter((_, at) => written[at]!.status === 'rejected');
      const failed = written.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      if (this.#hasRoom()) for (const resolve of this.#forRoom.splice(0)) resolve();
    }
  }

  async #append({ scope, entries }: Group, isAgain: boolean): Promise<void> {
    const isThere = isAgain && (await this.#audit.get(scope, entries[0]!.id)) !== undefined;
    if (!isThere) await this.#audit.append(scope, entries);
    this.#unwritten -= entries.length;
    for (const { record } of entries) this.#characters -= record.length;
  }
}

/** Tenants may call in turns: those of one are one append. */
function byScope(waiting: readonly Waiting[]): Group[] {
  const groups: Group[] = [];
  for (const { scope, entry } of waiting) {
    const known = groups.find((one) => isSame(one.scope, scope));
    if (known === undefined) groups.push({ scope, entries: [entry] });
    else known.entries.push(entry);
  }
  return groups;
}

function isSame(one: Scope, other: Scope): boolean {
  return one === other || (one.tenant === other.tenant && one.environment === other.environment);
}
