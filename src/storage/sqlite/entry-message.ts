/**
 * Entries of the audit log in a message between threads: one text of all their texts, and one list of numbers that says
 * where each begins. As objects of a dozen members each they cost four times as much on both sides.
 *
 * @module
 */
import type { NewAuditEntry } from '../../core/audit.js';

/** What entries in a row have in common: calls of a group mostly are of one action and one caller. */
type PackedKind = [action: string, status: NewAuditEntry['status'], actor: string, provider: string | undefined];

/** The entries of a group, in the order of the calls that bring them. */
export interface PackedEntries {
  /** Of each entry: record, id, and as far as there are any target, call and event. */
  text: string;
  /** Of each entry {@link NUMBERS}: its kind, its time, the lengths of its texts; -1 is the length of what is absent. */
  numbers: number[];
  kinds: PackedKind[];
  /** What is personal, sealed; most entries have nothing of it. */
  personal: { at: number; bytes: Uint8Array }[];
}

/** Kind, time, and the lengths of record, id, target, call and event. */
const NUMBERS = 7;

export class EntryPacker {
  readonly packed: PackedEntries = { text: '', numbers: [], kinds: [], personal: [] };
  #last: NewAuditEntry | undefined;
  #count = 0;

  add(entry: NewAuditEntry): void {
    const { packed } = this;
    const { record, id, target, callId, eventId, personal } = entry;
    const last = this.#last;
    const isSame =
      last?.action === entry.action &&
      last.status === entry.status &&
      last.actor === entry.actor &&
      last.provider === entry.provider;
    if (!isSame) packed.kinds.push([entry.action, entry.status, entry.actor, entry.provider]);
    this.#last = entry;
    packed.numbers.push(
      packed.kinds.length - 1,
      entry.atMs,
      record.length,
      id.length,
      target?.length ?? -1,
      callId?.length ?? -1,
      eventId?.length ?? -1,
    );
    packed.text += record + id + (target ?? '') + (callId ?? '') + (eventId ?? '');
    if (personal !== undefined) packed.personal.push({ at: this.#count, bytes: personal });
    this.#count += 1;
  }
}

/** Gives the entries back, one after the other. */
export class EntryUnpacker {
  readonly #packed: PackedEntries;
  readonly #personal: ReadonlyMap<number, Uint8Array>;
  #count = 0;
  #at = 0;

  constructor(packed: PackedEntries) {
    this.#packed = packed;
    this.#personal = new Map(packed.personal.map(({ at, bytes }) => [at, bytes]));
  }

  next(): NewAuditEntry {
    const { numbers, kinds } = this.#packed;
    const from = this.#count * NUMBERS;
    const [action, status, actor, provider] = kinds[numbers[from]!]!;
    // Every member by its name, present or not: one shape.
    const entry = {
      record: this.#take(numbers[from + 2]!)!,
      id: this.#take(numbers[from + 3]!)!,
      target: this.#take(numbers[from + 4]!),
      callId: this.#take(numbers[from + 5]!),
      eventId: this.#take(numbers[from + 6]!),
      atMs: numbers[from + 1]!,
      personal: this.#personal.get(this.#count),
      action,
      status,
      actor,
      provider,
    };
    this.#count += 1;
    return entry;
  }

  #take(length: number): string | undefined {
    if (length < 0) return undefined;
    const from = this.#at;
    this.#at += length;
    return this.#packed.text.slice(from, this.#at);
  }
}
