/**
 * As much of GraphQL as clients of a simulated provider use: operations with variables, arguments, aliases, fragments.
 * Values come from plain objects whose members may be functions of their arguments. There are no types: a field that an
 * object does not have is null.
 *
 * @source spec.graphql.org/October2021, sections 2 and 6.4
 * @module
 */
import { AppError } from '../../core/errors.js';
import { isObject } from '../../core/json.js';

type Variables = Readonly<Record<string, unknown>>;
type Value = (variables: Variables) => unknown;

export interface Field {
  /** Its alias, or its name. */
  key: string;
  name: string;
  args: Readonly<Record<string, Value>>;
  selection: readonly Selection[] | undefined;
}
type Selection = Field | { spread: string } | { inline: readonly Selection[] };

export interface GraphqlDocument {
  operation: 'query' | 'mutation';
  selection: readonly Selection[];
  fragments: ReadonlyMap<string, readonly Selection[]>;
}

/** What a resolver gives in place of a value when it refuses. */
export class Refused {
  constructor(
    readonly code: string,
    readonly message: string,
  ) {}
}

const TOKEN =
  /[\s,\ufeff]+|#[^\n]*|("""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|[{}()[\]:!=$@])/y;
const CHARACTERS_MAX = 200_000;
const DEPTH_MAX = 25;

function malformed(problem: string): AppError<'invalid_argument'> {
  return new AppError('invalid_argument', { argument: 'query', problem });
}

function tokensOf(text: string): string[] {
  if (text.length > CHARACTERS_MAX) throw malformed('Syntax Error: the document is too long.');
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw malformed(`Syntax Error: Unexpected character: "${text[at]}".`);
    if (match[1] !== undefined) tokens.push(match[1]);
  }
  return tokens;
}

/** Reads a document. The last operation in it counts. @throws AppError `invalid_argument` with the words of GraphQL */
export function parseDocument(text: string): GraphqlDocument {
  return new Parser(tokensOf(text)).document();
}

class Parser {
  #at = 0;

  constructor(readonly tokens: readonly string[]) {}

  document(): GraphqlDocument {
    const fragments = new Map<string, readonly Selection[]>();
    let operation: Pick<GraphqlDocument, 'operation' | 'selection'> | undefined;
    while (this.#at < this.tokens.length) {
      if (this.#takes('fragment')) {
        const name = this.#next();
        this.#expect('on');
        this.#next();
        this.#directives();
        fragments.set(name, this.#selection(0));
      } else operation = this.#operation();
    }
    if (operation === undefined) throw malformed('Syntax Error: there is no operation.');
    return { ...operation, fragments };
  }

  #operation(): Pick<GraphqlDocument, 'operation' | 'selection'> {
    const kind = this.#peek() === '{' ? 'query' : this.#next();
    if (kind !== 'query' && kind !== 'mutation') throw malformed(`Syntax Error: Unexpected Name "${kind}".`);
    if (/^\w/.test(this.#peek())) this.#next();
    // What the variables are of is not checked here.
    if (this.#takes('(')) while (!this.#takes(')')) this.#next();
    this.#directives();
    return { operation: kind, selection: this.#selection(0) };
  }

  #selection(depth: number): Selection[] {
    if (depth > DEPTH_MAX) throw malformed('Syntax Error: the document is too deep.');
    this.#expect('{');
    const selection: Selection[] = [];
    while (!this.#takes('}')) selection.push(this.#takes('...') ? this.#fragment(depth) : this.#field(depth));
    return selection;
  }

  #fragment(depth: number): Selection {
    const word = this.#peek();
    if (word !== 'on' && /^\w/.test(word)) {
      const spread = this.#next();
      this.#directives();
      return { spread };
    }
    if (this.#takes('on')) this.#next();
    this.#directives();
    return { inline: this.#selection(depth + 1) };
  }

  #field(depth: number): Field {
    const first = this.#name();
    const name = this.#takes(':') ? this.#name() : first;
    const args = this.#takes('(') ? this.#fields(')', depth) : {};
    this.#directives();
    return { key: first, name, args, selection: this.#peek() === '{' ? this.#selection(depth + 1) : undefined };
  }

  #directives(): void {
    while (this.#takes('@')) {
      this.#name();
      if (this.#takes('(')) this.#fields(')', 0);
    }
  }

  #fields(end: string, depth: number): Record<string, Value> {
    const entries: [string, Value][] = [];
    while (!this.#takes(end)) {
      const name = this.#name();
      this.#expect(':');
      entries.push([name, this.#value(depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  #value(depth: number): Value {
    if (depth > DEPTH_MAX) throw malformed('Syntax Error: the document is too deep.');
    if (this.#takes('$')) {
      const name = this.#name();
      return (variables) => (Object.hasOwn(variables, name) ? variables[name] : undefined);
    }
    if (this.#takes('[')) {
      const items: Value[] = [];
      while (!this.#takes(']')) items.push(this.#value(depth + 1));
      return (variables) => items.map((item) => item(variables));
    }
    if (this.#takes('{')) {
      const fields = Object.entries(this.#fields('}', depth));
      return (variables) => Object.fromEntries(fields.map(([name, value]) => [name, value(variables)]));
    }
    const value = scalarOf(this.#next());
    return () => value;
  }

  #peek(): string {
    return this.tokens[this.#at] ?? '';
  }

  #next(): string {
    const token = this.tokens[this.#at++];
    if (token === undefined) throw malformed('Syntax Error: Unexpected <EOF>.');
    return token;
  }

  #name(): string {
    const name = this.#next();
    if (!/^[A-Za-z_]/.test(name) || name === '__proto__')
      throw malformed(`Syntax Error: Expected Name, found "${name}".`);
    return name;
  }

  #takes(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    const is = this.#next();
    if (is !== token) throw malformed(`Syntax Error: Expected "${token}", found "${is}".`);
  }
}

/** A number, a text, a word of the language, or the name of an enum's member. */
function scalarOf(token: string): unknown {
  if (token.startsWith('"""')) return token.slice(3, -3).trim();
  if (token.startsWith('"')) return textOf(token);
  if (/^-?\d/.test(token)) return Number(token);
  const words: Record<string, unknown> = { true: true, false: false, null: null };
  return Object.hasOwn(words, token) ? words[token] : token;
}

function textOf(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    throw malformed('Syntax Error: Invalid character escape sequence.');
  }
}

/** The fields of a selection, fragments spread out. A fragment within itself ends there. */
function fieldsOf(selection: readonly Selection[], { fragments }: GraphqlDocument, depth = 0): Field[] {
  if (depth > DEPTH_MAX) return [];
  return selection.flatMap((one) => {
    if ('name' in one) return [one];
    const inner = 'spread' in one ? (fragments.get(one.spread) ?? []) : one.inline;
    return fieldsOf(inner, { fragments } as GraphqlDocument, depth + 1);
  });
}

export interface Answered {
  data: Record<string, unknown>;
  refused: (Refused & { path: string[] }) | undefined;
}

/** Answers a document from `root`. The first resolver that refuses ends it. */
export function answerFrom(root: object, document: GraphqlDocument, variables: Variables): Answered {
  let refused: Answered['refused'];
  const select = (value: unknown, selection: readonly Selection[], path: string[]): unknown => {
    if (Array.isArray(value)) return value.map((one) => select(one, selection, path));
    if (!isObject(value) || path.length > DEPTH_MAX) return value ?? null;
    return Object.fromEntries(
      fieldsOf(selection, document).map((field) => [field.key, resolve(value, field, [...path, field.key])]),
    );
  };
  const resolve = (owner: Record<string, unknown>, { name, args, selection }: Field, path: string[]): unknown => {
    if (refused !== undefined) return null;
    const member = Object.hasOwn(owner, name) ? owner[name] : null;
    const given = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, value(variables)]));
    const value = typeof member === 'function' ? (member as (given: object) => unknown)(given) : member;
    if (value instanceof Refused) {
      refused = Object.assign(new Refused(value.code, value.message), { path });
      return null;
    }
    return selection === undefined ? (value ?? null) : select(value, selection, path);
  };
  const data = select(root, document.selection, []) as Record<string, unknown>;
  return { data, refused };
}

const NODES_DEFAULT = 50;

/** Points that a document costs: a tenth for a field, one for an object, and a list as often as it has entries. */
export function complexityOf(document: GraphqlDocument, variables: Variables): number {
  const cost = (selection: readonly Selection[], depth: number): number =>
    fieldsOf(selection, document).reduce((sum, { args, selection: inner }) => {
      if (inner === undefined || depth > DEPTH_MAX) return sum + 0.1;
      const isList = fieldsOf(inner, document).some(({ name }) => name === 'nodes' || name === 'edges');
      const times = isList ? Number(args['first']?.(variables) ?? NODES_DEFAULT) || 1 : 1;
      return sum + (1 + cost(inner, depth + 1)) * times;
    }, 0);
  return Math.ceil(cost(document.selection, 0));
}
