/** What setting up and undoing come to, worked out before anything is written. @module */
import { createHash } from 'node:crypto';
import { AppError } from '../../../core/errors.js';
import { addToJson, removeFromJson, type JsonEdit } from './json-edit.js';
import type { KitFile } from './kit-file.js';
import { readJsonText, valueOfPart } from './json-text.js';
import { addBlock, removeBlock, type Marks } from './text-block.js';

/** How one file is undone. Kept in the data directory. */
export interface SetupEntry {
  root: KitFile['root'];
  path: string;
  /** The whole text before, `null` where there was no file. */
  before: string | null;
  /** SHA-256 of what was written: for as long as it stands, `before` is put back word for word. */
  after: string;
  /** What was put in, for a file that somebody has changed since. */
  added: { kind: 'json'; edits: readonly JsonEdit[] } | { kind: 'block'; marks: Marks } | { kind: 'whole' };
}

export type Planned =
  | { done: 'kept'; entry?: SetupEntry; says?: string }
  | { done: 'written' | 'extended'; text: string; entry: SetupEntry };

export type Undone = { done: 'kept'; says: string } | { done: 'gone' | 'removed' } | { done: 'restored'; text: string };

/** @throws AppError `conflict` for a file in which nothing can be put without breaking it. */
export function planFile(file: KitFile, current: string | undefined, known: SetupEntry | undefined): Planned {
  const kept: Planned = { done: 'kept', ...(known === undefined ? {} : { entry: known }) };
  if (file.kind === 'whole') return planWhole(file, current, known, kept);
  const base = baseOf(current, known);
  const text = added(file, base ?? '');
  if (text === undefined) return { ...kept, says: 'it names Fairlead already' };
  const ours = addedTo(file, base);
  const isSettled = known === undefined || JSON.stringify(known.added) === JSON.stringify(ours);
  // All of it is in the file, in whatever order somebody has brought it since.
  if (current !== undefined && isSettled && added(file, current) === current) return kept;
  if (text === current) return kept;
  const entry: SetupEntry = {
    root: file.root,
    path: file.path,
    before: base ?? null,
    after: digestOf(text),
    added: ours,
  };
  return { done: current === undefined ? 'written' : 'extended', text, entry };
}

/** @throws AppError `conflict` for a file that has become unreadable. */
export function planUndo(entry: SetupEntry, current: string | undefined): Undone {
  if (current === undefined) return { done: 'gone' };
  if (digestOf(current) === entry.after) {
    return entry.before === null ? { done: 'removed' } : { done: 'restored', text: entry.before };
  }
  if (entry.added.kind === 'whole')
    return { done: 'kept', says: 'it was changed since; delete it if it is not needed' };
  const text = without(entry, current);
  const isEmpty = /^[\s\uFEFF]*(?:\{\s*\}\s*)?$/.test(text);
  return entry.before === null && isEmpty ? { done: 'removed' } : { done: 'restored', text };
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function planWhole(
  file: Extract<KitFile, { kind: 'whole' }>,
  current: string | undefined,
  known: SetupEntry | undefined,
  kept: Planned,
): Planned {
  if (current === file.text) return kept;
  if (current !== undefined && (known === undefined || digestOf(current) !== known.after)) {
    return { ...kept, says: 'it is there already, with another text' } as Planned;
  }
  const { root, path, text } = file;
  const entry: SetupEntry = { root, path, before: null, after: digestOf(text), added: { kind: 'whole' } };
  return { done: current === undefined ? 'written' : 'extended', text, entry };
}

/** The file as it would be without us. */
function baseOf(current: string | undefined, known: SetupEntry | undefined): string | undefined {
  if (known === undefined || current === undefined) return current;
  if (digestOf(current) === known.after) return known.before ?? undefined;
  return without(known, current);
}

/** With ours in it; `undefined` where it stands there in another way. */
function added(file: Exclude<KitFile, { kind: 'whole' }>, text: string): string | undefined {
  if (file.kind === 'json') return textOf(file.path, addToJson(text, file.edits));
  const outside = textOf(file.path, removeBlock(text, file.marks));
  return file.unless?.test(outside) === true ? undefined : textOf(file.path, addBlock(text, file.text, file.marks));
}

function without({ path, added: ours }: SetupEntry, text: string): string {
  if (ours.kind === 'json') return textOf(path, removeFromJson(text, ours.edits));
  return ours.kind === 'block' ? textOf(path, removeBlock(text, ours.marks)) : text;
}

/** What of a file's edits is new to it: what stood there before is not ours to remove. */
function addedTo(file: Exclude<KitFile, { kind: 'whole' }>, base: string | undefined): SetupEntry['added'] {
  if (file.kind === 'block') return { kind: 'block', marks: file.marks };
  const read = readJsonText(base === undefined || base.trim() === '' ? '{}' : base);
  const whole = read.ok ? valueOfPart(base === undefined || base.trim() === '' ? '{}' : base, read.root) : {};
  const edits = file.edits.map(({ at, members, items }): JsonEdit => {
    const there = at.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], whole);
    const fresh = Object.entries(members ?? {}).filter(([name]) => !Object.hasOwn((there ?? {}) as object, name));
    const known = new Set(Array.isArray(there) ? there.map((item) => JSON.stringify(item)) : []);
    return {
      at,
      ...(members === undefined ? {} : { members: Object.fromEntries(fresh) }),
      ...(items === undefined ? {} : { items: items.filter((item) => !known.has(JSON.stringify(item))) }),
    };
  });
  return { kind: 'json', edits };
}

function textOf(path: string, edited: { ok: true; text: string } | { ok: false; problem: string }): string {
  if (edited.ok) return edited.text;
  throw new AppError('conflict', { what: path, problem: `${edited.problem}. Mend it by hand, then run this again.` });
}
