/**
 * Functions in the database: a verb that needs several statements is one call, one round trip, one transaction, with
 * plans that the server keeps whatever pooler sits between.
 *
 * A function's name ends in the hash of its text. So a program finds exactly the functions it was written with, two
 * versions of the program have theirs side by side, and no migration has to know them.
 *
 * @module
 */
import { createHash } from 'node:crypto';

export interface SqlFunction {
  /** With schema and hash. */
  readonly name: string;
  readonly create: string;
  /** The body as the server keeps it. */
  readonly source: string;
}

interface Definition {
  name: string;
  /** Name and type of each, in order. */
  parameters: Readonly<Record<string, string>>;
  returns: string;
  /** PL/pgSQL. `{name}` stands for the full name of a function in `uses`. */
  body: string;
  uses?: readonly SqlFunction[];
  /** Settings of the server that hold while it runs. */
  settings?: Readonly<Record<string, string>>;
}

const BY_NAME = new Map<string, SqlFunction>();

export function sqlFunction({ name, parameters, returns, body, uses = [], settings = {} }: Definition): SqlFunction {
  const list = Object.entries(parameters)
    .map(([parameter, type]) => `${parameter} ${type}`)
    .join(', ');
  const source = uses.reduce((text, used) => text.replaceAll(`{${shortName(used)}}`, used.name), `\n${body.trim()}\n`);
  const set = Object.entries(settings).map(([setting, value]) => `set ${setting} = ${value} `);
  const signature = `(${list}) returns ${returns} language plpgsql volatile ${set.join('')}as `;
  const hash = createHash('sha256')
    .update(signature + source)
    .digest('hex')
    .slice(0, 10);
  const full = `fairlead.${name}_${hash}`;
  const made = { name: full, create: `create function ${full}${signature}$fairlead$${source}$fairlead$`, source };
  BY_NAME.set(full, made);
  return made;
}

function shortName({ name }: SqlFunction): string {
  return name.slice('fairlead.'.length, name.lastIndexOf('_'));
}

/** Every function that this program has defined, in the order of definition: what is used comes first. */
export function allFunctions(): Iterable<SqlFunction> {
  return BY_NAME.values();
}

/** A call that answers with rows, or with one value under a name. */
export function callOf({ name }: SqlFunction, parameters: number, value?: string): string {
  const list = Array.from({ length: parameters }, (_, at) => `$${at + 1}`).join(', ');
  return value === undefined ? `select * from ${name}(${list})` : `select ${name}(${list}) as ${value}`;
}

/** The time of a verb: the server's, or the one a test gives in its place. */
export const NOW = `coalesce(p_now, (extract(epoch from clock_timestamp()) * 1000)::bigint)`;

/** How many rows one transaction can number. */
export const PLACES = 4096;

/** The number of this transaction, see the schema. */
export const THIS_TX = `(select value from fairlead.meta where name = 'tx_base') + pg_current_xact_id()::text::bigint`;

/** Every transaction below it has ended. */
export const ENDED_BELOW = `(select value from fairlead.meta where name = 'tx_base')
  + pg_snapshot_xmin(pg_current_snapshot())::text::bigint`;

export const DAY_MS = 86_400_000;

/** For a statement that is no function: a row with the time as `now`; `$1` is what a test gives in its place. */
export const SERVER_NOW = `(select coalesce($1::bigint, (extract(epoch from clock_timestamp()) * 1000)::bigint) as now) as moment`;
