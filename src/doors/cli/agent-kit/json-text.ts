/** JSON as people write it into settings (comments, trailing commas), read with the places of its parts. @module */

export interface JsonPart {
  kind: 'object' | 'list' | 'scalar';
  /** First character, and the one behind the last. */
  start: number;
  end: number;
  /** Of an object, in order. */
  members: readonly { name: string; start: number; part: JsonPart }[];
  /** Of a list, in order. */
  items: readonly JsonPart[];
  /** Where the last member or item ends, for an object or list that has one. */
  lastEnd?: number;
  /** Where a comma stands behind the last member or item. */
  commaAt?: number;
}

const DEPTH_MAX = 64;
const SCALAR = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const BLANK = /(?:[ \t\r\n\uFEFF]+|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;

/** The whole text as one value, or why there is none: a line number and what is wrong there. Never throws. */
export function readJsonText(text: string): { ok: true; root: JsonPart } | { ok: false; problem: string } {
  const reader = new Reader(text);
  try {
    return { ok: true, root: reader.document() };
  } catch (thrown) {
    if (!(thrown instanceof Stop)) throw thrown;
    const line = text.slice(0, thrown.at).split('\n').length;
    return { ok: false, problem: `line ${line}: ${thrown.problem}` };
  }
}

/** The value of a part, comments and trailing commas left out. */
export function valueOfPart(text: string, part: JsonPart): unknown {
  if (part.kind === 'scalar') return JSON.parse(text.slice(part.start, part.end));
  if (part.kind === 'list') return part.items.map((item) => valueOfPart(text, item));
  return Object.fromEntries(part.members.map(({ name, part: value }) => [name, valueOfPart(text, value)]));
}

class Stop {
  constructor(
    readonly at: number,
    readonly problem: string,
  ) {}
}

class Reader {
  #at = 0;

  constructor(private readonly text: string) {}

  document(): JsonPart {
    this.#blank();
    const root = this.#value(0);
    this.#blank();
    if (this.#at < this.text.length) throw this.#stop('something stands behind the value');
    return root;
  }

  #value(depth: number): JsonPart {
    if (depth > DEPTH_MAX) throw this.#stop(`it nests deeper than ${DEPTH_MAX}`);
    const sign = this.text[this.#at];
    if (sign === '{') return this.#object(depth);
    if (sign === '[') return this.#list(depth);
    const start = this.#at;
    if (sign === '"') this.#string();
    else this.#take(SCALAR, 'a value is missing');
    return { kind: 'scalar', start, end: this.#at, members: [], items: [] };
  }

  #object(depth: number): JsonPart {
    const members: { name: string; start: number; part: JsonPart }[] = [];
    const seen = new Set<string>();
    const ends = this.#parts('}', () => {
      const start = this.#at;
      const name = this.#string();
      // Readers differ on which of the two counts; nobody knows what an edit of one would do.
      if (seen.has(name)) throw new Stop(start, `${JSON.stringify(name.slice(0, 40))} stands twice in one object`);
      seen.add(name);
      this.#blank();
      this.#take(/:/y, 'a colon is missing');
      this.#blank();
      members.push({ name, start, part: this.#value(depth + 1) });
    });
    return { kind: 'object', members, items: [], ...ends };
  }

  #list(depth: number): JsonPart {
    const items: JsonPart[] = [];
    const ends = this.#parts(']', () => void items.push(this.#value(depth + 1)));
    return { kind: 'list', members: [], items, ...ends };
  }

  #parts(closing: string, one: () => void): Pick<JsonPart, 'start' | 'end' | 'lastEnd' | 'commaAt'> {
    const start = this.#at++;
    let lastEnd: number | undefined;
    let commaAt: number | undefined;
    for (this.#blank(); this.text[this.#at] !== closing; this.#blank()) {
      if (lastEnd !== undefined && commaAt === undefined) throw this.#stop('a comma is missing');
      one();
      lastEnd = this.#at;
      this.#blank();
      commaAt = this.text[this.#at] === ',' ? this.#at++ : undefined;
    }
    this.#at += 1;
    const ends = { start, end: this.#at };
    if (lastEnd === undefined) return ends;
    return { ...ends, lastEnd, ...(commaAt === undefined ? {} : { commaAt }) };
  }

  #string(): string {
    const start = this.#at;
    if (this.text[start] !== '"') throw this.#stop('a name in quotes is missing');
    let end = start + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    this.#at = end + 1;
    try {
      return JSON.parse(this.text.slice(start, this.#at)) as string;
    } catch {
      throw new Stop(start, 'this is no text in quotes');
    }
  }

  #blank(): void {
    BLANK.lastIndex = this.#at;
    this.#at += BLANK.exec(this.text)![0].length;
  }

  #take(pattern: RegExp, problem: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) throw this.#stop(problem);
    this.#at += found.length;
    return found;
  }

  #stop(problem: string): Stop {
    return new Stop(this.#at, problem);
  }
}
