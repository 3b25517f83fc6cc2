/**
 * Text on its way out: one line of NDJSON that every reader counts as one line, and text that a terminal only shows.
 *
 * @module
 */

/** Largest line of {@link ndjsonLine}, in UTF-8 bytes, its newline included. */
export const NDJSON_LINE_BYTES = 64 * 1024;

/** String lengths to which an oversized value is cut, in turn, until its line fits. */
const STRING_LIMITS = [4096, 512, 64] as const;
const LIST_LIMIT = 64;
const HEAD_CHARACTERS = 1024;

/** What JSON leaves raw although some readers end a line there or act on it: DEL, C1 (NEL among them), U+2028, U+2029. */
const RAW_IN_JSON = /[\u007f-\u009f\u2028\u2029]/g;

/**
 * What a terminal obeys instead of showing, and what hides or reorders the text around it: C0 but for newline and tab,
 * DEL, C1, bidirectional controls, line separators, invisible operators, tag characters, lone surrogates.
 * Joiners (U+200C, U+200D) and variation selectors stay: scripts and emoji need them.
 */
const UNSAFE_IN_TERMINAL =
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Surrogate}\u{e0000}-\u{e007f}]/gu;

/**
 * One record as one line: JSON, with everything escaped that some reader takes for a line end or a command, a newline
 * at the end, at most {@link NDJSON_LINE_BYTES}. A larger value has its strings and lists cut (and says so by "…");
 * what cannot be written at all (a cycle, a depth beyond the stack) becomes a record that says why. Never throws.
 *
 * It does not redact: pass values through `redact()` first.
 */
export function ndjsonLine(value: unknown): string {
  const whole = tryJson(value) ?? tryJson(value, plain);
  if (whole === undefined) return '{"unwritable":true}\n';
  if (fits(whole)) return `${whole}\n`;
  for (const limit of STRING_LIMITS) {
    const cut = tryJson(value, (key, part) => shorten(plain(key, part), limit));
    if (cut !== undefined && fits(cut)) return `${cut}\n`;
  }
  const head = whole.slice(0, HEAD_CHARACTERS);
  return `${tryJson({ truncated: true, bytes: Buffer.byteLength(whole), head }) ?? '{"truncated":true}'}\n`;
}

/** A JSON text with everything escaped that some reader takes for a line end or a command: the same value, one line. */
export function jsonLine(json: string): string {
  return json.replace(RAW_IN_JSON, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Text in which nothing can steer a terminal or disguise itself: control characters become `\x1b`, `\u202e`, `\u{e0001}`. */
export function terminalSafe(text: string): string {
  return text.replace(UNSAFE_IN_TERMINAL, (character) => {
    const code = character.codePointAt(0)!;
    if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

type Replacer = (key: string, part: unknown) => unknown;

/** JSON.stringify already escapes C0 and lone surrogates. `undefined` when the value cannot be written. */
function tryJson(value: unknown, replacer?: Replacer): string | undefined {
  try {
    const json = JSON.stringify(value, replacer) ?? 'null';
    return jsonLine(json);
  } catch {
    return undefined;
  }
}

function plain(_key: string, part: unknown): unknown {
  return typeof part === 'bigint' ? part.toString() : part;
}

function fits(json: string): boolean {
  // A UTF-16 unit takes at most three bytes, so most lines are settled without counting.
  return json.length * 3 < NDJSON_LINE_BYTES || Buffer.byteLength(json) < NDJSON_LINE_BYTES;
}

function shorten(part: unknown, limit: number): unknown {
  if (typeof part === 'string') return part.length > limit ? `${part.slice(0, limit)}…` : part;
  if (Array.isArray(part) && part.length > LIST_LIMIT) return [...part.slice(0, LIST_LIMIT), '…'];
  return part;
}
