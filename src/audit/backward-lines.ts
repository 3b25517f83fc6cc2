/** Reads a text file line by line from its end, in bounded memory. @module */
import type { Files } from '../core/ports.js';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Longest line that is given out; a longer one is skipped. */
export const LINE_MAX_BYTES = 128 * 1024;

/** Bytes after the last newline before `end`: where they begin, and the first of them. */
export interface Tail {
  /** Where the last complete line ends. */
  at: number;
  /** The first bytes of what follows, at most {@link CHUNK_BYTES}. */
  head: Uint8Array;
}

/** What follows the last newline of the file. */
export async function tailOf(files: Files, path: string, size: number): Promise<Tail> {
  for (let end = size; end > 0;) {
    const from = Math.max(0, end - CHUNK_BYTES);
    const chunk = (await files.readAt(path, from, end - from)) ?? new Uint8Array();
    const at = chunk.lastIndexOf(NEWLINE);
    if (at !== -1) return { at: from + at + 1, head: await headAt(files, path, from + at + 1) };
    end = from;
  }
  return { at: 0, head: await headAt(files, path, 0) };
}

async function headAt(files: Files, path: string, at: number): Promise<Uint8Array> {
  return (await files.readAt(path, at, CHUNK_BYTES)) ?? new Uint8Array();
}

/** The complete lines before `end` (which follows a newline), the last one first, without their newlines. */
export async function* linesBackwards(files: Files, path: string, end: number): AsyncGenerator<string> {
  let rest: Uint8Array = new Uint8Array();
  let tooLong = false;
  for (let to = end - 1; to > 0;) {
    const from = Math.max(0, to - CHUNK_BYTES);
    const chunk = (await files.readAt(path, from, to - from)) ?? new Uint8Array();
    let upTo = chunk.length;
    for (let at = chunk.lastIndexOf(NEWLINE); at !== -1; at = at === 0 ? -1 : chunk.lastIndexOf(NEWLINE, at - 1)) {
      const line = Buffer.concat([chunk.subarray(at + 1, upTo), rest]);
      if (!tooLong) yield line.toString();
      rest = new Uint8Array();
      tooLong = false;
      upTo = at;
    }
    rest = Buffer.concat([chunk.subarray(0, upTo), rest]);
    tooLong ||= rest.length > LINE_MAX_BYTES;
    if (tooLong) rest = new Uint8Array();
    to = from;
  }
  if (end > 0 && !tooLong) yield Buffer.from(rest).toString();
}
