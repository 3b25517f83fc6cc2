/**
 * Names that repeat in every row, as integers: scopes, the sources that events came from, queues. Never deleted, so
 * what memory knows stays true; a new name is committed on its own before anything refers to it.
 *
 * @module
 */
import type { Environment, Scope } from '../../core/scope.js';
import type { Sql } from './database.js';

/** At most this many names of a kind are kept in memory; the tables have them all. */
const CACHED_MAX = 20_000;

type Kind = 'origin' | 'queue';

interface Named {
  id: number;
  scope: number;
  name: string;
}

class Kept {
  readonly ids = new Map<string, number>();
  readonly names = new Map<number, string>();

  keep({ id, scope, name }: Named): number {
    if (this.names.size >= CACHED_MAX) {
      this.ids.clear();
      this.names.clear();
    }
    this.ids.set(`${scope}.${name}`, id);
    this.names.set(id, name);
    return id;
  }
}

export class Names {
  readonly #scopeIds: Record<Environment, Map<string, number>> = { sandbox: new Map(), live: new Map() };
  readonly #scopes = new Map<number, Scope>();
  readonly #kept: Record<Kind, Kept> = { origin: new Kept(), queue: new Kept() };

  constructor(readonly sql: Sql) {}

  /** What memory knows; to be tried before the promise of {@link scopeId}. */
  knownScope({ tenant, environment }: Scope): number | undefined {
    return this.#scopeIds[environment].get(tenant);
  }

  async findScope(scope: Scope): Promise<number | undefined> {
    const { tenant, environment } = scope;
    const known = this.knownScope(scope);
    if (known !== undefined) return known;
    const row = await this.sql.one<{ id: number }>(FIND_SCOPE, tenant, environment);
    return row === undefined ? undefined : this.#keepScope(row.id, scope);
  }

  /** The number of a scope; a new one gets a row. */
  async scopeId(scope: Scope): Promise<number> {
    const known = await this.findScope(scope);
    if (known !== undefined) return known;
    await this.sql.run(ADD_SCOPE, scope.tenant, scope.environment);
    return (await this.findScope(scope))!;
  }

  async scopeOf(id: number): Promise<Scope> {
    const known = this.#scopes.get(id);
    if (known !== undefined) return known;
    const row = await this.sql.one<Scope>('select tenant, environment from fairlead.scope where id = $1', id);
    this.#keepScope(id, row!);
    return this.#scopes.get(id)!;
  }

  known(kind: Kind, scope: number, name: string): number | undefined {
    return this.#kept[kind].ids.get(`${scope}.${name}`);
  }

  async find(kind: Kind, scope: number, name: string): Promise<number | undefined> {
    const known = this.known(kind, scope, name);
    if (known !== undefined) return known;
    const row = await this.sql.one<{ id: number }>(
      `select id from fairlead.${kind} where scope = $1 and name = $2`,
      scope,
      name,
    );
    return row === undefined ? undefined : this.#kept[kind].keep({ id: row.id, scope, name });
  }

  async idOf(kind: Kind, scope: number, name: string): Promise<number> {
    const found = await this.find(kind, scope, name);
    if (found !== undefined) return found;
    await this.sql.run(
      `insert into fairlead.${kind} (scope, name) values ($1, $2) on conflict (scope, name) do nothing`,
      scope,
      name,
    );
    return (await this.find(kind, scope, name))!;
  }

  /** The names behind these numbers, in their order. */
  async namesOf(kind: Kind, ids: readonly number[]): Promise<string[]> {
    const kept = this.#kept[kind];
    const missing = ids.filter((id) => !kept.names.has(id));
    if (missing.length === 0) return ids.map((id) => kept.names.get(id)!);
    const found = await this.sql.all<Named>(
      `select id, scope, name from fairlead.${kind} where id in (select jsonb_array_elements_text($1::jsonb)::integer)`,
      JSON.stringify([...new Set(ids)]),
    );
    const names = new Map(found.map((row) => [row.id, row.name]));
    for (const row of found) kept.keep(row);
    return ids.map((id) => names.get(id)!);
  }

  /** The scopes behind these numbers, in their order. */
  async scopesOf(ids: readonly number[]): Promise<Scope[]> {
    const scopes: Scope[] = [];
    for (const id of ids) scopes.push(this.#scopes.get(id) ?? (await this.scopeOf(id)));
    return scopes;
  }

  #keepScope(id: number, { tenant, environment }: Scope): number {
    if (this.#scopes.size >= CACHED_MAX) {
      this.#scopes.clear();
      this.#scopeIds.sandbox.clear();
      this.#scopeIds.live.clear();
    }
    this.#scopes.set(id, { tenant, environment });
    this.#scopeIds[environment].set(tenant, id);
    return id;
  }
}

const FIND_SCOPE = `select id from fairlead.scope where tenant = $1 and environment = $2`;
const ADD_SCOPE = `insert into fairlead.scope (tenant, environment) values ($1, $2)
  on conflict (tenant, environment) do nothing`;
