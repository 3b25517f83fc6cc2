/** Names that repeat in every row, as integers: scopes and the sources that events came from. Never deleted. @module */
import type { Environment, Scope } from '../../core/scope.js';
import type { Sql } from './sql.js';

/** At most this many names are kept in memory; the tables have them all. */
const CACHED_MAX = 20_000;

interface Origin {
  scope: number;
  name: string;
}

export class Names {
  readonly #scopeIds: Record<Environment, Map<string, number>> = { sandbox: new Map(), live: new Map() };
  readonly #scopes = new Map<number, Scope>();
  readonly #originIds = new Map<number, Map<string, number>>();
  readonly #origins = new Map<number, Origin>();

  constructor(readonly sql: Sql) {}

  /** After a rollback: a name that we made may be gone. */
  reset(): void {
    this.#scopeIds.sandbox.clear();
    this.#scopeIds.live.clear();
    this.#scopes.clear();
    this.#originIds.clear();
    this.#origins.clear();
  }

  findScope({ tenant, environment }: Scope): number | undefined {
    const known = this.#scopeIds[environment].get(tenant);
    if (known !== undefined) return known;
    const row = this.sql.one<{ id: number }>(
      'select id from scope where tenant = ? and environment = ?',
      tenant,
      environment,
    );
    return row === undefined ? undefined : this.#keepScope(row.id, { tenant, environment });
  }

  /** The number of a scope; a new one gets a row. */
  scopeId(scope: Scope): number {
    const known = this.findScope(scope);
    if (known !== undefined) return known;
    const { tenant, environment } = scope;
    const row = this.sql.one<{ id: number }>(
      'insert into scope (tenant, environment) values (?, ?) returning id',
      tenant,
      environment,
    )!;
    return this.#keepScope(row.id, { tenant, environment });
  }

  scopeOf(id: number): Scope {
    const known = this.#scopes.get(id);
    if (known !== undefined) return known;
    const scope = this.sql.one<Scope>('select tenant, environment from scope where id = ?', id)!;
    this.#keepScope(id, { tenant: scope.tenant, environment: scope.environment });
    return this.#scopes.get(id)!;
  }

  findOrigin(scope: number, name: string): number | undefined {
    const known = this.#originIds.get(scope)?.get(name);
    if (known !== undefined) return known;
    const row = this.sql.one<{ id: number }>('select id from origin where scope = ? and name = ?', scope, name);
    return row === undefined ? undefined : this.#keepOrigin(row.id, { scope, name });
  }

  originId(scope: number, name: string): number {
    const known = this.findOrigin(scope, name);
    if (known !== undefined) return known;
    const row = this.sql.one<{ id: number }>(
      'insert into origin (scope, name) values (?, ?) returning id',
      scope,
      name,
    )!;
    return this.#keepOrigin(row.id, { scope, name });
  }

  originName(id: number): string {
    const known = this.#origins.get(id);
    if (known !== undefined) return known.name;
    const row = this.sql.one<Origin>('select scope, name from origin where id = ?', id)!;
    this.#keepOrigin(id, { scope: row.scope, name: row.name });
    return row.name;
  }

  #keepScope(id: number, scope: Scope): number {
    if (this.#scopes.size >= CACHED_MAX) this.reset();
    this.#scopes.set(id, scope);
    this.#scopeIds[scope.environment].set(scope.tenant, id);
    return id;
  }

  #keepOrigin(id: number, origin: Origin): number {
    if (this.#origins.size >= CACHED_MAX) this.reset();
    this.#origins.set(id, origin);
    let ids = this.#originIds.get(origin.scope);
    if (ids === undefined) this.#originIds.set(origin.scope, (ids = new Map()));
    ids.set(origin.name, id);
    return id;
  }
}
