/** An empty database for each cell of a bench, in one server. @module */
import pg from 'pg';

let made = 0;

/**
 * @param {{port: number}} server
 * @param {{keep?: boolean}} [options] `keep`: the one before stays, too
 * @returns {Promise<string>} its address, `postgres://...`
 */
export async function freshDatabase({ port }, { keep = false } = {}) {
  const name = `bench_${(made += 1)}`;
  const base = `postgres://bench@127.0.0.1:${port}`;
  const client = new pg.Client({ connectionString: `${base}/postgres` });
  await client.connect();
  try {
    // The one before is done with: its files would only be in the way of the checkpoints.
    if (made > 1 && !keep) await client.query(`drop database if exists bench_${made - 1} with (force)`);
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  return `${base}/${name}`;
}
