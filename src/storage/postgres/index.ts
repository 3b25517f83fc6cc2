/**
 * The store on PostgreSQL: one database, as many processes that write as there are.
 *
 * @module
 */
export { openPostgres, openPostgresEngine, type PostgresOptions } from './open-postgres.js';
export { readPostgres } from './portable-source.js';
export { fillPostgres } from './portable-target.js';
export { migratePostgres, postgresFacts, postgresSchema } from './database-facts.js';
