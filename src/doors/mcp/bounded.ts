/** Answers that fit before a model, and say so where something was left out. @module */

/** About 8,000 tokens. */
export const ANSWER_CHARACTERS_MAX = 32_000;
const TEXT_CHARACTERS_MAX = [8_000, 2_000, 500, 120] as const;
const LIST_ENTRIES_MAX = [200, 50, 20, 5] as const;
const NOTES_MAX = 10;
/** Names of fields can be a stranger's, too: of metadata, of columns. What is no plain name is not repeated. */
const PLAIN_NAME = /^[A-Za-z0-9_$-]{1,40}$/;

export interface Bounded {
  value: unknown;
  /** What was cut, by path; empty when the value is whole. */
  cut: string[];
}

/** The value itself, or with its longest texts and lists cut until it fits. */
export function bounded(value: unknown, charactersMax = ANSWER_CHARACTERS_MAX): Bounded {
  if (sizeOf(value) <= charactersMax) return { value, cut: [] };
  for (const [step, text] of TEXT_CHARACTERS_MAX.entries()) {
    const cut: string[] = [];
    const smaller = shorten(value, '', { text, list: LIST_ENTRIES_MAX[step]! }, cut);
    if (sizeOf(smaller) <= charactersMax) return { value: smaller, cut: cut.slice(0, NOTES_MAX) };
  }
  return { value: undefined, cut: ['everything: it is too large to be shown'] };
}

export function sizeOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}

function shorten(value: unknown, path: string, limits: { text: number; list: number }, cut: string[]): unknown {
  if (typeof value === 'string') {
    if (value.length <= limits.text) return value;
    cut.push(`${path}: ${limits.text} of ${value.length} characters`);
    return `${value.slice(0, limits.text)}…`;
  }
  if (Array.isArray(value)) {
    if (value.length > limits.list) cut.push(`${path}: ${limits.list} of ${value.length} entries`);
    return value.slice(0, limits.list).map((one, index) => shorten(one, `${path}.${index}`, limits, cut));
  }
  if (typeof value !== 'object' || value === null) return value;
  const at = (name: string): string => {
    const plain = PLAIN_NAME.test(name) ? name : '*';
    return path === '' ? plain : `${path}.${plain}`;
  };
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shorten(part, at(name), limits, cut)]));
}
