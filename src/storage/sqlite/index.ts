/**
 * The store on SQLite: one file, one process that writes.
 *
 * @module
 */
export { openSqliteInProcess, type InProcessOptions, type InProcessStore } from './in-process.js';
export { tryAcquireOwnerLock, type OwnerLock } from './owner-lock.js';
export { verifyBackup } from './backup.js';
export { migrateSqlite, sqliteFacts, sqliteSchema } from './database-facts.js';
export { readSqlite } from './portable-source.js';
export { fillSqlite } from './portable-target.js';
export { EarlyWriter } from './early-writer.js';
export { WRITER_THREAD } from './engine-client.js';
export { openSqlite, type SqliteOptions } from './threaded.js';
export { loadBinding } from './engine-binding.js';
