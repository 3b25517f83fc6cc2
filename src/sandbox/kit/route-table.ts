/** From method and path to the function that answers. @module */
import type { Call } from './call.js';
import type { SandboxReply } from './reply.js';

export type Handler<State> = (call: Call<State>) => SandboxReply;

export interface RouteOptions<State> {
  run: Handler<State>;
  /** A token needs one of these. */
  scopes?: readonly string[];
  /** Needs no token. */
  open?: true;
  /** What is asked here is secret: neither query nor body is kept. */
  isSecret?: true;
  /** Changes nothing, whatever its method; where one address does both, what is asked decides. */
  reads?: true | ((call: Call<State>) => boolean);
}

/** `{'GET /user': getUser, 'POST /repos/:owner/:repo/issues': {scopes: ['repo'], run: createIssue}}` */
export type Routes<State> = Readonly<Record<string, Handler<State> | RouteOptions<State>>>;

export interface Found<State> extends RouteOptions<State> {
  /** As written in the table. */
  pattern: string;
  params: Readonly<Record<string, string>>;
}

interface Compiled<State> extends RouteOptions<State> {
  pattern: string;
  method: string;
  expression: RegExp;
  names: readonly string[];
  /** How many characters are no parameter: the more, the more it means this route. */
  literal: number;
}

export class RouteTable<State> {
  readonly #routes: readonly Compiled<State>[];

  constructor(routes: Routes<State>) {
    this.#routes = Object.entries(routes)
      .map(([pattern, route]) => compile(pattern, typeof route === 'function' ? { run: route } : route))
      .sort((a, b) => b.literal - a.literal);
  }

  find(method: string, path: string): Found<State> | undefined {
    for (const { method: own, expression, names, ...route } of this.#routes) {
      const match = own === method || own === '*' ? expression.exec(path) : null;
      const values = match === null ? undefined : decoded(match.slice(1));
      if (values !== undefined) {
        return { ...route, params: Object.fromEntries(names.map((name, index) => [name, values[index]!])) };
      }
    }
    return undefined;
  }
}

/** `:name` is one segment, `*name` the rest of the path; the method may be `*`. */
function compile<State>(pattern: string, route: RouteOptions<State>): Compiled<State> {
  const [method = '', path = ''] = pattern.split(' ');
  const names: string[] = [];
  const source = path.replace(/([:*])(\w+)|[.+?^$()[\]{}|\\]/g, (found, sign: string | undefined, name: string) => {
    if (sign === undefined) return `\\${found}`;
    names.push(name);
    return sign === ':' ? '([^/]+)' : '(.+)';
  });
  const literal = path.replace(/[:*]\w+/g, '').length;
  return { ...route, pattern, method, expression: new RegExp(`^${source}$`), names, literal };
}

function decoded(values: readonly string[]): string[] | undefined {
  try {
    return values.map((value) => decodeURIComponent(value));
  } catch {
    return undefined;
  }
}
