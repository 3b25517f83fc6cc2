/** A block of lines between two marks in a file of somebody else. @module */

export interface Marks {
  begin: string;
  end: string;
}

export const MARKDOWN_MARKS: Marks = { begin: '<!-- fairlead:begin -->', end: '<!-- fairlead:end -->' };
export const TOML_MARKS: Marks = { begin: '# fairlead:begin', end: '# fairlead:end' };

export type BlockEdited = { ok: true; text: string } | { ok: false; problem: string };

/** The text with the block at its end, or in the place where it stood. */
export function addBlock(text: string, block: string, marks: Marks): BlockEdited {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const whole = `${marks.begin}\n${block.trimEnd()}\n${marks.end}`.replaceAll('\n', lineEnd);
  const place = placeOf(text, marks);
  if (place === 'broken') return broken(marks);
  if (place !== undefined) return { ok: true, text: text.slice(0, place.start) + whole + text.slice(place.end) };
  const gap = text === '' ? '' : text.endsWith('\n') ? lineEnd : lineEnd.repeat(2);
  return { ok: true, text: `${text}${gap}${whole}${lineEnd}` };
}

/** The text without the block and the blank line in front of it. */
export function removeBlock(text: string, marks: Marks): BlockEdited {
  const place = placeOf(text, marks);
  if (place === 'broken') return broken(marks);
  if (place === undefined) return { ok: true, text };
  const before = text.slice(0, place.start).replace(/(^|\n)(?:\r?\n)$/, '$1');
  return { ok: true, text: before + text.slice(place.end).replace(/^\r?\n/, '') };
}

function placeOf(text: string, { begin, end }: Marks): { start: number; end: number } | 'broken' | undefined {
  const [begins, ends] = [text.split(begin).length - 1, text.split(end).length - 1];
  if (begins === 0 && ends === 0) return undefined;
  const place = { start: text.indexOf(begin), end: text.indexOf(end) + end.length };
  return begins === 1 && ends === 1 && place.start < place.end - end.length ? place : 'broken';
}

function broken({ begin, end }: Marks): BlockEdited {
  return { ok: false, problem: `the lines ${begin} and ${end} must stand there once each, in this order` };
}
