/** There is no copy through this port: PostgreSQL has tools of its own for that. @module */
import { AppError } from '../../core/errors.js';

/** @throws AppError `invalid_argument` always, naming what to use. */
export async function backup(): Promise<never> {
  const problem =
    'this store is PostgreSQL: back it up with pg_dump, or with base backups and its log (docs/guide/scale.md)';
  throw new AppError('invalid_argument', { argument: 'backup', problem });
}
