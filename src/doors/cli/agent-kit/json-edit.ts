/** Members and items put into JSON settings, and taken out again, with everything else left as it stands. @module */
import { isDeepStrictEqual } from 'node:util';
import { readJsonText, valueOfPart, type JsonPart } from './json-text.js';

export interface JsonEdit {
  /** Objects that lead to the place; those that are missing are made. */
  at: readonly string[];
  /** Members of that object that must be there; one that is there already, whatever its value, is left alone. */
  members?: Readonly<Record<string, unknown>>;
  /** Items of the list at `at` that must be there. */
  items?: readonly unknown[];
}

export type JsonEdited = { ok: true; text: string } | { ok: false; problem: string };

const INDENT = '  ';

/** The text with what is missing put in. An empty text is a new file. */
export function addToJson(text: string, edits: readonly JsonEdit[]): JsonEdited {
  let current = text.trim() === '' ? '{}\n' : text;
  for (const { at, members, items } of edits) {
    const wanted: [readonly string[], unknown][] = Object.entries(members ?? {}).map(([name, value]) => [
      [...at, name],
      value,
    ]);
    for (const [path, value] of wanted) {
      const edited = addMember(current, path, value);
      if (!edited.ok) return edited;
      current = edited.text;
    }
    const listed = items === undefined ? { ok: true as const, text: current } : addItems(current, at, items);
    if (!listed.ok) return listed;
    current = listed.text;
  }
  return { ok: true, text: current };
}

/** The text without what the edits put in: members whose value is still the one of the edit, and items. */
export function removeFromJson(text: string, edits: readonly JsonEdit[]): JsonEdited {
  let current = text;
  for (const { at, members = {}, items = [] } of edits) {
    for (const [name, value] of Object.entries(members)) {
      const edited = cutMember(current, [...at, name], (found) => isDeepStrictEqual(found, value));
      if (!edited.ok) return edited;
      current = edited.text;
    }
    for (const item of items) {
      const edited = cutItem(current, at, item);
      if (!edited.ok) return edited;
      current = edited.text;
    }
    const isEmpty = (found: unknown): boolean =>
      typeof found === 'object' && found !== null && Object.keys(found).length === 0;
    for (let depth = at.length; depth > 0; depth--) {
      const edited = cutMember(current, at.slice(0, depth), isEmpty);
      if (!edited.ok) return edited;
      current = edited.text;
    }
  }
  return { ok: true, text: current };
}

function addMember(text: string, path: readonly string[], value: unknown): JsonEdited {
  return into(text, (root) => {
    let part = root;
    for (const [depth, name] of path.entries()) {
      if (part.kind !== 'object') return wrong(path.slice(0, depth), 'an object');
      const next = part.members.find((member) => member.name === name)?.part;
      if (next !== undefined) {
        part = next;
        continue;
      }
      const inner = path.slice(depth + 1).reduceRight<unknown>((built, key) => ({ [key]: built }), value);
      return { ok: true, text: insert(text, part, depth, `${JSON.stringify(name)}: `, inner) };
    }
    return { ok: true, text };
  });
}

function addItems(text: string, path: readonly string[], items: readonly unknown[]): JsonEdited {
  const made = addMember(text, path, []);
  if (!made.ok) return made;
  let current = made.text;
  for (const item of items) {
    const edited = into(current, (root) => {
      const list = partAt(root, path);
      if (list?.kind !== 'list') return wrong(path, 'a list');
      const isThere = list.items.some((one) => isDeepStrictEqual(valueOfPart(current, one), item));
      return { ok: true, text: isThere ? current : insert(current, list, path.length, '', item) };
    });
    if (!edited.ok) return edited;
    current = edited.text;
  }
  return { ok: true, text: current };
}

function cutMember(text: string, path: readonly string[], matches: (value: unknown) => boolean): JsonEdited {
  return into(text, (root) => {
    const parent = partAt(root, path.slice(0, -1));
    const index = parent?.members.findIndex(({ name }) => name === path.at(-1)) ?? -1;
    if (parent === undefined || index < 0) return { ok: true, text };
    const { start, part } = parent.members[index]!;
    if (!matches(valueOfPart(text, part))) return { ok: true, text };
    const places = parent.members.map((member) => ({ start: member.start, end: member.part.end }));
    return { ok: true, text: cut(text, parent, places, index, start, part.end) };
  });
}

function cutItem(text: string, path: readonly string[], item: unknown): JsonEdited {
  return into(text, (root) => {
    const list = partAt(root, path);
    const index = list?.items.findIndex((one) => isDeepStrictEqual(valueOfPart(text, one), item)) ?? -1;
    if (list === undefined || index < 0) return { ok: true, text };
    const { start, end } = list.items[index]!;
    return { ok: true, text: cut(text, list, list.items, index, start, end) };
  });
}

function into(text: string, edit: (root: JsonPart) => JsonEdited): JsonEdited {
  const read = readJsonText(text);
  return read.ok ? edit(read.root) : read;
}

function partAt(root: JsonPart, path: readonly string[]): JsonPart | undefined {
  return path.reduce<JsonPart | undefined>(
    (part, name) => part?.members.find((member) => member.name === name)?.part,
    root,
  );
}

function wrong(path: readonly string[], wanted: string): JsonEdited {
  return { ok: false, problem: `${path.length === 0 ? 'the whole' : path.join('.')} is not ${wanted}` };
}

/** Behind the last part, in the line ends of the file. */
function insert(text: string, parent: JsonPart, depth: number, label: string, value: unknown): string {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const inner = INDENT.repeat(depth + 1);
  const written = JSON.stringify(value, undefined, INDENT).replaceAll('\n', `\n${inner}`);
  const line = `\n${inner}${label}${written}`.replaceAll('\n', lineEnd);
  const { lastEnd, commaAt, start, end } = parent;
  if (lastEnd === undefined) {
    const blank = text.slice(start + 1, end - 1);
    const closing = blank.trim() === '' ? `${lineEnd}${INDENT.repeat(depth)}` : blank;
    return `${text.slice(0, start + 1)}${line}${closing}${text.slice(end - 1)}`;
  }
  const [at, comma] = commaAt === undefined ? [lastEnd, ','] : [commaAt + 1, ''];
  return `${text.slice(0, at)}${comma}${line}${text.slice(at)}`;
}

/** Without one part and the comma that goes with it. */
function cut(
  text: string,
  parent: JsonPart,
  parts: readonly { start: number; end: number }[],
  index: number,
  start: number,
  end: number,
): string {
  const before = parts[index - 1];
  if (before !== undefined) return text.slice(0, before.end) + text.slice(end);
  const after = parts[index + 1];
  if (after !== undefined) return text.slice(0, start) + text.slice(after.start);
  const close = parent.end - 1;
  const rest = `${text.slice(end, parent.commaAt ?? end)}${text.slice((parent.commaAt ?? end - 1) + 1, close)}`;
  return `${text.slice(0, parent.start + 1)}${rest.trim()}${text.slice(close)}`;
}
